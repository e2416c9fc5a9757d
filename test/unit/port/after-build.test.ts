import { expect, test } from 'vitest';
import { runAfterBuild } from '../../../src/port/after-build.ts';
import type { BuildRecord } from '../../../src/port/build-record.ts';
import type { Repository } from '../../../src/port/repository.ts';

const record = { app: 'shop', number: 7, exitCode: 0 } as BuildRecord;

async function run(
  afterBuild: string,
): Promise<{ lines: string[]; reason: string | undefined; exitCode: number | null }> {
  const lines: string[] = [];
  const repository = { path: '/tmp', settings: { afterBuild } } as Repository;
  const { exitCode, failure } = await runAfterBuild(repository, record, (line) => lines.push(line));
  return { lines: lines.sort(), reason: failure, exitCode };
}

test('shows the lines of both streams of a command, and passes it the record', async () => {
  const { lines, reason, exitCode } = await run('echo "$DOSKARA_APP $DOSKARA_NUMBER"; cat; echo; echo error >&2');
  expect(exitCode).toBe(0);
  expect(lines).toEqual(['error', 'shop 7', JSON.stringify(record)]);
  expect(reason).toBeUndefined();
});

test('a command that fails without reading the record is a reason', async () => {
  expect(await run('exit 3')).toMatchObject({ exitCode: 3, reason: expect.stringContaining('exit code 3') });
  expect((await run('kill -9 $$')).reason).toBeDefined();
});

test('does not wait for a background process that keeps the output open', async () => {
  const started = performance.now();
  const { lines, reason } = await run('echo done; setsid sleep 60 &');
  expect(lines).toEqual(['done']);
  expect(reason).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(30_000);
});
