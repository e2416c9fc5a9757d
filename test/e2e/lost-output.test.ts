import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

beforeAll(async () => {
  const app = await use.platform.app('shown');
  await app.push();
});

/** Runs a command in a shell's surroundings: `around` has `"$@"` where the command stands. */
const inShell = (around: string, ...args: string[]) =>
  execa('bash', ['-c', around, 'bash', join(DIST, 'doskara'), ...args], {
    env: { HOME: use.platform.portHome },
    reject: false,
    stdin: 'ignore',
  });

/** Starts it when nobody reads any more, and shows how it ended. */
const UNREAD = `{ trap '' PIPE; while echo; do :; done 2>/dev/null; "$@"; echo "ended with $?" >&2; } | true`;
const FULL = '"$@" > /dev/full';

describe('standard output that nobody reads', () => {
  test.each([['builds', 'shown'], ['logs', 'shown'], ['list'], ['man'], ['--help'], ['doctor']])(
    'ends doskara %s quietly, as well as ever',
    async (...args) => {
      expect((await inShell(UNREAD, ...args)).stderr).toBe('ended with 0');
    },
  );

  test('does not keep doskara rename from what it was asked for', async () => {
    await use.platform.doskara('create', 'before');
    expect((await inShell(UNREAD, 'rename', 'before', 'after')).stderr).toBe('ended with 0');
    expect(['before', 'after'].map((app) => existsSync(use.platform.repository(app)))).toEqual([false, true]);
    expect((await use.platform.doskara('list')).stdout).toMatch(/^after\t/m);
  });

  test('ends an archive that is cut off, which is no success', async () => {
    expect((await inShell(UNREAD, 'archive', 'shown')).stderr).toBe('ended with 130');
  });
});

describe('standard output that has no room', () => {
  test.each([['builds', 'shown'], ['logs', 'shown'], ['list'], ['man'], ['--help'], ['doctor'], ['archive', 'shown']])(
    'is what doskara %s says, in one line',
    async (...args) => {
      const { exitCode, stderr } = await inShell(FULL, ...args);
      expect(stderr).toBe('error: cannot write to standard output: no space left on device');
      expect(exitCode).not.toBe(0);
    },
  );

  test('does not keep doskara rename from what it was asked for', async () => {
    await use.platform.doskara('create', 'old');
    const { exitCode, stderr } = await inShell(FULL, 'rename', 'old', 'new');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: 'error: cannot write to standard output: no space left on device',
    });
    expect(existsSync(use.platform.repository('new'))).toBe(true);
  });
});
