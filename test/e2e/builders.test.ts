import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { prune } from '../../src/factory/docker/builder-commands.ts';
import { dockerConfigOf } from '../rig/builder.ts';
import { useBuilders } from '../rig/builders-test.ts';
import type { Clone } from '../rig/clone.ts';
import { makeGo } from '../rig/go.ts';

const use = useBuilders({ DOSKARA_MAX_BUILDS: '1' });

const logOf = (name: string) => (use.platform.hasRecord(name, 1) ? use.platform.log(name, 1) : '');

const WORDS = { 'build.sh': 'echo "built $DOSKARA_APP"\n', 'run.sh': 'true\n' };
const UNANSWERED = 'warning: builder south does not answer; building on north';

describe('an app with its home on south', () => {
  const name = use.nameAt('south', 'homely');

  test('is built there, and its image is in no engine', async () => {
    const app = await use.platform.app(name, WORDS);
    const { text, lines } = await app.push();
    expect(lines.at(-1)).toMatch(/^success: /);
    expect(text).not.toContain('warning: ');
    const { stdout } = await execa(use.engine.docker, ['buildx', 'du', '--verbose'], { env: use.engine.env });
    expect(stdout).toContain(' ./build.sh');
    for (const env of [use.engine.env, use.platform.shared.env]) {
      const images = await execa(use.engine.docker, ['image', 'ls', '--all', '--format', '{{.Repository}}'], { env });
      expect(images.stdout).not.toContain(name);
    }
    expect(await use.platform.latestRevision(name)).toBe(use.platform.record(name, 1)['commit']);
  });

  test('is built on north while south is dead, from the layers in the warehouse', async () => {
    await use.engine.kill();
    const { all } = await use.platform.doskara('replay', name);
    expect(all.split('\n')).toContain(UNANSWERED);
    expect(all).toContain("nothing changed: using Docker's build cache");
    expect(use.platform.record(name, 2)).toMatchObject({ outcome: 'built' });
    const { stdout, exitCode } = await use.platform.runner(['--check'], '');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^warning: builder south \(DOSKARA_BUILDERS\) is not available: /m);
    expect(stdout).toMatch(/^ok: builder north \(.*linux\/.*\): [\d.]+ [GT]B free, load [\d.]+, keeps up to /m);
    expect(stdout).toMatch(/^ok: base image \S+, pulled by builder north$/m);
    expect(stdout).toMatch(/^ok: warehouse \S+ accepts images from builder north, /m);
  });

  test('comes home when south is back', async () => {
    await use.engine.restart();
    const { all } = await use.platform.doskara('replay', name);
    expect(all).not.toContain('warning: ');
    expect(use.platform.record(name, 3)).toMatchObject({ outcome: 'built' });
  });
});

test('--check gives up a builder that hangs', async () => {
  await use.engine.send('STOP');
  const { stdout, exitCode } = await use.platform.runner(['--check'], '');
  await use.engine.send('CONT');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^warning: builder south \(DOSKARA_BUILDERS\) is not available: no answer within 10 s$/m);
});

test('doskara.check starts the image on the engine of the factory', async () => {
  const name = use.nameAt('south', 'checked');
  const app = await use.platform.app(name, { 'build.sh': 'echo hello > said\n', 'run.sh': 'cat said; exit 3\n' });
  await use.platform.doskara('config', name, 'check', '5s');
  const { lines } = await app.push();
  expect(lines).toContain('       hello');
  expect(use.platform.record(name, 1)).toMatchObject({
    outcome: 'failed',
    error: expect.stringMatching(/^run\.sh ended /),
  });
});

test("--prune removes old caches of apps from each builder's disk", async () => {
  const { stdout, exitCode } = await use.platform.runner(['--prune'], '');
  expect(exitCode).toBe(0);
  for (const name of ['north', 'south'])
    expect(stdout).toContain(`builder ${name}: removed old build caches of apps, freed 0B`);
  const env = { DOCKER_CONFIG: dockerConfigOf(use.platform) };
  const buildx = (...args: string[]) => execa(use.engine.docker, ['buildx', ...args], { env });
  const made = async () => (await buildx('du', '--builder', 'south', '--verbose')).stdout.includes(' ./build.sh');
  expect(await made()).toBe(true);
  await buildx(...prune('south', 0));
  expect(await made()).toBe(false);
});

describe('a builder at its limit', () => {
  const names = ['first', 'killed', 'third', 'cancelled'].map((what) => use.nameAt('north', what));
  const [first = '', killed = '', third = '', cancelled = ''] = names;
  const waiting = (before: string) => `-----> Waiting: ${before} ahead of this one`;

  test('builds in order of arrival; whoever is killed or cancelled leaves the queue', async () => {
    using go = await makeGo(use.platform);
    const pushes: ReturnType<Clone['push']>[] = [];
    for (const [i, name] of names.entries()) {
      const app = await use.platform.app(name, { 'build.sh': `echo begun\n${go.wait}\n`, 'run.sh': 'true\n' });
      pushes.push(app.push());
      const said = i === 0 ? '       begun' : waiting(i === 1 ? '1 build' : `${i} builds`);
      await expect.poll(() => logOf(name), { timeout: 60_000 }).toContain(said);
    }
    const elsewhere = use.nameAt('south', 'meanwhile');
    expect((await (await use.platform.app(elsewhere, WORDS)).push()).lines.at(-1)).toMatch(/^success: /);
    const { stdout } = await use.platform.runner(['--check'], '');
    expect(stdout).toContain('ok: builds: 1 of 1 running, 3 waiting on builder north');

    process.kill(await runnerOf(killed), 'SIGKILL');
    await expect.poll(() => logOf(third), { timeout: 60_000 }).toContain(waiting('1 build'));
    expect(use.platform.log(third, 1)).not.toContain('begun');
    await use.platform.doskara('cancel', cancelled);
    expect((await pushes[3])?.lines.at(-1)).toMatch(/^error: \S+ build 1 cancelled/);
    go.give();
    await Promise.all(pushes);
    const outcomes = names.map((name) => use.platform.record(name, 1)['outcome']);
    expect(outcomes).toEqual(['built', 'lost', 'built', 'cancelled']);
    const finished = [first, third].map((name) => String(use.platform.record(name, 1)['finished']));
    expect(finished).toEqual(finished.toSorted());
  });

  /** Its process id, which names its folder in the spool. */
  async function runnerOf(app: string): Promise<number> {
    const folders = await readdir(join(use.platform.folder, 'spool/builds'));
    return Number(
      folders
        .find((name) => name.startsWith(`${app}@`))
        ?.split(/[@-]/)
        .at(-2),
    );
  }
});
