import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AfterBuildEnd, BuildRecord, Outcome } from '../../../src/port/build-record.ts';
import { note, outcomeOf, RECONCILE_MINUTES, skipped, verdict } from '../../../src/port/messages/build.ts';

const IMAGE = 'warehouse:5000/shop';
const AT = '2026-01-02T03:04:05.000Z';

const build = (outcome: Outcome, afterBuild: AfterBuildEnd | null) =>
  ({
    ...{ why: 'push', gate: null },
    ...{ app: 'shop', number: 7, who: 'alice', queued: AT, finished: AT, outcome, afterBuild },
    ...(outcome === 'built' ? { image: IMAGE, digest: 'sha256:1' } : { image: null, digest: null }),
  }) as BuildRecord;

test.each<[string, Outcome, AfterBuildEnd | null, string, string]>([
  ['no afterBuild', 'built', null, 'success: shop build 7 built', 'built'],
  ['a good one', 'built', { exitCode: 0, seconds: 1 }, 'success: shop build 7 built', 'built'],
  ['one that fails', 'built', { exitCode: 3, seconds: 1 }, 'warning: shop build 7 built', 'built, afterBuild failed'],
  ['one that runs out of time', 'built', { exitCode: null, seconds: 300 }, 'warning:', 'built, afterBuild failed'],
  ['a failed build and one that fails', 'failed', { exitCode: 3, seconds: 1 }, 'error: shop build 7 failed', 'failed'],
  ['a superseded build', 'superseded', null, 'warning: shop build 7 superseded', 'superseded'],
])('the last line, the tables and the note after %s', (_, outcome, afterBuild, start, shown) => {
  const record = build(outcome, afterBuild);
  expect(verdict(record).startsWith(start)).toBe(true);
  expect(verdict(record).includes(', but afterBuild failed')).toBe(shown.includes('afterBuild'));
  expect(outcomeOf(record)).toBe(shown);
  expect(note(record).startsWith(`${shown}, build 7, `)).toBe(true);
});

test('the last line of a build counts the seconds of its deploy, and the tables say while it runs', () => {
  const record = build('built', { exitCode: 0, seconds: 21 });
  expect(verdict(record)).toBe(`success: shop build 7 built ${IMAGE}@sha256:1 in 0.0 s, afterBuild in 21.0 s`);
  expect(outcomeOf(build('built', null), true)).toBe('built, afterBuild runs');
});

test.each<[string, Partial<BuildRecord>, boolean]>([
  ['a push', {}, true],
  ['reconcile', { why: 'reconcile' }, true],
  ['a replay, whose commit need not be the head', { why: 'replay' }, false],
  ['a rollback', { why: 'rollback' }, false],
  ['a push that git rejected', { gate: { pid: 1, pidStart: '1' } }, false],
])('the last line of a lost build says that it will be built again if reconcile does so: %s', (_, more, again) => {
  const record = { ...build('lost', null), ...more };
  const next = again ? '; it will be built again within 5 minutes' : '';
  expect(verdict(record)).toBe(`error: shop build 7 lost in 0.0 s${next}`);
  expect(verdict(record, 'the disk is full')).toBe(`error: shop build 7 lost in 0.0 s: the disk is full${next}`);
});

test.each<[string, string, string]>([
  ['with git push -o skip', skipped(), 'warning'],
  ['by a person', 'the build was cancelled by bob', 'error'],
])('the last line of a build that was cancelled %s', (_, error, level) => {
  expect(verdict({ ...build('cancelled', null), error })).toBe(`${level}: shop build 7 cancelled in 0.0 s`);
});

test('the minutes in it are those of the timer that ./install.sh installs', () => {
  const install = readFileSync('install.sh', 'utf8');
  expect(install).toContain(`OnUnitInactiveSec=${RECONCILE_MINUTES}min`);
  expect(install).toContain(`\n*/${RECONCILE_MINUTES} * * * *' git "$lib/doskara reconcile"\n`);
});
