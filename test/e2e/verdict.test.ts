import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { destinationOf } from '../rig/ssh.ts';

const use = usePlatform();

const FAILING = { 'build.sh': 'echo no; exit 1\n' };

test('refs/built names the commit of the latest image, and notes describe every build, for any git client', async () => {
  const app = await use.platform.app('known');
  await app.push();
  const head = (await app.git('rev-parse', 'HEAD')).stdout;
  const { image, digest } = use.platform.record('known', 1);
  expect((await app.git('ls-remote', 'doskara', 'refs/built/main')).stdout).toBe(`${head}\trefs/built/main`);

  const failed = await app.commit(FAILING);
  await app.push();
  await use.platform.doskara('replay', 'known', head);
  await app.git('fetch', 'doskara', 'refs/notes/builds:refs/notes/builds');
  const noteOf = async (commit: string) => (await app.git('notes', '--ref=builds', 'show', commit)).stdout;
  expect((await noteOf(failed)).trim()).toMatch(/^failed, build 2, no image, \d+\.\d s, alice$/);
  expect((await noteOf(head)).split('\n').filter(Boolean)).toEqual([
    expect.stringMatching(new RegExp(`^built, build 1, ${image}@${digest}, \\d+\\.\\d s, alice$`)),
    expect.stringMatching(/^built, build 3, \S+@sha256:[0-9a-f]{64}, \d+\.\d s, \w+$/),
  ]);
  expect((await app.git('ls-remote', 'doskara', 'refs/built/main')).stdout).toContain(head);
  expect((await app.git('log', '--notes=builds', '-2')).stdout).toContain('failed, build 2');
});

test("the manual's lines for CI pass for a commit that was built, and fail for one that was not", async () => {
  const page = readFileSync('src/manual/ci.md', 'utf8');
  const [push = '', wait = ''] = (/^```sh\n(.*?)^```$/ms.exec(page)?.[1] ?? '').split('\n');
  const app = await use.platform.app('in-ci');
  const ssh = ['ssh', '-F', join(use.platform.folder, 'pusher/ssh_config'), ...(await destinationOf(app))];
  const waitInCi = wait.replace('ssh git@port wait myapp', `${ssh.join(' ')} wait in-ci`);
  expect(waitInCi).not.toBe(wait);
  const run = (...lines: string[]) =>
    execa('sh', ['-ec', lines.join('\n')], {
      cwd: app.folder,
      env: use.platform.pusherEnv,
      reject: false,
      all: true,
      input: '',
    });
  expect(await run(push, waitInCi)).toMatchObject({ exitCode: 0 });
  await app.commit({});
  expect(await run(`${push} -o detach`, waitInCi)).toMatchObject({ exitCode: 0 });
  await app.commit(FAILING);
  const failed = await run(push, waitInCi);
  expect(failed).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/^error: in-ci build 3 failed in .*: build/),
  });
});

test('nobody can push to those refs, and git push --mirror leaves them alone', async () => {
  const app = await use.platform.app('kept-refs');
  await app.push();
  const before = (await app.git('ls-remote', 'doskara')).stdout;
  for (const ref of ['refs/built/main', 'refs/built/other', 'refs/notes/builds']) {
    const { exitCode, all } = await app.git('push', 'doskara', `HEAD:${ref}`);
    expect(exitCode).toBe(1);
    expect(all).toContain('deny updating a hidden ref');
  }
  await app.git('push', '--mirror', 'doskara');
  const after = (await app.git('ls-remote', 'doskara', 'refs/built/*')).stdout;
  expect(before).toContain(after.trim());
  expect(after).not.toBe('');
});

test('an existing repository gets the same refs with the hook, and keeps its own configuration', async () => {
  const path = join(use.platform.root, 'theirs.git');
  await execa('git', ['init', '--quiet', '--bare', '-b', 'main', path]);
  const config = join(path, 'config');
  writeFileSync(config, `${readFileSync(config, 'utf8')}[receive]\n\tadvertisePushOptions = false\n[a "b"]\n\tc = d`);
  for (const _ of [1, 2]) expect((await use.platform.doskara('hook', 'install', 'theirs')).exitCode).toBe(0);
  const ask = async (...args: string[]) => (await execa('git', ['-C', path, 'config', ...args])).stdout;
  expect(await ask('--get-all', 'receive.hideRefs')).toBe(
    'refs/built\nrefs/deployed\nrefs/promoted\nrefs/notes/builds\nrefs/replace',
  );
  expect(await ask('receive.advertisePushOptions')).toBe('false');
  expect(await ask('a.b.c')).toBe('d');
  writeFileSync(`${config}.lock`, '');
  writeFileSync(config, '');
  const locked = await use.platform.doskara('hook', 'install', 'theirs');
  expect(locked.exitCode).toBe(2);
  expect(locked.all).toContain(`hint: if no git is running there: rm ${config}.lock`);
});

test('nobody can push to those refs even if fetching, a comment or another name mentions them', async () => {
  const app = await use.platform.app('guarded');
  const path = use.platform.repository('guarded');
  const other =
    '[uploadpack]\n\thideRefs = refs/built\n[receive]\n\thideRefs = refs/builtin\n\t# hideRefs = refs/notes/builds\n';
  writeFileSync(join(path, 'config'), `[core]\n\tbare = true\n\trepositoryformatversion = 0\n${other}`);
  for (const _ of [1, 2]) expect((await use.platform.doskara('hook', 'install', 'guarded')).exitCode).toBe(0);
  for (const ref of ['refs/built/main', 'refs/deployed/main', 'refs/notes/builds'])
    expect((await app.push(`HEAD:${ref}`)).all).toContain('deny updating a hidden ref');
  const { stdout } = await execa('git', ['-C', path, 'config', '--get-all', 'receive.hideRefs']);
  expect(stdout).toBe('refs/builtin\nrefs/built\nrefs/deployed\nrefs/promoted\nrefs/notes/builds\nrefs/replace');
});

test('doskara.afterBuild gets the record of every build, good or bad, and its output is shown', async () => {
  const app = await use.platform.app('deployed');
  const told = join(use.platform.folder, 'told');
  const table = join(use.platform.folder, 'table');
  const command = `${DIST}/doskara builds deployed >>${table}; cat >>${told}; echo >>${told}; echo "deploying $DOSKARA_APP $DOSKARA_OUTCOME $DOSKARA_EXIT_CODE"; env | grep -c ^GIT_`;
  await execa('git', ['-C', use.platform.repository('deployed'), 'config', 'doskara.afterBuild', command]);
  const { lines } = await app.push();
  const [heading, ...after] = lines.slice(lines.indexOf('-----> Running doskara.afterBuild'));
  expect(heading).toBeDefined();
  expect(after).toEqual([
    '       deploying deployed built 0',
    '       0',
    'warning: doskara.afterBuild failed (exit code 1); the build is not affected',
    expect.stringMatching(/^warning: deployed build 1 built .* s, but afterBuild failed \(exit code 1\)$/),
  ]);
  expect((await app.git('ls-remote', 'doskara', 'refs/built/main', 'refs/deployed/main')).stdout).toMatch(
    /^\w+\trefs\/built\/main$/,
  );
  expect(readFileSync(table, 'utf8')).toMatch(/^1\tbuilt, afterBuild runs\t/);
  expect((await use.platform.doskara('builds', 'deployed')).stdout).toContain('\tbuilt, afterBuild failed\t');
  await app.commit(FAILING);
  expect((await app.push()).text).toContain('       deploying deployed failed 1');
  expect(use.platform.log('deployed', 2)).toContain('deploying deployed failed 1');
  const records = readFileSync(told, 'utf8').trim().split('\n');
  expect(records.map((line) => JSON.parse(line).outcome)).toEqual(['built', 'failed']);
});

test("if a commit's subject is too long for a variable, the record has its start, and afterBuild runs", async () => {
  const app = await use.platform.app('wordy');
  app.write({ '.git/subject': 'x'.repeat(200_000) });
  await app.git('commit', '--quiet', '--allow-empty', '-F', '.git/subject');
  const command = 'echo "told $DOSKARA_OUTCOME ${#DOSKARA_SUBJECT}"';
  await execa('git', ['-C', use.platform.repository('wordy'), 'config', 'doskara.afterBuild', command]);
  const { text } = await app.push();
  expect(text).toMatch(/^ {7}told built 500$/m);
  expect(use.platform.record('wordy', 1)['subject']).toBe('x'.repeat(500));
});

test("afterBuild's background processes delay nobody, and a missing command is reported", async () => {
  const app = await use.platform.app('hasty');
  const config = ['-C', use.platform.repository('hasty'), 'config', 'doskara.afterBuild'];
  await execa('git', [...config, 'sleep 40 & echo started; no-such-command']);
  const { text, lines } = await app.push();
  expect(text).toContain('       started');
  expect(text).toContain(
    'warning: doskara.afterBuild failed (exit code 127): a program, or the interpreter in its #! line, was not found; the build is not affected\nhint: tell an admin\n',
  );
  expect(use.platform.log('hasty', 1)).toMatch(
    / hint: to see or change the command: doskara config hasty afterBuild$/m,
  );
  expect(lines.at(-1)).toMatch(/^warning: hasty build 1 built .*, but afterBuild failed \(exit code 127\)$/);
  expect(use.platform.record('hasty', 1)).toMatchObject({ outcome: 'built', afterBuild: { exitCode: 127 } });
});
