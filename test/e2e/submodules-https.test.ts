import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { type GitOverHttps, startGitOverHttps } from '../rig/git-https.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { addSubmodule } from '../rig/submodules.ts';

const use = usePlatform();
const LOGIN = 'port:s3cret';
let options: { folder: string; root: string; login: string };
let server: GitOverHttps;
let app: Clone;
let commit: string;

const file = (name: string) => join(use.platform.folder, name);
const gitconfig = (text: string) => appendFileSync(join(use.platform.portHome, '.gitconfig'), text);
const url = (name: string) => `https://localhost:${server.tcpPort}/${name}`;
/** Pushes a commit with that submodule; returns what the pusher read. */
async function pushWith(name: string, object = commit): Promise<string> {
  await addSubmodule(app, 'lib', url(name), object);
  return (await app.push()).text;
}

beforeAll(async () => {
  options = { folder: use.platform.folder, root: file('https-root'), login: LOGIN };
  const work = file('https-work');
  const git = (...args: string[]) => execa('git', ['-C', work, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args]);
  mkdirSync(options.root);
  await execa('git', ['init', '--quiet', work]);
  writeFileSync(join(work, 'lib.txt'), 'over https\n');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'a library');
  commit = (await git('rev-parse', 'HEAD')).stdout;
  for (const name of ['lib', 'private', 'private-too'])
    await execa('git', ['clone', '--quiet', '--bare', work, join(options.root, name)]);
  server = await startGitOverHttps(options);
  app = await use.platform.app('web', { 'build.sh': 'cat lib/lib.txt\n', 'run.sh': 'true\n' });
  await use.platform.doskara('config', 'web', 'submodules', 'true');
  await use.platform.doskara('config', 'web', 'submoduleHost', `localhost:${server.tcpPort}`);
});
afterAll(() => server.stop());

test('a server whose certificate port does not trust gets nothing, until it does', async () => {
  const text = await pushWith('lib');
  expect(text).toMatch(/error: cannot fetch submodule "lib" from https:\/\/localhost:\d+\/lib: .*certificate/);
  expect(use.platform.record('web', 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });
  gitconfig(`[http "https://localhost:${server.tcpPort}/"]\n  sslCAInfo = ${server.certificate}\n`);
  await use.platform.doskara('reconcile');
  expect(use.platform.record('web', 2)).toMatchObject({ outcome: 'built', why: 'reconcile' });
  expect(use.platform.log('web', 2)).toMatch(/ over https$/m);
});

test('a repository that is not there, has moved, or needs a login that port lacks is refused', async () => {
  expect(await pushWith('nowhere', '1'.repeat(40))).toMatch(/\/nowhere: fatal: repository '.*' not found$/m);
  expect(await pushWith('moved', '2'.repeat(40))).toMatch(/\/moved: fatal: unable to access '.*': .* 302/m);
  expect(await pushWith('private', '3'.repeat(40))).toContain('/private: fatal: could not read Username for ');
  for (const number of [3, 4, 5])
    expect(use.platform.record('web', number)).toMatchObject({ outcome: 'refused', exitCode: 3 });
  await use.platform.doskara('reconcile');
  expect(use.platform.hasRecord('web', 6)).toBe(false);
});

test("port's own login is used, and is in no output", async () => {
  writeFileSync(file('login'), `https://${LOGIN}@localhost:${server.tcpPort}\n`, { mode: 0o600 });
  gitconfig(`[credential]\n  helper = store --file=${file('login')}\n`);
  const next = await nextCommit('private');
  const text = await pushWith('private', next);
  expect(text).toContain('-----> Fetching submodule "lib", ');
  expect(text).toContain('success: web build 6 built');
  expect(text + use.platform.log('web', 6)).not.toContain('s3cret');
});

test('while a server is down, builds are lost, and made once it is back', async () => {
  const next = await nextCommit('lib');
  await server.stop();
  expect(await pushWith('lib', next)).toMatch(
    /localhost.*(?:refused|connect to server).*; this is not your app's fault$/m,
  );
  expect(use.platform.record('web', 7)).toMatchObject({ outcome: 'lost', exitCode: 4 });
  server = await startGitOverHttps({ ...options, tcpPort: server.tcpPort });
  await use.platform.doskara('reconcile');
  expect(use.platform.record('web', 8)).toMatchObject({ outcome: 'built', why: 'reconcile' });
});

test('what was not used for long is removed, and the rest needs no network', async () => {
  const stores = join(use.platform.repository('web'), 'doskara/submodules');
  const [now = '', ...others] = readdirSync(stores);
  expect(others).toEqual([]);
  const period = Number.parseInt(now, 10);
  renameSync(join(stores, now), join(stores, `${period - 1}.git`)); // as if 30 days had gone by
  mkdirSync(join(stores, `${period - 2}.git/objects`), { recursive: true });
  await server.stop();
  const { all, exitCode } = await use.platform.doskara('replay', 'web');
  expect({ all, exitCode }).toMatchObject({ exitCode: 0, all: expect.not.stringContaining('Fetching') });
  expect(readdirSync(stores).sort()).toEqual([`${period - 1}.git`, now]);
  const sha256 = (number: number) => use.platform.record('web', number)['archive'];
  expect(sha256(9)).toEqual(sha256(8));
  server = await startGitOverHttps({ ...options, tcpPort: server.tcpPort });
});

test('the files of submodules are put into a commit once a build, however often its archive is read', async () => {
  app.write({ '.gitattributes': 'left.txt export-ignore\n', 'left.txt': 'x' });
  await app.git('add', '.gitattributes', 'left.txt'); // all would be without the submodule, which is not checked out
  await app.git('commit', '--quiet', '-m', 'leave a file out');
  await app.push();
  const bin = file('counting');
  mkdirSync(bin);
  const real = (await execa('which', ['git'])).stdout;
  writeFileSync(join(bin, 'git'), `#!/bin/sh\necho "$*" >>${bin}/log\nexec ${real} "$@"\n`, { mode: 0o755 });
  const env = { HOME: use.platform.portHome, PATH: `${bin}:${process.env['PATH']}` };
  const { stdout } = await execa(join(DIST, 'doskara'), ['replay', 'web'], { env });
  expect(stdout).toContain('"left.txt" is not sent (export-ignore in .gitattributes)');
  const calls = readFileSync(join(bin, 'log'), 'utf8').split('\n');
  expect(calls.filter((call) => call.startsWith('archive '))).toHaveLength(3);
  expect(calls.filter((call) => call === 'write-tree')).toHaveLength(1);
});

/** A commit that only this repository has. */
async function nextCommit(name: string): Promise<string> {
  const bare = join(options.root, name);
  const git = (...args: string[]) => execa('git', ['-C', bare, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args]);
  const { stdout } = await git('commit-tree', '-m', `next of ${name}`, '-p', commit, `${commit}^{tree}`);
  await git('update-ref', 'HEAD', stdout);
  return stdout;
}
