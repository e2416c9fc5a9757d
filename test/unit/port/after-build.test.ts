import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatHint } from '../../../src/errors.ts';
import { runAfterBuild } from '../../../src/port/after-build.ts';
import type { BuildRecord } from '../../../src/port/build-record.ts';
import type { Repository } from '../../../src/port/repository.ts';

const record = { app: 'shop', number: 7, exitCode: 0 } as BuildRecord;

async function run(
  afterBuild: string,
  { of = record, path = '/tmp' } = {},
): Promise<{ lines: string[]; reason: string | undefined; hint: string; exitCode: number | null }> {
  const lines: string[] = [];
  const repository = { path, settings: { afterBuild } } as Repository;
  const { exitCode, failure, hint } = await runAfterBuild(repository, of, (line) => lines.push(line));
  return { lines: lines.sort(), reason: failure, hint: formatHint(hint ?? ''), exitCode };
}

test('shows the lines of both streams of a command, and passes it the record', async () => {
  const { lines, reason, exitCode } = await run('echo "$DOSKARA_APP $DOSKARA_NUMBER"; cat; echo; echo error >&2');
  expect(exitCode).toBe(0);
  expect(lines).toEqual(['error', 'shop 7', JSON.stringify(record)]);
  expect(reason).toBeUndefined();
});

test('the variables that the manual names are set', async () => {
  const page = readFileSync('src/manual/after-build.md', 'utf8');
  const named = [...page.matchAll(/`(DOSKARA_[A-Z_]+)`/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(10);
  const times = { queued: '', started: '', finished: '', subject: '' };
  const ended = { outcome: 'built', commit: '', ref: '', who: '', why: 'push', error: null } as const;
  const image = { tag: '', image: '', digest: '', imageBytes: 1, factory: '' };
  const { lines } = await run('env | cut -d = -f 1', { of: { ...record, ...times, ...ended, ...image } });
  expect(lines).toEqual(expect.arrayContaining(named));
});

test('a command that fails without reading the record is a reason', async () => {
  expect(await run('exit 3')).toMatchObject({ exitCode: 3, reason: expect.stringContaining('exit code 3') });
  expect((await run('kill -9 $$')).reason).toBeDefined();
});

test.each([
  [127, '/nowhere/deploy.sh', 'a program, or the interpreter in its #! line, was not found', ''],
  [126, '/dev/null', 'a program is not executable', 'chmod +x'],
])('a command that sh cannot run (exit code %d) is a reason with a next step', async (code, command, said, next) => {
  const { exitCode, reason, hint } = await run(command);
  expect({ exitCode, reason }).toEqual({
    exitCode: code,
    reason: `doskara.afterBuild failed (exit code ${code}): ${said}; the build is not affected`,
  });
  expect(hint).toContain(next);
  expect(hint).toContain('doskara config shop afterBuild');
});

test('a command that fails by itself has no next step but its own', async () => {
  expect((await run('exit 1')).hint).toBe('');
});

test('a folder that is gone is named', async () => {
  expect(await run('true', { path: '/nowhere' })).toMatchObject({
    exitCode: null,
    reason: expect.stringMatching(/^doskara\.afterBuild could not be started in \/nowhere: /),
  });
});

test('does not wait for a background process that keeps the output open', async () => {
  const started = performance.now();
  const { lines, reason } = await run('echo done; setsid sleep 60 &');
  expect(lines).toEqual(['done']);
  expect(reason).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(30_000);
});
