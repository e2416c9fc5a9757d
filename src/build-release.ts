/**
 * `npm run release`: in release/, an archive for each architecture, with all that ./install.sh needs beside apt, and their
 * SHA256SUMS. The same commit gives the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, extract } from 'tar';
import { readSource } from './source.ts';

interface Lock {
  readonly packages: Record<string, { readonly version: string; readonly integrity: string }>;
}

const OUT = 'release';
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;

const source = readSource();
if (source === undefined || source.isChanged) fail('a release is of a commit: commit the changes first', 'git status');
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT);
const scratch = mkdtempSync(join(tmpdir(), 'doskara-release-'));
try {
  const sums: string[] = [];
  for (const arch of ['arm64', 'x64']) {
    const name = `doskara-port-${version}-linux-${arch}`;
    await fillFolder(join(scratch, name), arch);
    const archive = await pack(scratch, name, new Date(source.time * 1000));
    sums.push(`${sumOf(archive, 'sha256', 'hex')}  ${name}.tar.gz\n`);
  }
  writeFileSync(join(OUT, 'SHA256SUMS'), sums.join(''));
} finally {
  rmSync(scratch, { recursive: true });
}

/** As in a clone after `npm run build`, with a node for that architecture. */
async function fillFolder(folder: string, arch: string): Promise<void> {
  mkdirSync(join(folder, 'dist'), { recursive: true });
  for (const name of readdirSync('dist')) if (name !== 'node') put(`dist/${name}`, join(folder, 'dist', name));
  for (const name of ['install.sh', 'LICENSE']) put(name, join(folder, name));
  writeFileSync(join(folder, 'doskara.1'), execFileSync('dist/doskara', ['man']));
  const node = await fetchNode(arch);
  put(join(node, 'bin/node'), join(folder, 'dist/node'));
  put(join(node, 'LICENSE'), join(folder, 'LICENSE.node'));
}

/** The copy has no more of the original's mode than whether it can be run: umasks differ. */
function put(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, /\.mjs$|LICENSE/.test(to) ? 0o644 : 0o755);
}

/** npm ci leaves the node of another architecture out. What npm has fetched must be what package-lock.json pins. */
async function fetchNode(arch: string): Promise<string> {
  const name = `node-linux-${arch}`;
  const pinned = packages[`node_modules/${name}`];
  if (pinned === undefined) fail(`package-lock.json has no ${name}`, 'npm install');
  const folder = join(scratch, name);
  mkdirSync(folder);
  execFileSync('npm', ['pack', '--silent', `--pack-destination=${scratch}`, `${name}@${pinned.version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const file = join(scratch, `${name}-${pinned.version}.tgz`);
  if (`sha512-${sumOf(file, 'sha512', 'base64')}` !== pinned.integrity)
    fail(
      `${name} from the registry is not what package-lock.json pins`,
      'npm cache clean --force, and then this again',
    );
  await extract({ file, cwd: folder, strip: 1 });
  return folder;
}

/** In an order and with times, owners and modes that say nothing of this machine. */
async function pack(cwd: string, name: string, mtime: Date): Promise<string> {
  const file = join(OUT, `${name}.tar.gz`);
  const files = readdirSync(join(cwd, name), { recursive: true, encoding: 'utf8' }).map((path) => join(name, path));
  await create({ file, cwd, mtime, portable: true, gzip: true, noDirRecurse: true }, [name, ...files].sort());
  return file;
}

function sumOf(file: string, algorithm: string, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(readFileSync(file)).digest(encoding);
}

function fail(message: string, hint: string): never {
  process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
  process.exit(1);
}
