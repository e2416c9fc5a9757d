/**
 * `npm run release`: in release/, an archive for each architecture, with all that ./install.sh needs beside apt, and their
 * SHA256SUMS. The same commit gives the same bytes. For some architectures only: `npm run release -- arm64`.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { create, extract } from 'tar';
import { exec } from '../exec.ts';
import { readSource } from './git-source.ts';
import { ARCHITECTURES, fetchNode } from './pinned-node.ts';

const OUT = 'release';

const source = await readSource();
if (source === undefined || source.isChanged) {
  process.stderr.write('error: a release is of a commit: commit the changes first\nhint: git status\n');
  process.exit(1);
}
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT);
const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'doskara-release-'));
try {
  const manPages = join(scratch, 'man');
  await writeManPages(manPages);
  const sums: string[] = [];
  for (const arch of ARCHITECTURES.filter((each) => wanted.length === 0 || wanted.includes(each))) {
    const name = `doskara-port-${version}-linux-${arch}`;
    await fillFolder(join(scratch, name), arch);
    cpSync(manPages, join(scratch, name, 'man'), { recursive: true });
    const archive = await pack(scratch, name, new Date(source.time * 1000));
    sums.push(`${createHash('sha256').update(readFileSync(archive)).digest('hex')}  ${name}.tar.gz\n`);
  }
  writeFileSync(join(OUT, 'SHA256SUMS'), sums.join(''));
} finally {
  rmSync(scratch, { recursive: true });
}

/** As in a clone after `npm run build`, with a node for that architecture. */
async function fillFolder(folder: string, arch: string): Promise<void> {
  const dist = join(folder, 'dist');
  const built = readdirSync('dist', { recursive: true, withFileTypes: true });
  for (const entry of built.filter((each) => each.isFile())) // the node of this machine is a link
    put(join(entry.parentPath, entry.name), join(folder, entry.parentPath, entry.name));
  for (const name of ['install.sh', 'LICENSE']) put(name, join(folder, name));
  const filter = (path: string) => /^package\/(?:bin\/node|LICENSE)$/.test(path);
  const node = join(folder, 'node');
  mkdirSync(node);
  await extract({ file: await fetchNode(arch), cwd: node, strip: 1, filter });
  put(join(node, 'bin/node'), join(dist, 'node'));
  put(join(node, 'LICENSE'), join(folder, 'LICENSE.node'));
  rmSync(node, { recursive: true });
}

async function writeManPages(folder: string): Promise<void> {
  mkdirSync(folder);
  await writeManPage(join(folder, 'doskara.1'));
  for (const page of readdirSync('dist/manual')) {
    const topic = page.replace(/\.md$/, '');
    await writeManPage(join(folder, `doskara-${topic}.7`), topic);
  }
}

async function writeManPage(file: string, ...topic: string[]): Promise<void> {
  const { failed, reason, stdout } = await exec(['dist/doskara', 'man', ...topic], { stderr: 'inherit' });
  if (failed) throw new Error(`doskara man ${topic.join(' ')}: ${reason}`);
  writeFileSync(file, stdout);
  chmodSync(file, 0o644);
}

/** The copy has no more of the original's mode than whether it can be run: umasks differ. */
function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, /\.[cm]js$|\.md$|LICENSE/.test(to) ? 0o644 : 0o755);
}

/** In an order, and with times, owners and modes, that say nothing of this machine. */
async function pack(cwd: string, name: string, mtime: Date): Promise<string> {
  const file = join(OUT, `${name}.tar.gz`);
  const entries = readdirSync(join(cwd, name), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const names = paths.map((path) => relative(cwd, path)).sort();
  await create({ file, cwd, mtime, portable: true, gzip: true }, names);
  return file;
}
