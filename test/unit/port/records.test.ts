import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PLAIN_IMAGE } from '../../../src/image-options.ts';
import type { BuildRecord, NewBuild, Outcome } from '../../../src/port/build-record.ts';
import { Records } from '../../../src/port/records.ts';
import { troubleFrom } from '../../rig/receive.ts';

const BUILD: NewBuild = { app: 'a', commit: 'c'.repeat(40), ref: 'main', subject: 's', who: 'w', why: 'push' };
const SENT = { sha256: 'd'.repeat(64), bytes: 1234 };

let state = '';
let records: Records;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'doskara-records-'));
  records = new Records(state);
});
afterEach(() => rmSync(state, { recursive: true }));

const names = () => readdirSync(join(state, 'builds')).toSorted();

async function begin(count: number, outcome: Outcome = 'running'): Promise<void> {
  for (let i = 0; i < count; i++) await records.save({ ...(await records.begin(BUILD)), outcome });
}

describe('records', () => {
  test('are empty before the first build', async () => {
    expect(await records.numbers()).toEqual([]);
    expect(await records.lastArchiveSize()).toBeUndefined();
    await records.prune(1);
    expect(readdirSync(state)).toEqual([]);
  });

  test('start at 1, running, and are read as written', async () => {
    const record = await records.begin(BUILD);
    expect(record).toMatchObject({ ...BUILD, number: 1, outcome: 'running', exitCode: null, started: null });
    expect(record.queued).toBe(new Date(record.queued).toISOString());
    expect(await records.read(1)).toEqual(record);
  });

  test('name the process that builds, so that a reused pid is recognized', async () => {
    const { pid, pidStart } = await records.begin(BUILD);
    expect(pid).toBe(process.pid);
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(` ${pidStart} `);
    expect(Number(pidStart)).toBeGreaterThan(0);
  });

  test('that say running are read as lost if their process is gone, even if its pid is reused', async () => {
    const record = await records.begin(BUILD);
    for (const dead of [{ pidStart: '1' }, { pid: 2 ** 22 + 1 }]) {
      await records.save({ ...record, ...dead });
      expect(await records.read(1)).toMatchObject({ outcome: 'lost', error: 'its process died' });
    }
  });

  test('are as the last save left them, even if saves overlap', async () => {
    const record = await records.begin(BUILD);
    for (let i = 0; i < 20; i++) {
      const first = records.save({ ...record, outcome: 'running' });
      await records.save({ ...record, outcome: 'built' });
      await first;
      expect((await records.read(1)).outcome).toBe('built');
    }
  });

  test('have unique numbers without gaps when many builds start at once', async () => {
    const others = [new Records(state), new Records(state), records];
    const begun = await Promise.all(Array.from({ length: 24 }, (_, i) => (others[i % 3] ?? records).begin(BUILD)));
    const expected = Array.from({ length: 24 }, (_, i) => i + 1);
    expect(begun.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(expected);
    expect(await records.numbers()).toEqual(expected);
    for (const record of begun) expect(await records.read(record.number)).toEqual(record);
  });

  test('from a version without image sizes, image options or the gate are read without them', async () => {
    const old: Partial<BuildRecord> = await records.begin(BUILD);
    const nulls = { imageBytes: null, gate: null, landed: null, buildkit: null };
    const without = { ...nulls, imageOptions: PLAIN_IMAGE, submodules: false };
    for (const field of Object.keys(without) as (keyof typeof without)[]) delete old[field];
    writeFileSync(join(state, 'builds/1.json'), JSON.stringify(old));
    expect(await records.read(1)).toEqual({ ...old, ...without });
  });

  const GOOD = {
    ...BUILD,
    ...{ number: 1, outcome: 'built', exitCode: 0, queued: '2026-01-01T00:00:00.000Z', started: null, finished: null },
    ...{ archive: null, image: null, digest: null, factory: null, error: null, pid: 1, pidStart: '1' },
  };

  test.each<[string, string | Buffer]>([
    ['an empty file', ''],
    ['half a record', JSON.stringify(GOOD).slice(0, 100)],
    ['bytes', Buffer.from([0, 255, 254, 0])],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['a string', '"str"'],
    ['a number', '1'],
    ['null', 'null'],
    ['another build', JSON.stringify({ ...GOOD, number: 2 })],
    ['no process', JSON.stringify({ ...GOOD, outcome: 'running', pid: undefined, pidStart: undefined })],
    ['an unknown outcome', JSON.stringify({ ...GOOD, outcome: 'splendid' })],
    ['no time', JSON.stringify({ ...GOOD, queued: 'yesterday' })],
    ['a list of names', JSON.stringify({ ...GOOD, who: ['a'] })],
    ['half a gate', JSON.stringify({ ...GOOD, gate: { pid: 1 } })],
  ])('that are malformed are ignored: %s', async (_, text) => {
    await begin(1);
    writeFileSync(join(state, 'builds/1.json'), JSON.stringify(GOOD));
    expect(await records.latest()).toHaveLength(1);
    writeFileSync(join(state, 'builds/1.json'), text);
    expect(await records.latest()).toEqual([]);
    const trouble = await troubleFrom(records.read(1));
    expect(trouble).toMatchObject({ code: 'record-damaged', exitCode: 2 });
    expect(trouble.hint).toContain(records.logFile(1));
    expect(await records.begin(BUILD)).toMatchObject({ number: 2 });
  });

  test('have at most nine digits in their names, so that there is always a next number', async () => {
    await begin(1);
    for (const number of ['999999999999999999999', '1000000000'])
      writeFileSync(join(state, `builds/${number}.json`), JSON.stringify({ ...GOOD, number: Number(number) }));
    expect(await records.numbers()).toEqual([1]);
    expect(await records.begin(BUILD)).toMatchObject({ number: 2 });
    writeFileSync(join(state, 'builds/999999999.json'), '');
    const trouble = await troubleFrom(records.begin(BUILD));
    expect(trouble.hint).toContain(`rm ${join(state, 'builds/999999999.json')}`);
  });

  test('that are directories are pruned like any others', async () => {
    mkdirSync(join(state, 'builds/1.json'), { recursive: true });
    await begin(2, 'built');
    await records.prune(1);
    expect(names()).toEqual(['3.json']);
  });

  test('leave nothing else behind, and are readable only by their owner', async () => {
    await Promise.all([records.begin(BUILD), records.begin(BUILD)]);
    expect(names()).toEqual(['1.json', '2.json']);
    expect(statSync(join(state, 'builds')).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, 'builds/1.json')).mode & 0o777).toBe(0o600);
  });

  test('are replaced atomically', async () => {
    const record = await records.begin(BUILD);
    await records.save({ ...record, outcome: 'built', exitCode: 0, subject: 'grüße\n"' });
    expect(await records.read(1)).toEqual({ ...record, outcome: 'built', exitCode: 0, subject: 'grüße\n"' });
    expect(names()).toEqual(['1.json']);
  });

  test('are sorted by number, whatever else is in the directory', async () => {
    await begin(11);
    for (const name of ['11.log', '012.json', '0.json', 'x.json', '.5.json', '12.json.bak'])
      writeFileSync(join(state, 'builds', name), '');
    expect(await records.numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe('pruning', () => {
  test.each([
    [3, [3, 4, 5]],
    [1, [5]],
    [5, [1, 2, 3, 4, 5]],
    [100, [1, 2, 3, 4, 5]],
  ])('keeps the newest %d of five, and their logs', async (keep, kept) => {
    await begin(5, 'built');
    for (let number = 1; number <= 5; number++) writeFileSync(records.logFile(number), '');
    await records.prune(keep);
    expect(names()).toEqual(kept.flatMap((number) => [`${number}.json`, `${number}.log`]));
  });

  test('keeps builds that are waiting or running', async () => {
    await begin(2);
    await begin(2, 'built');
    await records.prune(1);
    expect(await records.numbers()).toEqual([1, 2, 4]);
  });

  test('never reuses a number', async () => {
    await begin(3, 'built');
    await records.prune(1);
    expect((await records.begin(BUILD)).number).toBe(4);
  });

  test('removes the temporary files of a killed process, but not of a running one', async () => {
    const { pid, pidStart } = await records.begin(BUILD);
    for (const name of [`.${pid}-${pidStart}-x`, `.${pid}-1-x`, '.4194305-1-x'])
      writeFileSync(join(state, 'builds', name), '');
    await records.prune(1);
    expect(names()).toEqual([`.${pid}-${pidStart}-x`, '1.json']);
  });

  test('may run twice at once', async () => {
    await begin(9, 'failed');
    await Promise.all([records.prune(2), new Records(state).prune(2)]);
    expect(await records.numbers()).toEqual([8, 9]);
  });
});

describe('the size of the last archive', () => {
  test.each<[string, number[], number | undefined]>([
    ['is that of the newest build that sent one', [1, 2], 2],
    ['is unknown if none of the newest five sent one', [1], undefined],
    ['is unknown if none was sent', [], undefined],
  ])('%s', async (_, senders, bytes) => {
    await begin(6);
    for (const number of senders)
      await records.save({ ...(await records.read(number)), archive: { ...SENT, bytes: number } });
    expect(await records.lastArchiveSize()).toBe(bytes);
  });

  test('is found even if another record has been pruned since or is damaged', async () => {
    const record = await records.begin(BUILD);
    await records.save({ ...record, archive: SENT });
    writeFileSync(join(state, 'builds/2.json'), '{"app":');
    expect(await records.lastArchiveSize()).toBe(SENT.bytes);
  });
});
