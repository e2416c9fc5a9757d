import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { gitOnPort } from '../rig/gate.ts';
import { commitWith, longLink, nestedFolders, slowCommit, swellingCommit, treeBomb } from '../rig/monsters.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const COMMIT = '1234567890'.repeat(4);

describe('a commit over a limit is refused on port before a byte is sent', () => {
  test.each([
    ['of 10^10 files', 'files', (blob: string) => (i: number) => `100644 blob ${blob}\tf${i}`],
    ['of 10^10 submodules', 'submodules', () => (i: number) => `160000 commit ${COMMIT}\ts${i}`],
    ['of 10^10 empty folders', 'folders', (_: string, empty: string) => (i: number) => `040000 tree ${empty}\te${i}`],
  ])('%s', async (_, name, leafOf) => {
    const app = await use.platform.app(name);
    const blob = (await app.git('rev-parse', 'HEAD:run.sh')).stdout;
    const empty = (await app.git('hash-object', '-t', 'tree', '-w', '/dev/null')).stdout;
    const bomb = await commitWith(app.folder, await treeBomb(app.folder, leafOf(blob, empty)));
    const { lines } = await app.push(`${bomb}:refs/heads/main`);
    expect(lines.slice(1)).toEqual([
      'error: the commit has more than 200000 files and folders; nothing was sent',
      'hint: remove some, or ask an admin to allow more (doskara.maxEntries)',
      expect.stringMatching(`^error: ${name} build 1 refused in`),
    ]);
    expect(use.platform.record(name, 1)).toMatchObject({ outcome: 'refused', exitCode: 3, archive: null });
  });

  test('whose export-subst needs more memory than git gets', async () => {
    await use.platform.create('swelling');
    const commit = await swellingCommit(use.platform.repository('swelling'));
    const { exitCode, all } = await use.platform.doskara('replay', 'swelling', commit);
    expect(all).toContain(`error: git archive needs too much memory for ${commit.slice(0, 12)}: fatal: Out of memory`);
    expect(all).toContain('hint: check export-subst in .gitattributes');
    expect(exitCode).toBe(3);
  });

  test('with one file more than the admin allows, but not with exactly that many', async () => {
    const app = await use.platform.app('limited', { 'build.sh': '', 'run.sh': '', 'lib/a': '' });
    await gitOnPort(use.platform, 'limited', 'config', 'doskara.maxEntries', '4');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: limited build 1 built/);
    await app.commit({ b: '' });
    expect((await app.push()).text).toContain('error: the commit has more than 4 files and folders');
  });

  test.each([
    [
      'with directories nested so deeply that git may fail',
      'nested',
      (path: string) => nested(path),
      'the name|git cannot handle',
    ],
    [
      'with a symbolic link of 600 MB',
      'long',
      (path: string) => longLink(path, 600e6),
      'build.sh is neither a regular file',
    ],
  ])('%s', async (_, name, make, said) => {
    await use.platform.create(name);
    const path = use.platform.repository(name);
    const { exitCode, all } = await use.platform.doskara('replay', name, await make(path));
    expect(all).toMatch(new RegExp(`^error: (?:${said})`, 'm'));
    expect(exitCode).toBe(3);
    expect(use.platform.record(name, 1)).toMatchObject({ outcome: 'refused', exitCode: 3, archive: null });
  });
});

const nested = async (path: string) => commitWith(path, await nestedFolders(path, 30_000));

test('of many submodules the first are named, and all are counted', async () => {
  const app = await use.platform.app('modules');
  const links = Array.from({ length: 1000 }, (_, i) => `160000 commit ${COMMIT}\ts${String(i).padStart(3, '0')}\n`);
  const tree = await execa('git', ['mktree', '--missing'], { cwd: app.folder, input: links.join('') });
  const { text } = await app.push(`${await commitWith(app.folder, tree.stdout)}:refs/heads/main`);
  expect(text).toContain('warning: "z/s000", "z/s001", "z/s002" and 997 more are submodules');
  expect(text).toContain('success: modules build 1 built');
});

/** A head without a build, whose preflight takes hours. */
async function slowHead(name: string): Promise<string> {
  await use.platform.create(name);
  const path = use.platform.repository(name);
  await gitOnPort(use.platform, name, 'update-ref', 'refs/heads/main', await slowCommit(path));
  return path;
}

/** The processes that use the app's own archive.git. */
const archivers = async (path: string) =>
  (await execa('sh', ['-c', `grep -lsz "^GIT_DIR=${path}/" /proc/[0-9]*/environ`], { reject: false })).stdout;

const untilStarted = (app: string) =>
  expect
    .poll(() => use.platform.hasRecord(app, 1) && use.platform.record(app, 1)['started'], { timeout: 30_000 })
    .toBeTruthy();

describe('a commit that takes hours to check', () => {
  test("is stopped, with its git, by the build's timeout", async () => {
    const path = await slowHead('timed');
    await gitOnPort(use.platform, 'timed', 'config', 'doskara.timeout', '3s');
    const { exitCode, all } = await use.platform.doskara('replay', 'timed');
    expect(all).toContain('error: the build took longer than 3.0 s');
    expect(exitCode).toBe(130);
    expect(use.platform.record('timed', 1)).toMatchObject({ outcome: 'cancelled', exitCode: 130 });
    await expect.poll(() => archivers(path), { timeout: 30_000, interval: 250 }).toBe('');
  });

  test('is stopped by doskara cancel at once', async () => {
    const path = await slowHead('ended');
    const replay = use.platform.doskara('replay', 'ended');
    await untilStarted('ended');
    expect((await use.platform.doskara('cancel', 'ended')).all).toMatch(/^error: ended build 1 cancelled in/);
    expect((await replay).all).toContain('error: the build was cancelled by ');
    await expect.poll(() => archivers(path), { timeout: 30_000, interval: 250 }).toBe('');
  });

  test('does not keep reconcile from the apps after it', async () => {
    await slowHead('first-slow');
    await gitOnPort(use.platform, 'first-slow', 'config', 'doskara.timeout', '3s');
    const app = await use.platform.app('second');
    await use.platform.doskara('hook', 'remove', 'second');
    await app.push();
    await use.platform.doskara('hook', 'install', 'second');
    const { all } = await use.platform.doskara('reconcile');
    expect(all).toMatch(/^error: first-slow build 1 cancelled in/m);
    expect(all).toMatch(/^success: second build 1 built/m);
  });
});

test('a cancelled build that has to be killed is recorded as cancelled, and reconcile does not repeat it', async () => {
  const app = await use.platform.app('deaf', { 'build.sh': 'echo started; sleep 977', 'run.sh': 'true' });
  const push = app.push();
  await expect
    .poll(() => use.platform.hasRecord('deaf', 1) && use.platform.log('deaf', 1), { timeout: 30_000 })
    .toContain('started');
  const { pid } = use.platform.record('deaf', 1);
  process.kill(Number(pid), 'SIGSTOP');
  const { all } = await use.platform.doskara('cancel', 'deaf');
  expect(all).toMatch(/^error: deaf build 1 cancelled in/);
  await push;
  expect(use.platform.record('deaf', 1)).toMatchObject({
    outcome: 'cancelled',
    exitCode: 130,
    error: expect.stringMatching(/^the build was cancelled by \w+$/),
    finished: expect.any(String),
  });
  expect((await use.platform.doskara('reconcile', 'deaf')).all).toBe('');
});
