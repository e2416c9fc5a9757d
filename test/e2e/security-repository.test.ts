import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIST } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';

const NOBODY = 65534;
const folder = mkdtempSync(join(tmpdir(), 'doskara-repository-'));
const file = (name: string) => join(folder, name);
const root = file('srv-git');
const traps = file('traps');

/** `doskara` as root or as another user, without this user's environment. */
const doskara = (args: string[], uid = 0, env: Record<string, string> = {}) =>
  execa('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', join(DIST, 'doskara'), ...args], {
    env: { HOME: file('home'), PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
const git = (path: string, ...args: string[]) => execa('git', ['-C', path, ...args]);
const give = (path: string, uid = NOBODY) => asRoot('chown', '-hR', `${uid}:${uid}`, path);

/** A program that records who runs it, and through which trap. */
const trap = (name: string) => {
  const program = file(`trap-${name}`);
  writeFileSync(program, `#!/bin/sh\nid -u >>${traps}/${name}\nexit 1\n`, { mode: 0o755 });
  return program;
};

/** A bare repository with a signed commit, where every configuration key that names a program names a trap. */
async function plant(name: string): Promise<string> {
  const path = join(root, `${name}.git`);
  await execa('git', ['init', '--quiet', '--bare', '-b', 'main', path]);
  const blob = (await execa('git', ['-C', path, 'hash-object', '-w', '--stdin'], { input: 'true\n' })).stdout;
  const list = `100644 blob ${blob}\tbuild.sh\n100644 blob ${blob}\trun.sh\n`;
  const tree = (await execa('git', ['-C', path, 'mktree'], { input: list })).stdout;
  const who = 'Eve <eve@example.org> 1700000000 +0000';
  const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----';
  const commit = await execa('git', ['-C', path, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
    input: `tree ${tree}\nauthor ${who}\ncommitter ${who}\n${signature}\n\nsigned\n`,
  });
  await git(path, 'update-ref', 'refs/heads/main', commit.stdout);
  writeFileSync(file('ssh_config'), `Match exec ${trap('ssh-match')}\nHost *\n  Port 1\n  HostName 127.0.0.1\n`);
  for (const [key, value] of Object.entries({
    'core.fsmonitor': trap('fsmonitor'),
    'core.sshCommand': trap('ssh-command'),
    'core.pager': trap('pager'),
    'core.editor': trap('editor'),
    'core.askPass': trap('askpass'),
    'core.alternateRefsCommand': trap('alternates'),
    'core.attributesFile': file('attributes'),
    'diff.external': trap('diff'),
    'diff.trap.textconv': trap('textconv'),
    'filter.trap.smudge': trap('smudge'),
    'filter.trap.process': trap('process'),
    'alias.log': `!${trap('alias')}`,
    'alias.config': `!${trap('alias')}`,
    'gpg.program': trap('gpg'),
    'log.showSignature': 'true',
    'pager.log': trap('pager'),
    'tar.tar.gz.command': trap('tar'),
    'credential.helper': trap('credential'),
    'include.path': file('included'),
    'doskara.sshConfig': file('ssh_config'),
    'doskara.factory': 'nowhere',
    'doskara.timeout': '2s',
  }))
    await git(path, 'config', key, value);
  writeFileSync(file('included'), `[trace2]\n\teventTarget = ${traps}/trace\n[log]\n\tshowSignature = true\n`);
  writeFileSync(file('attributes'), '* filter=trap diff=trap export-subst\n');
  await give(path);
  return path;
}

beforeAll(() => {
  chmodSync(folder, 0o755);
  for (const path of [root, traps, file('home')]) mkdirSync(path);
  chmodSync(traps, 0o777);
  writeFileSync(file('home/.gitconfig'), `[doskara]\n\troot = ${root}\n`);
});
afterAll(() => asRoot('rm', '-rf', folder));

// only root can change users with setpriv
describe.skipIf(process.getuid?.() !== 0)('in a repository that belongs to another user', () => {
  test("root runs no program that the repository's configuration names, and nothing runs before root has become its owner", async () => {
    const path = await plant('trapped');
    for (const args of [
      ['hook', 'status', 'trapped'],
      ['hook', 'install', 'trapped'],
      ['hook', 'install', '--all'],
      ['replay', 'trapped'],
      ['replay', 'trapped', 'main^{tree}'],
      ['reconcile'],
      ['cancel', 'trapped'],
      ['hook', 'remove', path],
    ])
      expect((await doskara(args)).all).not.toContain('a bug in doskara');
    const fired = Object.fromEntries(
      readdirSync(traps).map((name) => [name, [...new Set(readFileSync(join(traps, name), 'utf8').split('\n'))]]),
    );
    expect(Object.keys(fired)).toEqual(expect.arrayContaining(['gpg', 'ssh-match']));
    for (const name of readdirSync(traps)) expect(statSync(join(traps, name)).uid).toBe(NOBODY);
    const { stdout } = await execa('find', [path, '-uid', '0']);
    expect(stdout).toBe('');
  });

  test('records, logs and locks are readable only by its owner', async () => {
    const state = join(root, 'trapped.git/doskara');
    const { stdout } = await execa('find', [state, '-perm', '/077', '-not', '-path', '*/archive.git/*']);
    expect(stdout).toBe('');
    expect(existsSync(join(state, 'builds/1.json'))).toBe(true);
    expect(existsSync(join(state, 'builds/1.log'))).toBe(true);
  });

  test.each([
    ['replay', ['replay']],
    ['hook install', ['hook', 'install']],
  ])('%s is refused to a third user, as git refuses it', async (title, args) => {
    const path = await plant(`foreign-${title.replace(' ', '-')}`);
    chmodSync(path, 0o777);
    const { exitCode, all } = await doskara([...args, path], 1);
    expect(exitCode).toBe(2);
    expect(all).toMatch(/belongs to another user \(uid 65534\), so git does not trust it/);
    expect(existsSync(join(path, 'doskara'))).toBe(false);
  });
});

describe.skipIf(process.getuid?.() !== 0)('root does not stay root', () => {
  test('if part of the repository belongs to another user', async () => {
    const path = await plant('half');
    await asRoot('chown', '0:0', path);
    rmSync(traps, { recursive: true });
    mkdirSync(traps, { mode: 0o777 });
    chmodSync(traps, 0o777);
    const { exitCode, all } = await doskara(['replay', path]);
    expect({ exitCode, all }).toEqual({ exitCode: 2, all: expect.stringContaining('git does not trust it') });
    expect(readdirSync(traps)).toEqual([]);
  });

  test('if parts of it belong to several users', async () => {
    const path = await plant('many');
    await give(join(path, 'config'), 1);
    const { exitCode, all } = await doskara(['replay', path]);
    expect({ exitCode, all }).toEqual({ exitCode: 2, all: expect.stringContaining('belong to different users') });
  });

  test('if another user could replace the repository', async () => {
    const path = await plant('lent');
    await give(path, 0);
    mkdirSync(file('loose'));
    symlinkSync(path, file('loose/link.git'));
    await give(file('loose'));
    const { exitCode, all } = await doskara(['replay', file('loose/link.git')]);
    expect({ exitCode, all }).toEqual({ exitCode: 2, all: expect.stringMatching(/^error: .* belong/) });
    rmSync(path, { recursive: true });
  });
});

describe.skipIf(process.getuid?.() !== 0)('nothing is written through planted links', () => {
  test.each(['doskara', 'doskara-dangling', 'builds', 'lock', 'hooks'])('%s', async (name) => {
    const path = await plant(`linked-${name}`);
    const outside = file(`outside-${name}`);
    mkdirSync(outside);
    const before = statSync(outside);
    const link = join(
      path,
      { builds: 'doskara/builds', lock: 'doskara/lock', 'doskara-dangling': 'doskara' }[name] ?? name,
    );
    rmSync(link, { recursive: true, force: true });
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(name === 'lock' || name === 'doskara-dangling' ? join(outside, 'made') : outside, link);
    await give(path);
    for (const args of [
      ['hook', 'install', path],
      ['replay', path],
      ['reconcile', path],
      ['cancel', path],
    ])
      expect((await doskara(args)).all).not.toContain('a bug in doskara');
    expect(readdirSync(outside)).toEqual([]);
    expect(statSync(outside)).toMatchObject({ uid: before.uid, mode: before.mode, mtimeMs: before.mtimeMs });
  });
});
