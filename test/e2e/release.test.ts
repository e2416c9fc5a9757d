import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const SOURCES = ['hooks', 'src', 'install.sh', 'LICENSE', 'package.json', 'package-lock.json', '.npmrc'];
const TOPICS = readdirSync('src/manual')
  .map((page) => page.replace(/\.md$/, ''))
  .sort();
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const folder = mkdtempSync(join(tmpdir(), 'doskara-releases-'));
const nameOf = (arch: string) => `doskara-port-${version}-linux-${arch}`;

let clones: string[];
let commit: string;

/** The node binaries were fetched before the tests, which have no network. */
beforeAll(async () => {
  clones = [await cloneOf('one', 'umask 022', ''), await cloneOf('two', 'umask 077', '-- arm64')];
  commit = (await execa('git', ['rev-parse', 'HEAD'], { cwd: clones[0] ?? '' })).stdout;
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** Commits this checkout in a given folder, always with the same author and time, and releases it, for some architectures. */
async function cloneOf(name: string, umask: string, architectures: string): Promise<string> {
  const clone = join(folder, name);
  mkdirSync(clone);
  for (const source of SOURCES) cpSync(source, join(clone, source), { recursive: true });
  symlinkSync(resolve('node_modules'), join(clone, 'node_modules'));
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main'];
  const when = { GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z', GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z' };
  for (const args of [
    ['init', '-q'],
    ['add', ...SOURCES],
    ['commit', '-qm', 'All of it'],
  ])
    await execa('git', [...who, ...args], { cwd: clone, env: when });
  await execa('sh', ['-c', `${umask} && npm run --silent release ${architectures}`], { cwd: clone });
  return clone;
}

test('two releases of one commit have the same bytes, whoever builds them', async () => {
  const [one, two] = await Promise.all(
    clones.map((clone) => execa('sha256sum', [`${nameOf('arm64')}.tar.gz`], { cwd: join(clone, 'release') })),
  );
  expect(one?.stdout).toMatch(/^[0-9a-f]{64}/);
  expect(two?.stdout).toBe(one?.stdout);
});

test('SHA256SUMS matches the archives beside it', async () => {
  const { stdout } = await execa('sha256sum', ['--check', 'SHA256SUMS'], { cwd: join(clones[0] ?? '', 'release') });
  expect(stdout.split('\n')).toEqual([`${nameOf('arm64')}.tar.gz: OK`, `${nameOf('x64')}.tar.gz: OK`]);
});

test.each(['x64', 'arm64'])(
  'the release for %s has everything install.sh needs, and nothing specific to the machine',
  async (arch) => {
    const archive = join(clones[0] ?? '', 'release', `${nameOf(arch)}.tar.gz`);
    const { stdout } = await execa('tar', ['-tvzf', archive, '--full-time', '--utc', '--numeric-owner']);
    const found = stdout.split('\n').map((line) => line.replace(/ +\d+ (?=2026-)/, ' '));
    const at = (mode: string, path: string) => `-${mode} 0/0 2026-01-02 03:04:05 ${nameOf(arch)}/${path}`;
    expect(found).toEqual([
      at('rw-r--r--', 'LICENSE'),
      at('rw-r--r--', 'LICENSE.node'),
      at('rwxr-xr-x', 'dist/build.sh'),
      at('rwxr-xr-x', 'dist/doskara'),
      at('rw-r--r--', 'dist/doskara.mjs'),
      at('rwxr-xr-x', 'dist/examples/deploy.sh'),
      ...TOPICS.map((topic) => at('rw-r--r--', `dist/manual/${topic}.md`)),
      at('rwxr-xr-x', 'dist/node'),
      at('rwxr-xr-x', 'dist/post-receive'),
      at('rw-r--r--', 'dist/post-receive.cjs'),
      at('rwxr-xr-x', 'dist/pre-receive'),
      at('rw-r--r--', 'dist/pre-receive.cjs'),
      at('rw-r--r--', 'dist/runner.cjs'),
      at('rw-r--r--', 'dist/start.cjs'),
      at('rwxr-xr-x', 'install.sh'),
      ...TOPICS.map((topic) => at('rw-r--r--', `man/doskara-${topic}.7`)),
      at('rw-r--r--', 'man/doskara.1'),
    ]);
  },
);

test.each([
  ['x64', 62],
  ['arm64', 183],
])('the release for %s has node for that architecture', async (arch, machine) => {
  const archive = join(clones[0] ?? '', 'release', `${nameOf(arch)}.tar.gz`);
  const node = await execa('tar', ['-xzOf', archive, `${nameOf(arch)}/dist/node`], {
    encoding: 'buffer',
    maxBuffer: 2 ** 28,
  });
  expect(Buffer.from(node.stdout).readUInt16LE(18)).toBe(machine); // e_machine of elf(5)
});

test('an unpacked release runs on its own, and shows its version and commit', async () => {
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  await execa('tar', ['-xzf', join(clones[0] ?? '', 'release', `${nameOf(process.arch)}.tar.gz`), '-C', unpacked]);
  const dist = join(unpacked, nameOf(process.arch), 'dist');
  const options = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, extendEnv: false };
  const doskara = await execa(join(dist, 'doskara'), ['--version'], options);
  const runner = await execa(join(dist, 'build.sh'), ['--version'], options);
  const help = await execa(join(unpacked, nameOf(process.arch), 'install.sh'), ['--help'], options);
  expect([doskara.stdout, runner.stdout]).toEqual([`${version} (${commit})`, `doskara runner ${version} (${commit})`]);
  expect(help.stdout).toContain('./install.sh factory');
});

test('uncommitted changes are reported and not released', async () => {
  const clone = clones[1] ?? '';
  writeFileSync(join(clone, 'src/new.ts'), '');
  chmodSync(join(clone, 'src/new.ts'), 0o644);
  const released = await execa('npm', ['run', '--silent', 'release'], { cwd: clone, reject: false });
  expect(released).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('a release is of a commit') });
  const { stdout } = await execa(join(clone, 'dist/doskara'), ['--version']);
  expect(stdout).toBe(`${version} (${commit}, with changes)`);
  rmSync(join(clone, '.git'), { recursive: true });
  await execa('npm', ['run', '--silent', 'build'], { cwd: clone });
  expect((await execa(join(clone, 'dist/doskara'), ['--version'])).stdout).toBe(`${version} (commit unknown)`);
});
