import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEvent } from '../../src/runner-events.ts';
import { BASE_IMAGE } from '../rig/engine.ts';
import { HOSTILE } from '../rig/hostile/corpus.ts';
import type { Hostile } from '../rig/hostile/row.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { file, gzip, symlink, tar } from '../rig/tar-writer.ts';

const use = usePlatform({ DOSKARA_MAX_UNPACKED: '64M' });
const CONTAINER = `doskara-canary-${process.pid}`;

const canary = () => join(use.platform.folder, 'canary');
const inspect = async (format: string) => (await use.platform.docker('inspect', '--format', format, CONTAINER)).stdout;
const stateOf = async () => ({
  file: [readFileSync(canary(), 'utf8'), statSync(canary()).mtimeMs, statSync(canary()).mode],
  names: readdirSync(use.platform.folder),
  container: await inspect('{{.State.Status}} {{.State.StartedAt}} {{.RestartCount}}'),
  changes: (await use.platform.docker('diff', CONTAINER)).stdout,
});

beforeAll(async () => {
  writeFileSync(canary(), 'alive');
  await use.platform.docker('run', '-d', '--network', 'none', '--name', CONTAINER, BASE_IMAGE, 'sleep', '1000');
  // the spool exists before anything is checked
  expect((await use.platform.runner(['before'], '')).exitCode).toBe(3);
});
afterAll(async () => {
  await use.platform.docker('rm', '-f', CONTAINER);
});

/** One archive for each refusal code; the unit tests cover all of them with the reader alone. */
const HOSTILES = Object.values(Object.groupBy(HOSTILE, ({ code }) => code)).flatMap((rows = []) => rows.slice(0, 1));

async function send({ title, sent, code, limits }: Hostile, index: number): Promise<string | undefined> {
  const limited = limits && {
    DOSKARA_MAX_ENTRIES: String(limits.maxEntries),
    DOSKARA_MAX_UNPACKED: String(limits.maxUnpacked),
  };
  const { exitCode, stdout } = await use.platform.runner([`hostile-${index}`], sent, limited);
  const [told = '', ...more] = stdout.split('\n');
  const event = parseEvent(told);
  const refused = exitCode === 3 && /^error: .+\nhint: .+$/.test(more.join('\n'));
  return refused && event?.event === 'failed' && event.code === code
    ? undefined
    : `${title} (${code}): ${exitCode} ${stdout}`;
}

test('the real runner refuses hostile archives, one for each refusal code, and writes only to its spool', async () => {
  const before = await stateOf();
  expect(before.container).toMatch(/^running /);
  const wrong: (string | undefined)[] = [];
  const queue = [...HOSTILES.entries()];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) wrong.push(await send(next[1], next[0]));
  };
  await Promise.all([work(), work()]);
  expect(wrong).toHaveLength(HOSTILES.length);
  expect(wrong.filter(Boolean)).toEqual([]);
  expect(await stateOf()).toEqual(before);
  expect(readdirSync(join(use.platform.folder, 'spool/builds'))).toEqual([]);
  expect(readdirSync(join(use.platform.folder, 'spool/contexts'))).toEqual([]);
  const images = await use.platform.docker('images', '-q', `${use.platform.shared.registry}/hostile-*`);
  expect(images.stdout).toBe('');
});

test('links in an accepted archive point into its own image, not to the factory', async () => {
  const before = await stateOf();
  const script = `echo pwned > out || true; mkdir -p ${use.platform.folder}; echo pwned > ${canary()}; ls /var/run/docker.sock || true\n`;
  const sent = gzip(
    tar(
      file('build.sh', script),
      file('run.sh'),
      symlink('out', canary()),
      symlink('etc', '/etc'),
      symlink('up', '../..'),
    ),
  );
  const { exitCode, stdout } = await use.platform.runner(['linked-out'], sent);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('No such file') });
  expect(await stateOf()).toEqual(before);
});
