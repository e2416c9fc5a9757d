import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sourceOf } from '../../../src/builds/choose-rollback.ts';
import { createRecord } from '../../../src/builds/running-build.ts';
import { findUnchanged } from '../../../src/builds/unchanged.ts';
import { PLAIN_IMAGE } from '../../../src/image-options.ts';
import type { BuildRecord } from '../../../src/port/build-record.ts';
import { makeOutput } from '../../../src/port/output.ts';
import { Records } from '../../../src/port/records.ts';
import { openRepository, type Repository } from '../../../src/port/repository.ts';
import type { PortSettings } from '../../../src/port/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-unchanged-'));
afterAll(() => rmSync(folder, { recursive: true }));

const git = async (...args: string[]) =>
  (await execa('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], { cwd: folder })).stdout;

async function commitFile(path: string, content: string): Promise<string> {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  await git('add', '--all');
  await git('commit', '--quiet', '--message=a change');
  return git('rev-parse', 'HEAD');
}

const SETTINGS = { folder: 'web', watch: ['lib'] };
const DIGEST = `sha256:${'d'.repeat(64)}`;
let repository: Repository;
let built: string;
let pushed: string;

beforeAll(async () => {
  await git('init', '--quiet');
  await git('config', 'doskara.app', 'shop');
  built = await commitFile('web/Dockerfile', 'FROM scratch\n');
  pushed = await commitFile('README.md', 'more\n');
  repository = await openRepository(join(folder, '.git'));
});

beforeEach(() => rmSync(join(repository.state, 'builds'), { recursive: true, force: true }));

const requestOf = (commit: string, settings: Partial<PortSettings>, why: BuildRecord['why'] = 'push') => ({
  repository: { ...repository, settings: { ...repository.settings, ...SETTINGS, ...settings } },
  commit,
  ref: 'refs/heads/main',
  who: 'alice',
  why,
});

/** Records that a commit was built. */
async function build(commit: string, settings: Partial<PortSettings> = {}, more: Partial<BuildRecord> = {}) {
  const { records, record } = await createRecord(requestOf(commit, settings));
  await records.save({ ...record, turn: record.number, outcome: 'built', image: 'w/a', digest: DIGEST, ...more });
}

/** The number of the build whose image serves a commit, too. */
async function unchanged(commit: string, settings: Partial<PortSettings> = {}, why?: BuildRecord['why']) {
  const output = makeOutput(new Writable(), (line) => line);
  const queued = { output, signal: new AbortController().signal, noCache: false, outlivesTerminal: true };
  const request = { ...requestOf(commit, settings, why), ...queued };
  return (await findUnchanged(request, new Records(repository.state)))?.number;
}

describe('an app that is a folder of its repository is unchanged', () => {
  test('by a push to other files, but for a replay', async () => {
    await build(built);
    expect([await unchanged(pushed), await unchanged(pushed, {}, 'replay')]).toEqual([1, undefined]);
  });

  test('unless its folder or what it watches has changed, or there is no image', async () => {
    expect(await unchanged(pushed)).toBeUndefined();
    await build(built);
    expect(await unchanged(await commitFile('web/x', 'x'))).toBeUndefined();
    await build(await git('rev-parse', 'HEAD'));
    expect(await unchanged(await commitFile('lib/x', 'x'))).toBeUndefined();
  });

  test.each<[string, Partial<PortSettings>]>([
    ['its folder', { folder: 'services' }],
    ['its Dockerfile', { dockerfile: 'Dockerfile.prod' }],
    ['the stage', { target: 'prod' }],
    ['a build argument', { buildArgs: ['A=2'] }],
    ['how its image is made', { image: { ...PLAIN_IMAGE, reproducible: true } }],
    ['whether the files of its submodules are sent', { submodules: true }],
    ['its name, which its image does not have', { app: 'renamed' }],
  ])('unless a setting has changed: %s', async (_, settings) => {
    await build(built, { buildArgs: ['A=1'] });
    expect(await unchanged(pushed, { buildArgs: ['A=1'] })).toBe(1);
    expect(await unchanged(pushed, { buildArgs: ['A=1'], ...settings })).toBeUndefined();
  });

  test('unless a rollback made an image the latest that other settings were for', async () => {
    await build(built, { folder: 'services' });
    const [to] = await new Records(repository.state).latest();
    await build(pushed, {}, { why: 'rollback', ...(to && sourceOf(to)) });
    expect(await unchanged(pushed)).toBeUndefined();
    expect(await unchanged(pushed, { folder: 'services' })).toBe(2);
  });

  test('unless the commit of the latest image is gone', async () => {
    await build(built, {}, { commit: 'c'.repeat(40) });
    expect(await unchanged(pushed)).toBeUndefined();
  });
});
