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

/** Runs a command inside a shell script: `around` has `"$@"` in place of the command. */
const inShell = (around: string, ...args: string[]) =>
  execa('bash', ['-c', around, 'bash', join(DIST, 'doskara'), ...args], {
    env: { HOME: use.platform.portHome },
    reject: false,
    stdin: 'ignore',
  });

/** Starts the command after its reader is gone, and prints how it ended. */
const UNREAD = `{ trap '' PIPE; while echo; do :; done 2>/dev/null; "$@"; echo "ended with $?" >&2; } | true`;
const FULL = '"$@" > /dev/full';

describe('standard output that nobody reads', () => {
  test.each([['builds', 'shown'], ['logs', 'shown'], ['list'], ['man'], ['--help'], ['doctor']])(
    'ends doskara %s quietly, with the usual exit code',
    async (...args) => {
      expect((await inShell(UNREAD, ...args)).stderr).toBe('ended with 0');
    },
  );

  test('does not stop doskara rename', async () => {
    await use.platform.doskara('create', 'before');
    expect((await inShell(UNREAD, 'rename', 'before', 'after')).stderr).toBe('ended with 0');
    expect(['before', 'after'].map((app) => existsSync(use.platform.repository(app)))).toEqual([false, true]);
    expect((await use.platform.doskara('list')).stdout).toMatch(/^after\t/m);
  });

  test('fails doskara archive, which is incomplete', async () => {
    expect((await inShell(UNREAD, 'archive', 'shown')).stderr).toBe('ended with 130');
  });
});

describe('standard output on a full disk', () => {
  test.each([['builds', 'shown'], ['logs', 'shown'], ['list'], ['man'], ['--help'], ['doctor'], ['archive', 'shown']])(
    'is reported by doskara %s in one line',
    async (...args) => {
      const { exitCode, stderr } = await inShell(FULL, ...args);
      expect(stderr).toBe('error: cannot write to standard output: no space left on device');
      expect(exitCode).not.toBe(0);
    },
  );

  test('does not stop doskara rename', async () => {
    await use.platform.doskara('create', 'old');
    const { exitCode, stderr } = await inShell(FULL, 'rename', 'old', 'new');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: 'error: cannot write to standard output: no space left on device',
    });
    expect(existsSync(use.platform.repository('new'))).toBe(true);
  });
});
