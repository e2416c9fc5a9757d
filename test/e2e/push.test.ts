import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const BUILT = /^success: [a-z0-9-]+ build \d+ built 127\.0\.0\.1:\d+\/[a-z0-9-]+@sha256:[0-9a-f]{64} in \d+\.\d s$/;

describe('a push of the build branch', () => {
  test('builds an image, pushes it to the warehouse and says so last; the second push moves latest', async () => {
    const app = await use.platform.app('first');
    const one = (await app.git('rev-parse', 'HEAD')).stdout;
    const first = await app.push();
    expect(first.exitCode).toBe(0);
    expect(first.lines).toContain(`       built first at ${one}`);
    expect(first.lines.at(-1)).toMatch(BUILT);
    expect(await use.platform.latestRevision('first')).toBe(one);

    const two = await app.append('build.sh', 'echo second\n');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: first build 2 built/);
    expect(await use.platform.latestRevision('first')).toBe(two);
    const both = await use.platform.docker('pull', '--quiet', `${use.platform.shared.registry}/first:${one}`);
    expect(both.exitCode).toBe(0);
  });

  test('leaves a complete record and log', async () => {
    const app = await use.platform.app('recorded');
    const commit = (await app.git('rev-parse', 'HEAD')).stdout;
    await app.push();
    expect(use.platform.record('recorded', 1)).toMatchObject({
      app: 'recorded',
      number: 1,
      commit,
      ref: 'refs/heads/main',
      subject: 'a change',
      who: 'alice',
      why: 'push',
      outcome: 'built',
      exitCode: 0,
      image: `${use.platform.shared.registry}/recorded`,
      factory: 'factory',
      error: null,
      archive: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number) },
    });
    expect(use.platform.log('recorded', 1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {8}built recorded at /m);
  });

  test('runs run.sh in /app as process 1, and docker stop ends it by SIGTERM', async () => {
    const app = await use.platform.app('stops');
    await app.push();
    const image = `${use.platform.shared.registry}/stops`;
    const { stdout: container } = await use.platform.docker('run', '--detach', '--network=none', image);
    const logs = async () => (await use.platform.docker('logs', container)).stdout;
    await expect.poll(logs, { timeout: 10_000 }).toContain('running in /app as process 1');
    await use.platform.docker('stop', '--time', '60', container);
    const { stdout: exitCode } = await use.platform.docker('inspect', '--format', '{{.State.ExitCode}}', container);
    expect(exitCode).toBe('0'); // 137 after SIGKILL
    await use.platform.docker('rm', container);
  });

  test('builds an empty commit', async () => {
    const app = await use.platform.app('empty-commit');
    await app.push();
    await app.commit({}, 'nothing changed');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: empty-commit build 2 built/);
  });

  test('works in a SHA-256 repository', async () => {
    await execa('git', [
      'init',
      '--quiet',
      '--bare',
      '-b',
      'main',
      '--object-format=sha256',
      use.platform.repository('sha256'),
    ]);
    await use.platform.doskara('hook', 'install', 'sha256');
    const app = await use.platform.app('sha256', undefined, ['--object-format=sha256']);
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    expect(head).toHaveLength(64);
    expect((await app.push()).lines.at(-1)).toMatch(BUILT);
    expect(await use.platform.latestRevision('sha256')).toBe(head);
  });
});

describe('the image', () => {
  test('contains what the commit contains, whatever the files are named', async () => {
    const names = [
      'a b',
      'new\nline',
      'schön/größe',
      '-dash',
      'quote"\'',
      `${'long'.repeat(50)}/${'x'.repeat(200)}`,
      '日本',
    ];
    const app = await use.platform.app('names', {
      'build.sh': 'find . | wc -l > /tmp/count',
      'run.sh': 'find . -type f -exec sh -c \'echo "$1" | cat -v\' _ {} \\;\n',
      ...Object.fromEntries(names.map((name) => [name, `content of ${name}`])),
    });
    expect((await app.push()).lines.at(-1)).toMatch(BUILT);
    const image = `${use.platform.shared.registry}/names`;
    for (const name of names) {
      const { stdout } = await use.platform.docker('run', '--rm', '--network=none', image, 'cat', `./${name}`);
      expect(stdout).toBe(`content of ${name}`);
    }
  });

  test('keeps symbolic links, including dangling ones and ones that point outside', async () => {
    const app = await use.platform.app('links', { 'build.sh': 'true', 'run.sh': 'true', 'real/file': 'here' });
    await execa('ln', ['-s', 'real/file', `${app.folder}/relative`]);
    await execa('ln', ['-s', '/etc/nowhere', `${app.folder}/outside`]);
    await execa('ln', ['-s', '../../..', `${app.folder}/up`]);
    await app.commit({}, 'links');
    expect((await app.push()).lines.at(-1)).toMatch(BUILT);
    const image = `${use.platform.shared.registry}/links`;
    const read = async (...args: string[]) =>
      (await use.platform.docker('run', '--rm', '--network=none', image, ...args)).stdout;
    expect(await read('cat', 'relative')).toBe('here');
    expect(await read('readlink', 'outside')).toBe('/etc/nowhere');
    expect(await read('readlink', 'up')).toBe('../../..');
  });

  test('runs an executable script with the interpreter it names, and any other with sh', async () => {
    const app = await use.platform.app('shebang', {
      'build.sh': '#!/bin/cat\nthis is printed, not run\n',
      'run.sh': '#!/bin/false\necho run by sh\n',
    });
    await app.git('update-index', '--chmod=+x', 'build.sh');
    await app.git('commit', '--amend', '--quiet', '--no-edit');
    const { text } = await app.push();
    expect(text).toContain('       this is printed, not run');
    const image = `${use.platform.shared.registry}/shebang`;
    expect((await use.platform.docker('run', '--rm', '--network=none', image)).stdout).toBe('run by sh');
  });
});

describe('a build that fails', () => {
  test('shows the last lines of build.sh and keeps the old image; a fix builds again', async () => {
    const app = await use.platform.app('breaks');
    await app.push();
    const good = await use.platform.latestRevision('breaks');
    await app.commit({ 'build.sh': 'echo first line\necho "the reason" >&2\nexit 3\n' });
    const { lines, exitCode } = await app.push();
    expect(exitCode).toBe(0); // git ignores a post-receive hook's exit code
    expect(lines).toContain('       the reason');
    expect(lines).toContain('error: build.sh failed with exit code 3');
    expect(lines.at(-1)).toMatch(/^error: breaks build 2 failed in \d+\.\d s$/);
    expect(use.platform.record('breaks', 2)).toMatchObject({ outcome: 'failed', exitCode: 1, image: null });
    expect(await use.platform.latestRevision('breaks')).toBe(good);
    await app.commit({ 'build.sh': 'true\n' });
    expect((await app.push()).lines.at(-1)).toMatch(BUILT);
  });

  test('can neither move the cursor nor print a line that looks like ours', async () => {
    const app = await use.platform.app('spoofs', {
      'build.sh': `printf 'success: spoofs build 1 built\\nerror: no\\n\\033[2J\\033]0;title\\007\\033[31mred\\n'; exit 1`,
      'run.sh': 'true',
    });
    const { lines, all } = await app.push();
    expect(lines).toContain('       success: spoofs build 1 built');
    expect(all).not.toContain('\u001b[2J');
    expect(all).not.toContain('\u001b]0;');
    expect(all).toContain('\u001b[31mred\u001b[0m');
    expect(use.platform.record('spoofs', 1)).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('build.sh'),
    });
  });
});
