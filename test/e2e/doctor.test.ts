import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type Diagnosis, finding, whileChanged, wrongWith } from '../rig/doctor.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { asRoot } from '../rig/processes.ts';

const use = usePlatform();

const hookOf = (app: string) => join(use.platform.repository(app), 'hooks/post-receive');
const config = (app: string, ...args: string[]) =>
  execa('git', ['-C', use.platform.repository(app), 'config', ...args]);

test('all findings on a healthy platform are ok; neither registry nor engine keep the probe image', async () => {
  const images = ['image', 'ls', '--all', '--no-trunc', '--quiet', '--filter', 'label=doskara.app=doskara--canary'];
  const { exitCode, stdout } = await use.platform.doskara('doctor', '--all');
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.not.stringMatching(/^error: /m) });
  const [port = '', all = ''] = stdout.split(/^-----> factory factory\n/m);
  const factory = all.replace(/^ok: build limits.*\n/m, ''); // another test may have set some for the machine
  expect(port).toMatch(/^ok: node .*\nok: git .*\nok: setpriv and flock: /m);
  const subjects =
    'ssh resolves|identity file|the host key of|factory accepts|runner|the clock|docker CLI|Docker Engine|base image|spool|disk|builds|warehouse';
  expect(factory).toMatch(
    new RegExp(`^${subjects.replace(/[^|]+\|?/g, (word) => `ok: ${word.replace('|', '')}.*\n?`)}no errors, .*$`),
  );

  const tags = await fetch(`http://${use.platform.shared.registry}/v2/doskara--canary/tags/list`);
  expect(await tags.json()).toEqual({ name: 'doskara--canary', tags: null });
  expect((await use.platform.docker(...images)).stdout).toBe('');
});

test('doctor reports a hook that is missing, foreign or unused, an invalid setting, and a head without a build', async () => {
  for (const app of ['elsewhere', 'foreign', 'hookless', 'set']) await use.platform.doskara('create', app);
  await config('elsewhere', 'core.hooksPath', '/etc/hooks');
  rmSync(hookOf('foreign'));
  writeFileSync(hookOf('foreign'), '#!/bin/sh\n', { mode: 0o755 });
  rmSync(hookOf('hookless'));
  await config('set', 'doskara.timeout', 'soon');
  const app = await use.platform.app('unbuilt');
  const head = (await app.git('rev-parse', 'HEAD')).stdout;
  await app.git('push', '--quiet', use.platform.repository('unbuilt'), 'HEAD:side');
  await execa('git', ['-C', use.platform.repository('unbuilt'), 'update-ref', 'refs/heads/main', head]);

  const install = (name: string) => `^doskara hook install ${use.platform.repository(name)}`;
  expect(await wrongWith(use.platform)).toEqual({
    exitCode: 2,
    found: [
      finding('warning hook', 'port', /^elsewhere: .* uses the hooks in \/etc\/hooks/, /core\.hooksPath hooks$/),
      finding(
        'error hook',
        'port',
        /^foreign: the hook is not Doskara's, so pushes are not built$/,
        `${install('foreign')} keeps it`,
      ),
      finding('error hook', 'port', /^hookless: no hook, so pushes are not built$/, `${install('hookless')}$`),
      finding('error settings', 'port', /^set: doskara\.timeout="soon" should be a time/, /^an admin can fix it/),
      finding(
        'warning builds',
        'port',
        `^unbuilt: its head, ${head.slice(0, 12)}, was not built$`,
        /reconcile unbuilt$/,
      ),
    ],
  });

  for (const name of ['foreign', 'hookless']) await use.platform.doskara('hook', 'install', name);
  await config('set', '--unset', 'doskara.timeout');
  await execa('git', ['-C', use.platform.repository('unbuilt'), 'update-ref', '-d', 'refs/heads/main']);
  const { exitCode, found } = await wrongWith(use.platform);
  expect({ exitCode, what: found.map(({ level, text }) => `${level} ${text.split(':')[0]}`) }).toEqual({
    exitCode: 0,
    what: ['warning elsewhere'],
  });
});

test('the first of several errors decides the exit code, as --help says', async () => {
  rmSync(hookOf('foreign'));
  await whileChanged(
    use.platform.knownHosts,
    () => '',
    async () => {
      const { exitCode, found } = await wrongWith(use.platform);
      expect(found.map(({ subject, level }) => `${level} ${subject}`)).toEqual([
        'warning hook',
        'error hook',
        'error host-key',
      ]);
      expect(exitCode).toBe(2);
      const lines = (await use.platform.doskara('doctor')).stdout.split('\n');
      expect(lines.slice(0, 2)).toEqual(['-----> port', 'error: foreign: no hook, so pushes are not built']);
      expect(lines).toContainEqual(expect.stringMatching(/^warning: elsewhere: /)); // found before the error
      expect(lines).not.toContainEqual(expect.stringMatching(/^ok: /));
      expect(lines.at(-1)).toMatch(/^2 errors, \d+ warnings?; 3 apps are good$/);
    },
  );
  expect((await use.platform.doskara('doctor', '--help')).stdout).toMatch(/^Exit code: 0 without errors/m);
});

test('doctor checks the factory even if port has no apps, and reports a missing root directory', async () => {
  const gitconfig = join(use.platform.portHome, '.gitconfig');
  const empty = join(use.platform.folder, 'empty');
  mkdirSync(empty);
  const rootAt = (root: string) => (text: string) => text.replace(/root = .*/, `root = ${root}`);
  await whileChanged(gitconfig, rootAt(empty), async () => {
    expect((await use.platform.doskara('doctor', '--all')).stdout).toMatch(/^ok: warehouse /m);
  });
  await whileChanged(gitconfig, rootAt('/nowhere'), async () => {
    expect(await wrongWith(use.platform)).toEqual({
      exitCode: 2,
      found: [finding('error port', 'port', /repositories folder \/nowhere does not exist$/, /^\.\/install\.sh port/)],
    });
  });
});

test.skipIf(process.getuid?.() !== 0)(
  "as root, the limits of this machine's sshd are looked at, and those of doskara.conf are good",
  async () => {
    const config = join(use.platform.folder, 'sshd_config');
    const key = join(use.platform.folder, 'port/host_key');
    const sshdFinding = async (more: string) => {
      writeFileSync(config, `HostKey ${key}\n${more}\n`);
      const command = `mount --bind ${config} /etc/ssh/sshd_config && exec ${join(DIST, 'doskara')} doctor --json`;
      const env = { HOME: use.platform.portHome };
      const { stdout } = await execa('unshare', ['--mount', 'sh', '-c', command], { env, reject: false });
      return (JSON.parse(stdout) as Diagnosis[]).filter(({ subject }) => subject === 'sshd');
    };
    expect(await sshdFinding('MaxStartups 10:30:100')).toMatchObject([
      finding(
        'warning sshd',
        'port',
        /^sshd drops connections when more than 10 pushers log in/,
        /: MaxStartups 200:30:400; then: /,
      ),
    ]);
    expect(await sshdFinding('MaxStartups 200:30:400')).toMatchObject([{ level: 'ok' }]);
    expect(await sshdFinding('Nonsense 1')).toEqual([]);
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'as root, repositories of several users are an error, and none is touched',
  async () => {
    const { root } = use.platform;
    await use.platform.doskara('create', 'mine');
    const foreign = use.platform.repository('theirs');
    await execa('git', ['init', '--quiet', '--bare', foreign]);
    await asRoot('chown', '-R', '65534:65534', foreign);
    const { exitCode, found } = await wrongWith(use.platform);
    await asRoot('chown', '-R', '0:0', foreign);
    expect({ exitCode, found }).toEqual({
      exitCode: 2,
      found: [
        finding('error owner', 'port', /^these repositories belong to different users$/, `chown -R USER: ${root}/`),
      ],
    });
    expect(existsSync(join(foreign, 'doskara'))).toBe(false);
  },
);
