import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../src/runner-events.ts';
import { makeGo } from '../rig/go.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const tarball = async (files: Record<string, string>) => {
  const folder = (await execa('mktemp', ['-d', join(use.platform.folder, 'XXXXXX')])).stdout;
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const { stdout } = await execa('tar', ['-C', folder, '-czf', '-', '.'], { encoding: 'buffer' });
  return Buffer.from(stdout);
};
const good = () => tarball({ 'build.sh': 'echo by hand', 'run.sh': 'true' });

describe('by hand on the factory', () => {
  test('build.sh <app> builds a tarball from tar, and one from git archive', async () => {
    const { exitCode, stdout } = await use.platform.runner(['by-hand'], await good());
    expect(exitCode).toBe(0);
    expect(stdout).toContain('       by hand');
    expect(parseEvent(stdout.split('\n').at(-1) ?? '')).toMatchObject({
      event: 'pushed',
      image: expect.stringMatching(/^127\.0\.0\.1:\d+\/by-hand$/),
      digest: expect.stringMatching(/^sha256:/),
    });
    expect(stdout.match(/^----->/gm)).toHaveLength(3);
    expect(await use.platform.latestRevision('by-hand')).toBe('');

    const app = await use.platform.app('by-git');
    const { stdout: archive } = await execa('git', ['-C', app.folder, 'archive', '--format=tar.gz', 'HEAD'], {
      encoding: 'buffer',
    });
    expect((await use.platform.runner(['by-git'], Buffer.from(archive))).exitCode).toBe(0);
    expect(await use.platform.latestRevision('by-git')).toBe((await app.git('rev-parse', 'HEAD')).stdout);
  });

  test('has an exit code for each kind of failure', async () => {
    const { runner } = use.platform;
    const run = runner.bind(use.platform);
    const failing = await tarball({ 'build.sh': 'exit 9', 'run.sh': '' });
    const unready = { DOCKER_HOST: 'unix:///nowhere' };
    for (const [code, said, result] of [
      [1, 'build.sh failed with exit code 9', run(['fails'], failing)],
      [2, 'is not an app name', run(['Codes'], await good())],
      [2, 'not a command of the runner', run(['codes', 'more'], await good())],
      [2, 'not a command of the runner', run([], await good())],
      [2, 'DOSKARA_REGISTRY="http://x" should be', run(['codes1'], await good(), { DOSKARA_REGISTRY: 'http://x' })],
      [3, 'not a tar or tar.gz', run(['codes2'], 'hello')],
      [3, 'no archive received', run(['codes3'], '')],
      [3, 'no run.sh in the root', run(['codes4'], await tarball({ 'build.sh': '' }))],
      [4, 'docker build failed', run(['codes5'], await good(), unready)],
      [4, 'cannot run the docker CLI', run(['codes6'], await good(), { DOSKARA_DOCKER: '/nowhere/docker' })],
      [
        4,
        'cannot pull base image no-such-image:1',
        run(['codes7'], await good(), { DOSKARA_BASE_IMAGE: 'no-such-image:1' }),
      ],
      [5, 'the push to the warehouse failed', run(['codes8'], await good(), { DOSKARA_REGISTRY: '127.0.0.1:1' })],
    ] as const) {
      const { exitCode, stdout, stderr } = await result;
      expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: expect.stringContaining(said) });
      expect(stdout).toMatch(/^error: /m);
      expect(stderr).toBe('');
    }
    const { stdout: left } = await execa('find', [join(use.platform.folder, 'spool/builds'), '-mindepth', '1']);
    expect(left).toBe('');
  });

  test('builds with whatever builder the CLI supports', async () => {
    const docker = (await execa('sh', ['-c', 'command -v docker'])).stdout;
    const { exitCode, stdout } = await use.platform.runner(['any-cli'], await good(), { DOSKARA_DOCKER: docker });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('       by hand');
  });

  test('keeps CACHE_DIR between builds of one app', async () => {
    const counting = (n: number) =>
      tarball({ 'build.sh': `echo x >> $CACHE_DIR/n; echo "run ${n}: $(wc -l < $CACHE_DIR/n)"`, 'run.sh': '' });
    await use.platform.runner(['cached'], await counting(1));
    expect((await use.platform.runner(['cached'], await counting(2))).stdout).toContain('       run 2: 2');
    expect((await use.platform.runner(['uncached'], await counting(3))).stdout).toContain('       run 3: 1');
  });

  test('a second build of the same app waits and says so', async () => {
    using go = await makeGo(use.platform);
    const slow = await tarball({ 'build.sh': go.wait, 'run.sh': '' });
    const first = use.platform.runner(['queued'], slow);
    let said = '';
    first.stdout.on('data', (chunk) => {
      said += chunk;
    });
    await expect.poll(() => said, { timeout: 30_000 }).toContain('Building on');
    const queued = use.platform.runner(['queued'], await good());
    let heard = '';
    queued.stdout.on('data', (chunk) => {
      heard += chunk;
    });
    await expect.poll(() => heard, { timeout: 30_000 }).toContain('Waiting: another build of queued is running');
    go.give();
    const second = await queued;
    expect(second).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"event":"pushed"') });
    expect((await first).exitCode).toBe(0);
  });

  test('--check prints one line per finding on what this factory can do, and how to fix problems', async () => {
    const check = (env: Record<string, string> = {}) => use.platform.runner(['--check'], '', env);
    const { stdout, exitCode } = await check();
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^ok: docker CLI .*: BuildKit/m),
    });
    expect(stdout).not.toMatch(/^(?!ok: )/m);
    const hasBuildx = (await use.platform.docker('buildx', 'version')).exitCode === 0;
    for (const [env, said, hint] of [
      [{ DOCKER_HOST: 'unix:///nowhere' }, 'the Docker Engine is not responding: ', 'service docker start'],
      [{ DOSKARA_DOCKER: '/nowhere/docker' }, 'cannot run the docker CLI /nowhere/docker', 'apt-get install docker.io'],
      [{ DOSKARA_BASE_IMAGE: '127.0.0.1:1/no:1' }, 'cannot pull base image 127.0.0.1:1/no:1', 'docker pull'],
      [
        { DOSKARA_BUILDER: 'nobody' },
        'builder nobody (DOSKARA_BUILDERS) is not available: ',
        hasBuildx ? 'docker buildx ls; docker buildx create --name nobody' : 'apt-get install docker-buildx',
      ],
      [{ DOSKARA_SPOOL: '/etc/passwd/x' }, 'cannot write to /etc/passwd/x: ENOTDIR', 'install -d -o docker'],
      [{ DOSKARA_REGISTRY: '127.0.0.1:1' }, 'cannot push to the warehouse 127.0.0.1:1: ', 'docker pull 127.0.0.1:1/'],
    ] as const) {
      const broken = await check(env);
      const lines = broken.stdout.split('\n');
      const error = lines.findIndex((line) => line.startsWith(`error: ${said}`));
      expect({ exitCode: broken.exitCode, stdout: lines[error + 1] ?? broken.stdout }).toEqual({
        exitCode: 4,
        stdout: expect.stringMatching(new RegExp(`^hint: .*on the factory.*: ${hint}`)),
      });
    }
    const full = await check({ DOSKARA_MIN_FREE: '9000T' });
    expect(full).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^warning: disk: .* free, a build must leave 9000 TB\nhint: .*--prune$/m),
    });
    expect((await use.platform.runner(['--version'], '')).stdout).toMatch(
      /^doskara runner \d+\.\d+\.\d+ \([0-9a-f]{40}(?:, with changes)?\)$/,
    );
  });
});
