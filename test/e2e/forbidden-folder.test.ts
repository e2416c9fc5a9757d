import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIST } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';

const NOBODY = 65534;
const folder = mkdtempSync(join(tmpdir(), 'doskara-forbidden-'));
const file = (name: string) => join(folder, name);

/** Runs one of our programs as root or another user, in a directory that only root can enter. */
const inRootsHome = (program: string, args: string[], env: Record<string, string>, uid = 0) =>
  execa('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', join(DIST, program), ...args], {
    cwd: file('root'),
    env: { HOME: file('home'), PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
  });

beforeAll(async () => {
  await asRoot('chmod', '755', folder);
  for (const name of ['home', 'srv-git', 'spool']) mkdirSync(file(name));
  mkdirSync(file('root'), { mode: 0o700 });
  writeFileSync(file('home/.gitconfig'), `[doskara]\n\troot = ${file('srv-git')}\n`);
  writeFileSync(file('docker'), '#!/bin/sh\necho "Docker version 20.10.24, build 0"\n', { mode: 0o755 });
  await asRoot('chown', `${NOBODY}:${NOBODY}`, file('srv-git'), file('spool'));
});
afterAll(() => asRoot('rm', '-rf', folder));

// only root can change users with setpriv
describe.skipIf(process.getuid?.() !== 0)('in a directory that only root can enter', () => {
  test.each([0, NOBODY])("uid %i can run port's commands", async (uid) => {
    const { stdout } = await inRootsHome('doskara', ['doctor', '--json'], {}, uid);
    expect(stdout).toContain('setpriv and flock: util-linux');
  });

  test.each([0, NOBODY])('uid %i can run the runner', async (uid) => {
    const env = { DOSKARA_SPOOL: file('spool'), DOSKARA_DOCKER: file('docker') };
    const { stdout } = await inRootsHome('build.sh', ['--check'], env, uid);
    expect(stdout).toContain('docker CLI 20.10.24');
  });
});
