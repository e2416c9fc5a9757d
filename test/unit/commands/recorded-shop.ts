import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll } from 'vitest';
import type { BuildRecord } from '../../../src/port/build-record.ts';
import { Records } from '../../../src/port/records.ts';

export const short = (commit: string) => commit.slice(0, 12);
export const HOUR_AGO = new Date(Date.now() - 3_600_000).toISOString();

/** An app with four records and no builder: two builds, a rollback to the first, and a failure. And an app without any. */
export function useRecordedShop() {
  const folder = mkdtempSync(join(tmpdir(), 'doskara-live-'));
  const root = join(folder, 'root');
  const shop = join(root, 'shop.git');
  const env = { HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  const run = (file: string, ...args: string[]) => execa(file, args, { env, reject: false, all: true, input: '' });
  const git = async (...args: string[]) => (await run('git', '-C', shop, ...args)).stdout;
  const records = new Records(join(shop, 'doskara'));

  async function record(commit: string, more: Partial<BuildRecord>): Promise<void> {
    const subject = await git('log', '-1', '--format=%s', commit);
    const build = { app: 'shop', commit, ref: 'refs/heads/main', subject, who: 'alice', why: 'push' } as const;
    const begun = await records.begin(build);
    const built = { image: 'registry/shop', digest: `sha256:${commit}`, archive: { sha256: '', bytes: 1 } };
    const ended = { queued: HOUR_AGO, started: HOUR_AGO, finished: HOUR_AGO, turn: begun.number, logComplete: true };
    const end = { outcome: 'built', exitCode: 0, ...(more.outcome === undefined ? built : {}) } as const;
    await records.save({ ...begun, ...ended, ...end, ...more });
  }

  async function commit(message: string): Promise<string> {
    const tree = (await execa('git', ['-C', shop, 'mktree'], { env, input: '' })).stdout;
    const parent = await git('rev-parse', '--verify', '--quiet', 'main');
    const id = await git('commit-tree', ...(parent === '' ? [] : ['-p', parent]), '-m', message, tree);
    await git('update-ref', 'refs/heads/main', id);
    return id;
  }

  const use = {
    doskara: (...args: string[]) => run(resolve('dist/doskara'), ...args),
    /** Lines on a terminal of 80 columns. */
    onTerminal: async (command: string) =>
      (await run('script', '-qec', `stty cols 80; ${resolve('dist/doskara')} ${command}`, '/dev/null')).stdout
        .replaceAll('\r', '')
        .split('\n'),
    ...{ git, records, record, commit, first: '', second: '' },
  };

  beforeAll(async () => {
    const user = '[user]\n  name = A\n  email = a@example.org\n';
    writeFileSync(join(folder, '.gitconfig'), `${user}[doskara]\n  root = ${root}\n`);
    for (const app of ['shop', 'empty']) await run('git', 'init', '-q', '--bare', '-b', 'main', `${root}/${app}.git`);
    mkdirSync(join(shop, 'doskara'), { mode: 0o700 });
    use.first = await commit('Open the shop');
    use.second = await commit('Lower the prices of everything that the shop has, at once');
    await record(use.first, {});
    await record(use.second, {});
    await record(use.first, { why: 'rollback', who: 'bob', archive: null });
    await record(use.second, { outcome: 'failed', exitCode: 1, error: 'build.sh failed with exit code 1' });
    await git('update-ref', 'refs/built/main', use.first);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return use;
}
