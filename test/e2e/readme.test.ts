import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import type { Files } from '../rig/clone.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { freePort } from '../rig/processes.ts';

const use = usePlatform();

const WITHIN = { timeout: 60_000 };

/** What README.md shows between ```sh and ```. */
const BLOCKS = [...readFileSync('README.md', 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);

test("the README's first app builds and says hello", async () => {
  const [build = '', run = ''] = BLOCKS;
  const app = await use.platform.app('myapp', { 'build.sh': build, 'run.sh': run });
  const pushed = await app.push();
  expect(pushed.text).toMatch(/^success: myapp build 1 built /m);
  const commit = (await app.git('rev-parse', 'HEAD')).stdout;
  const { stdout } = await use.platform.docker('run', '--rm', `${use.platform.shared.registry}/myapp`);
  expect(stdout).toBe(`Hello from commit ${commit}`);
});

test("the manual's deploy example runs after a good build", async () => {
  const page = readFileSync('src/manual/after-build.md', 'utf8');
  const [, command = ''] = /config myapp afterBuild \\\n {2}'(.*)'$/m.exec(page) ?? [];
  expect(command).toContain('deploy.sh');
  const app = await use.platform.app('deployed');
  await app.git('-C', use.platform.repository('deployed'), 'config', 'doskara.afterBuild', `set -x; ${command}`);
  const { text } = await app.push();
  expect(text).toMatch(/^ +\+ test built != built$/m);
  expect(text).toMatch(/^ +\+ ssh warden \/usr\/local\/doskara\/deploy\.sh deployed$/m);
});

describe('the recipe that runs an app on this machine', () => {
  afterAll(async () => {
    await use.platform.docker('container', 'rm', '--force', 'doskara-served', 'doskara-served--new');
    await use.platform.docker('volume', 'rm', 'served-data');
  });

  const options = () => join(use.platform.folder, 'deploy');

  /** A server that answers with its version, and notes each of its starts on its volume. */
  const server = (version: string): Files => ({
    'build.sh': `echo ${version} >version\n`,
    'run.sh': 'cat version >>/data/starts; exec nc -ll -p 8080 -e cat version\n',
  });

  /** The README's commands, with the paths and addresses of the test. */
  async function follow(app: string): Promise<void> {
    const { folder, portHome, factory, shared } = use.platform;
    mkdirSync(join(folder, 'bin'), { recursive: true });
    symlinkSync(shared.docker, join(folder, 'bin/docker'));
    const commands = (BLOCKS.at(-1) ?? '')
      .replaceAll('runuser -u git -- ', '')
      .replaceAll('/srv/git/.ssh', join(portHome, '.ssh'))
      .replaceAll('/home/docker/.ssh/authorized_keys', factory.authorizedKeys)
      .replace(
        "'/usr/local/doskara/",
        `'env PATH=${folder}/bin:/usr/bin:/bin DOSKARA_DEPLOY_OPTIONS=${options()} ${DIST}/`,
      )
      .replaceAll('127.0.0.1:5000', shared.registry)
      .replaceAll('/etc/doskara/deploy', options())
      .replaceAll('ssh -i', `ssh -F ${portHome}/ssh_config -i`)
      .replaceAll('docker@127.0.0.1', 'factory')
      .replaceAll('myapp', app)
      .replace(/^doskara/m, `${DIST}/doskara`);
    await execa('sh', ['-e', '-c', commands], { env: { HOME: portHome } });
  }

  const setOptions = (...lines: string[]) => writeFileSync(join(options(), 'served'), lines.join('\n'));
  /** Busybox's nc does not listen to SIGTERM. */
  const QUICK = ['--volume=served-data:/data', '--stop-signal=KILL'];
  const UNHEALTHY = ['--health-cmd=false', '--health-interval=1s'];

  const isRunning = async (container: string) =>
    (await use.platform.docker('container', 'inspect', '--format', '{{.State.Running}}', container)).stdout === 'true';
  const inspect = async (format: string) =>
    (await use.platform.docker('container', 'inspect', '--format', format, 'doskara-served')).stdout;
  const starts = async () =>
    (await use.platform.docker('exec', 'doskara-served', 'cat', '/data/starts')).stdout.split('\n');
  const deployed = async () =>
    (await execa('git', ['-C', use.platform.repository('served'), 'rev-parse', 'refs/deployed/main'])).stdout;

  test('deploys, replaces, and puts the old container back if the new one is not healthy', async () => {
    const app = await use.platform.app('served', server('one'));
    await follow('served');
    const tcpPort = await freePort();
    const answer = async () =>
      (await execa('busybox', ['nc', '127.0.0.1', String(tcpPort)], { input: '', reject: false })).stdout;
    setOptions(
      '# how to run it',
      '',
      ...QUICK,
      `--publish=127.0.0.1:${tcpPort}:8080`,
      "--env=GREETING=a $(b) 'c'",
      '--health-cmd=nc 127.0.0.1 8080 </dev/null',
      '--health-interval=1s',
    );

    const first = await app.push();
    expect(first.lines.slice(-2)).toEqual([
      '       served runs as the container doskara-served',
      expect.stringMatching(/^success: served build 1 built /),
    ]);
    expect(await answer()).toBe('one');
    expect(await inspect('{{.HostConfig.RestartPolicy.Name}}')).toBe('unless-stopped');
    expect(await inspect('{{.Config.Env}}')).toContain("GREETING=a $(b) 'c'");

    const good = await app.commit(server('two'));
    expect((await app.push()).lines.at(-1)).toMatch(/^success: served build 2 built /);
    expect(await answer()).toBe('two');
    const before = await inspect('{{.Id}}');

    await app.commit({ ...server('three'), 'run.sh': 'echo no database; exit 1\n' });
    const broken = await app.push();
    expect(broken.text).toContain('\n       no database\n');
    expect(broken.lines.slice(-4)).toEqual([
      '       error: the new container of served is not healthy: it does not keep running',
      '       The old container is back: doskara-served',
      'warning: doskara.afterBuild failed (exit code 1); the build is not affected',
      expect.stringMatching(/^warning: served build 3 built .*, but afterBuild failed \(exit code 1\)$/),
    ]);
    expect(await inspect('{{.Id}}')).toBe(before);
    await expect.poll(answer, WITHIN).toBe('two');
    expect(await starts()).toEqual(['one', 'two', 'two']);
    expect(await deployed()).toBe(good);
    expect((await deploy(2)).all).toBe('served already runs this image, in the container doskara-served');
    expect(await inspect('{{.Id}}')).toBe(before);
    expect((await use.platform.doskara('status', 'served')).stdout).toContain(`\ndeployed ${good.slice(0, 12)} `);
  });

  /** Deploys the image of a build, as sshd starts the script. */
  function deploy(build: number) {
    const { folder, shared } = use.platform;
    const env = {
      ...shared.env,
      PATH: `${folder}/bin:${process.env['PATH']}`,
      DOSKARA_DEPLOY_OPTIONS: options(),
      SSH_ORIGINAL_COMMAND: `served ${use.platform.record('served', build)['digest']}`,
    };
    return execa(join(DIST, 'examples/deploy.sh'), [shared.registry], { env, all: true, reject: false });
  }

  test('a deploy that goes wrong leaves the old container running, however it goes wrong', async () => {
    const { port } = new URL(`http://${use.platform.shared.registry}`);
    const before = await inspect('{{.Id}}');
    const wrongWith = async (...lines: string[]) => {
      setOptions(...QUICK, ...lines);
      const { exitCode, all } = await deploy(1);
      expect([exitCode, await inspect('{{.Id}} {{.State.Running}}')]).toEqual([1, `${before} true`]);
      return all;
    };
    expect(await wrongWith('--no-such-option')).toContain(
      `error: docker does not accept the options in ${options()}/served`,
    );
    expect(await starts()).toHaveLength(3); // it was not even stopped
    expect(await wrongWith(`--publish=127.0.0.1:${port}:8080`)).toMatch(
      /^error: the new container of served does not start\nThe old container is back: doskara-served$/m,
    );
    expect(await wrongWith(...UNHEALTHY, '--health-retries=1')).toContain(
      'error: the new container of served is not healthy: its health check fails',
    );
  });

  test('a deploy cleans up after one that was killed; without a health check, running is enough', async () => {
    setOptions(...QUICK, ...UNHEALTHY, '--health-retries=99');
    const killed = deploy(1);
    await expect.poll(() => isRunning('doskara-served--new'), WITHIN).toBe(true);
    killed.kill('SIGKILL');
    await killed;
    setOptions(...QUICK);
    expect((await deploy(1)).exitCode).toBe(0);
    expect(await inspect('{{.Config.Image}}')).toContain(use.platform.record('served', 1)['digest']);
    expect(await isRunning('doskara-served--new')).toBe(false);
  });

  test('of two deploys at once, the second waits for the first', async () => {
    setOptions(...QUICK, '--health-cmd=test -e /data/go', '--health-interval=1s', '--health-retries=99');
    const first = deploy(2);
    await expect.poll(() => isRunning('doskara-served--new'), WITHIN).toBe(true);
    const second = deploy(1);
    await use.platform.docker('exec', 'doskara-served--new', 'touch', '/data/go');
    expect([(await first).exitCode, (await second).exitCode]).toEqual([0, 0]);
    expect((await starts()).slice(-2)).toEqual(['two', 'one']);
  });
});
