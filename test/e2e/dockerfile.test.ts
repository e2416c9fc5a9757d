import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { Files } from '../rig/clone.ts';
import { BASE_IMAGE } from '../rig/engine.ts';
import { gitOnPort, untilLogged } from '../rig/gate.ts';
import { hideBuildx, pushToOlderRunner } from '../rig/older-factory.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

describe('a push of a Dockerfile', () => {
  test("shows its steps by docker's names, and what they print, but nothing else of docker's", async () => {
    const app = await use.platform.app('steps', {
      Dockerfile: `FROM ${BASE_IMAGE} AS base\nCOPY a /a\nRUN echo "of step one"\nARG DOSKARA_COMMIT\nRUN echo "at $DOSKARA_COMMIT"\n`,
      a: '1',
    });
    const commit = (await app.git('rev-parse', 'HEAD')).stdout;
    const { lines } = await app.push();
    expect(lines.slice(2)).toEqual([
      '-----> Building Dockerfile (2 files, 10.0 KB)',
      expect.stringMatching(/^-----> \[(?:base )?3\/4\] RUN echo "of step one"$/),
      '       of step one',
      expect.stringMatching(/^-----> \[(?:base )?4\/4\] RUN echo "at /),
      `       at ${commit}`,
      expect.stringMatching(/^-----> Pushing to /),
      expect.stringMatching(/^-----> Image size: /),
      expect.stringMatching(/^success: steps build 1 built/),
    ]);
    const again = await use.platform.doskara('replay', 'steps');
    expect(again.all).toContain("       nothing changed: using Docker's build cache");
    expect(again.all).not.toContain('of step one');
  });

  test('builds what is in the commit, however alike the one before looks', async () => {
    const app = await use.platform.app('alike', { Dockerfile: `FROM ${BASE_IMAGE}\nCOPY a /\nRUN cat /a\n`, a: 'one' });
    const date = (await app.git('show', '--no-patch', '--format=%ct', 'HEAD')).stdout;
    expect((await app.push()).lines).toContain('       one');
    app.write({ a: 'two' });
    await app.git('add', 'a');
    await execa('git', ['-C', app.folder, 'commit', '--quiet', '--message=two'], {
      env: { ...use.platform.pusherEnv, GIT_COMMITTER_DATE: `@${date} +0000` },
    });
    expect((await app.git('show', '--no-patch', '--format=%ct', 'HEAD')).stdout).toBe(date);
    expect((await app.push()).lines).toContain('       two');
  });

  test('is one of build.sh and run.sh where they are there, too, and says so', async () => {
    const app = await use.platform.app('both', {
      Dockerfile: 'FROM x',
      'build.sh': 'echo by hand\n',
      'run.sh': 'true\n',
    });
    const { lines, text } = await app.push();
    expect(lines).toContain('       by hand');
    expect(text.match(/^hint: .*/gm)).toEqual(['hint: build.sh and run.sh build this app; Dockerfile is not used']);
  });

  test('runs no frontend of its choice, unless an admin of the factory allows it', async () => {
    const files = { Dockerfile: `# syntax=127.0.0.1:9/frontend:1\nFROM ${BASE_IMAGE}\nRUN echo built\n` };
    const app = await use.platform.app('frontend', files);
    const { lines } = await app.push();
    expect(lines.filter((line) => line.includes('# syntax'))).toEqual([
      "       # syntax=127.0.0.1:9/frontend:1 is ignored: this factory uses Docker's own Dockerfile frontend (DOSKARA_SYNTAX)",
    ]);
    expect(lines).toContain('       built');
    await use.platform.factory.stop();
    use.platform.setFactory({ DOSKARA_SYNTAX: 'on' });
    await use.platform.startFactory();
    const asked = await app.git('commit', '--allow-empty', '--message=again').then(() => app.push());
    expect(asked.text).toMatch(/^error: .*127\.0\.0\.1:9\/(?:v2\/)?frontend/m);
    expect(asked.lines.at(-1)).toMatch(/^error: frontend build 2 lost/);
    const { exitCode, stdout } = await use.platform.runner(['--check'], '');
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/^error: a Dockerfile may choose its frontend \(DOSKARA_SYNTAX\), .*CVE-2026-33747/m);
    await use.platform.factory.stop();
    use.platform.setFactory({ DOSKARA_SYNTAX: 'off' });
    await use.platform.startFactory();
  });

  test("keeps cache mounts from other apps' builds, and finds its own again", async () => {
    const files = (n: number) => ({
      Dockerfile: `FROM ${BASE_IMAGE}\nRUN --mount=type=cache,target=/cache,id=one ls /cache; touch /cache/of-${n}\n`,
    });
    const app = await use.platform.app('cache-a', files(1));
    await app.push();
    const other = await use.platform.app('cache-b', files(2));
    expect((await other.push()).text).not.toContain('of-1');
    await app.commit(files(3));
    expect((await app.push()).lines).toContain('       of-1');
  });

  test('is cancelled like any other', async () => {
    const app = await use.platform.app('endless', { Dockerfile: `FROM ${BASE_IMAGE}\nRUN echo begun; sleep 300\n` });
    const pushed = app.push();
    await untilLogged(use.platform, 'endless', 1, '       begun');
    await use.platform.doskara('cancel', 'endless');
    expect((await pushed).lines.at(-1)).toMatch(/^error: endless build 1 cancelled/);
  });
});

describe('a Dockerfile that cannot be built', () => {
  const tarball = async (files: Files) => {
    const folder = (await execa('mktemp', ['-d', join(use.platform.folder, 'XXXXXX')])).stdout;
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return Buffer.from((await execa('tar', ['-C', folder, '-cf', '-', '.'], { encoding: 'buffer' })).stdout);
  };

  test.each<[string, string, string[], number, string | RegExp]>([
    ['a step that fails', `FROM ${BASE_IMAGE}\nRUN exit 9\n`, [], 1, /\[2\/2\] RUN exit 9 failed with exit code 9/],
    ['no instruction', `FROM ${BASE_IMAGE}\nFOO bar\n`, [], 1, /unknown instruction: FOO/],
    ['nothing', '', [], 1, /cannot be empty/],
    [
      'a missing file',
      `FROM ${BASE_IMAGE}\nCOPY gone /\n`,
      [],
      1,
      /docker build failed: gone is not in the build context/,
    ],
    ['no such stage', `FROM ${BASE_IMAGE} AS a\n`, ['--dockerfile', 'Dockerfile', '--target', 'b'], 1, /b/],
    ['no such image', 'FROM REGISTRY/gone:1\n', [], 1, /^error: cannot pull \S+\/gone:1: .*not found/m],
    [
      'a registry that is down',
      'FROM 127.0.0.1:9/x:1\n',
      [],
      4,
      /^error: the factory cannot pull 127\.0\.0\.1:9\/x:1: .*refused/m,
    ],
    ['a megabyte and more', '#'.repeat(2 ** 20 + 1), [], 3, 'Dockerfile is larger than 1.0 MB'],
    ['an option of the runner', 'FROM x\n', ['--dockerfile', '../x'], 2, 'is not a valid dockerfile'],
    [
      'another name',
      'FROM x\n',
      ['--dockerfile', 'x'],
      3,
      'no build.sh and no run.sh in the root of the archive, and no x',
    ],
  ])('%s', async (name, dockerfile, options, code, said) => {
    const { shared } = use.platform;
    const files = { Dockerfile: dockerfile.replace('REGISTRY', shared.registry) };
    const { exitCode, stdout } = await use.platform.runner(
      [...options, name.replaceAll(' ', '-')],
      await tarball(files),
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: expect.stringMatching(said) });
  });

  test('is refused on port if it is named and missing, or no regular file', async () => {
    const app = await use.platform.app('unnamed', { Dockerfile: 'FROM x', 'docker/a': '' });
    await gitOnPort(use.platform, 'unnamed', 'config', 'doskara.dockerfile', 'docker/Dockerfile');
    const { text } = await app.push();
    expect(text).toContain('error: no docker/Dockerfile in the commit');
    expect(text).toMatch(/^hint: .*doskara\.dockerfile/m);
    symlinkSync('/etc/passwd', join(app.folder, 'docker/Dockerfile'));
    await app.commit({});
    expect((await app.push()).text).toContain('error: docker/Dockerfile is neither a regular file nor a link to one');
    expect(use.platform.record('unnamed', 2)).toMatchObject({ outcome: 'refused', exitCode: 3, archive: null });
  });

  test('is nothing for a runner from before it, and port says what to upgrade', async () => {
    const app = await use.platform.app('older', { Dockerfile: `FROM ${BASE_IMAGE}\n` });
    const { text, lines } = await pushToOlderRunner(use.platform, app);
    expect(text).toContain('error: the runner on factory is older than port');
    expect(lines.at(-1)).toMatch(/^error: older build 1 lost/);
  });
});

test('the classic builder builds a Dockerfile with what it can', async () => {
  hideBuildx(use.platform);
  const app = await use.platform.app('classic', {
    'deploy/Dockerfile': `# syntax=127.0.0.1:9/x\nFROM ${BASE_IMAGE} AS a\nARG G\nCOPY . /app\nRUN echo "$G"; ls /app\nFROM a AS b\nRUN exit 9\n`,
    '.dockerignore': 'ignored\n',
    ignored: '',
    kept: '',
  });
  await gitOnPort(use.platform, 'classic', 'config', 'doskara.dockerfile', 'deploy/Dockerfile');
  await gitOnPort(use.platform, 'classic', 'config', 'doskara.target', 'a');
  await gitOnPort(use.platform, 'classic', 'config', 'doskara.buildArg', 'G=hello "you"');
  const { lines, text } = await app.push();
  expect(text).toContain('warning: a Dockerfile cannot use --mount');
  expect(lines).toContain('       hello "you"');
  expect(lines).toContain('       kept');
  expect(lines).not.toContain('       ignored');
  expect(text).toMatch(/^-----> Step 4\/\d+ : RUN echo/m);
  expect(lines.at(-1)).toMatch(/^success: classic build 1 built/);
  await app.commit({ 'deploy/Dockerfile': `FROM ${BASE_IMAGE} AS a\nRUN exit 7\n` });
  expect((await app.push()).text).toMatch(/^error: Step 2\/\d+ : RUN exit 7 failed with exit code 7/m);
});
