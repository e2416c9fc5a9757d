import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { addSubmodule } from '../rig/submodules.ts';

const use = usePlatform();

/** Port fetches as a pusher does here: from other repositories of its own, over ssh. */
beforeAll(() => {
  const { pusherEnv, portHome } = use.platform;
  appendFileSync(join(portHome, '.gitconfig'), `[core]\n  sshCommand = ${pusherEnv['GIT_SSH_COMMAND']}\n`);
});

const config = (app: string, ...args: string[]) => use.platform.doskara('config', app, ...args);
const hostOf = (url: string) => new URL(url).host;

/** A repository on port with one file, whose branch is none that port builds. */
async function library(name: string): Promise<{ clone: Clone; commit: string }> {
  const clone = await use.platform.app(name, { [`${name}.txt`]: `${name}\n` });
  await clone.push('main:lib');
  return { clone, commit: (await clone.git('rev-parse', 'HEAD')).stdout };
}

describe('with doskara.submodules', () => {
  let app: Clone;
  let commit: string;
  let library1: Clone;
  beforeAll(async () => {
    const deep = await library('deep');
    const lib = await library('lib');
    library1 = lib.clone;
    const nested = await addSubmodule(lib.clone, 'sub/deep', '../deep', deep.commit);
    await lib.clone.push('main:lib');
    app = await use.platform.app('uses', {
      'build.sh': 'cat vendor/lib/lib.txt vendor/lib/sub/deep/*\n',
      'run.sh': 'true\n',
    });
    commit = await addSubmodule(app, 'vendor/lib', use.platform.remote('lib'), nested);
    await config('uses', 'submodules', 'true');
  });

  test('nothing is fetched from a host that no admin has allowed', async () => {
    const { lines } = await app.push();
    const host = hostOf(use.platform.remote('lib'));
    expect(lines).toContain(
      `error: submodule "vendor/lib" is at ${use.platform.remote('lib')}, and port does not fetch from ${host}`,
    );
    expect(lines).toContain('hint: ask an admin to allow this host (doskara.submoduleHost)');
    expect(lines.at(-1)).toMatch(/^error: uses build 1 refused/);
    const { all } = await use.platform.doskara('logs', 'uses', '1');
    expect(all).toContain(`hint: to allow it: doskara config uses submoduleHost ${host} --add`);
    await config('uses', 'submoduleHost', host, '--add');
  });

  test('the files of submodules, and of those in them, are built, and the archive is the same each time', async () => {
    const { all, exitCode } = await use.platform.doskara('replay', 'uses');
    expect(exitCode).toBe(0);
    expect(all).toContain('-----> Fetching submodule "vendor/lib", ');
    expect(all).toContain('-----> Fetching submodule "vendor/lib/sub/deep", ');
    expect(all).toMatch(/^ {7}lib\n {7}deep$/m);
    expect(all).not.toContain('warning:');
    const again = await use.platform.doskara('replay', 'uses');
    expect(again.all).not.toContain('Fetching');
    const file = join(use.platform.folder, 'uses.tar');
    rmSync(join(use.platform.repository('uses'), 'doskara/submodules'), { recursive: true });
    const written = await use.platform.doskara('archive', 'uses', '-o', file);
    expect(written.stderr).toMatch(
      /^Fetching submodule "vendor\/lib", .*\nFetching submodule "vendor\/lib\/sub\/deep", /,
    );
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    for (const number of [2, 3]) expect(use.platform.record('uses', number)).toMatchObject({ archive: { sha256 } });
    expect((await execa('git', ['get-tar-commit-id'], { inputFile: file })).stdout).toBe(commit);
    expect((await execa('tar', ['-tf', file])).stdout.split('\n')).toContain('vendor/lib/sub/deep/deep.txt');
  });

  test('a commit that its repository does not have is refused, and named', async () => {
    await library1.git('commit', '--quiet', '--allow-empty', '-m', 'not pushed');
    const missing = (await library1.git('rev-parse', 'HEAD')).stdout;
    await app.git('update-index', '--cacheinfo', `160000,${missing},vendor/lib`);
    await app.git('commit', '--quiet', '-m', 'a commit that nobody has');
    const { lines } = await app.push();
    expect(lines.find((line) => line.startsWith('error: submodule "vendor/lib"'))).toMatch(
      / has no commit [0-9a-f]{12}$/,
    );
    expect(lines).toContain('hint: push that commit there, then push again');
    await library1.push('main:lib');
    const { exitCode, all } = await use.platform.doskara('replay', 'uses');
    expect(all).toContain('success: ');
    expect(exitCode).toBe(0);
  });

  test.each([
    ['file:///etc', 'has a URL that port does not fetch from: file:///etc'],
    ['ext::sh -c id', 'has a URL that port does not fetch from: ext::sh -c id'],
    ['../deep', 'has the relative URL ../deep, and doskara.submoduleBase does not say what it is relative to'],
  ])('%s is refused', async (url, message) => {
    await addSubmodule(app, 'vendor/lib', url, commit);
    const { text } = await app.push();
    expect(text).toContain(`error: submodule "vendor/lib" ${message}`);
    expect(text).toMatch(/^error: uses build \d+ refused/m);
  });
});
