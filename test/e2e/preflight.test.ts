import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { Files } from '../rig/clone.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const SCRIPTS = { 'build.sh': 'true\n', 'run.sh': 'true\n' };

describe('a commit that is not an app is refused on port, and nothing is sent', () => {
  test.each<[app: string, files: Files, said: string, hint: string]>([
    ['nothing', { README: 'hi' }, 'no build.sh and no run.sh in the root', '  run.sh:    exec node server.js'],
    ['heroku', { Procfile: 'web: x' }, 'no build.sh and no run.sh', 'the command after web: goes to run.sh'],
    [
      'half',
      { 'build.sh': 'true' },
      'no run.sh in the root',
      'an app needs build.sh and run.sh in its root, or a Dockerfile',
    ],
    ['nested', { 'app/build.sh': 'true', 'app/run.sh': 'true' }, 'no build.sh and no run.sh', 'they are in "app"'],
    [
      'twofold',
      { 'a/build.sh': '', 'a/run.sh': '', 'b/build.sh': '', 'b/run.sh': '' },
      'no build.sh',
      '2 folders: "a", "b"; to',
    ],
    [
      'folders',
      { 'build.sh/x': 'true', 'run.sh': 'true' },
      'no build.sh in the root',
      'an app needs build.sh and run.sh in its root, or a Dockerfile',
    ],
    [
      'exported',
      { ...SCRIPTS, '.gitattributes': 'run.sh export-ignore' },
      'marks run.sh as export-ignore',
      'remove export-ignore',
    ],
    [
      'unclosed',
      { ...SCRIPTS, 'run.sh': 'if true; then\n  true\n' },
      'run.sh has a syntax error in line 3: ',
      'sh -n run.sh',
    ],
    ['crlf', { ...SCRIPTS, 'run.sh': '#!/bin/sh\r\ntrue\r\n' }, 'run.sh has a CRLF line ending in line 1', 'sed -i'],
  ])('%s', async (name, files, said, hint) => {
    const app = await use.platform.app(name, files);
    const { lines } = await app.push();
    expect(lines.find((line) => line.startsWith('error: '))).toContain(said);
    expect(lines.filter((line) => line.startsWith('hint: ')).join('\n')).toContain(hint);
    expect(lines.at(-1)).toMatch(new RegExp(`^error: ${name} build 1 refused in`));
    expect(lines.join()).not.toContain('Ctrl-C'); // there is nothing to watch
    expect(use.platform.record(name, 1)).toMatchObject({
      outcome: 'refused',
      exitCode: 3,
      archive: null,
      factory: null,
    });
  });

  test('a script that is a symbolic link to no file of the commit', async () => {
    const app = await use.platform.app('linked', { ...SCRIPTS });
    await execa('ln', ['-sf', '/bin/sh', `${app.folder}/run.sh`]);
    await app.commit({});
    expect((await app.push()).text).toContain(
      'error: run.sh is neither a regular file nor a link to one in the commit',
    );
    // a link to a file of the commit makes an app like any other, and that file's shebang and mode count
    await execa('ln', ['-sf', 'bin/start', `${app.folder}/run.sh`]);
    await app.commit({ 'bin/start': 'true' });
    expect((await app.push()).lines.at(-1)).toMatch(/^success: linked build 2 built/);
  });

  test.each([
    ['has a special meaning to git', 'magic', ':(glob)bin/*'],
    ['is too long for a command line', 'long', `${'a/'.repeat(100_000)}b`],
    ['has a NUL', 'nul', 'bin\0start'],
  ])('a script that is a symbolic link whose target %s', async (_, name, target) => {
    const app = await use.platform.app(name, { ...SCRIPTS });
    writeFileSync(join(use.platform.folder, name), target);
    const blob = await app.git('hash-object', '-w', '--no-filters', join(use.platform.folder, name));
    await app.git('update-index', '--add', '--cacheinfo', `120000,${blob.stdout},run.sh`);
    await app.git('commit', '--quiet', '--message=a link');
    const { text, lines } = await app.push();
    expect(text).toContain('error: run.sh is neither a regular file nor a link to one in the commit');
    expect(lines.at(-1)).toContain('build 1 refused');
  });

  test('the command that the hint gives for a nested layout works as written', async () => {
    const app = await use.platform.app('subtree', {
      'my app/build.sh': 'echo from the folder',
      'my app/run.sh': 'true',
    });
    const { lines } = await app.push();
    const command = /^hint: {3}(git push .*)$/m.exec(lines.join('\n'))?.[1] ?? '';
    const pushed = await execa('sh', ['-c', command], {
      cwd: app.folder,
      env: use.platform.pusherEnv,
      all: true,
    });
    expect(pushed.all).toContain('success: subtree build 2 built');
  });
});

describe('what git archive changes silently is reported, and the commit is built', () => {
  test('files that .gitattributes excludes: reported once, with their count and the first names', async () => {
    const docs = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`docs/${i}`, 'x']));
    const app = await use.platform.app('slim', {
      ...SCRIPTS,
      ...docs,
      'a/b/c': 'x',
      'z z/é': 'x',
      '.gitattributes': 'docs export-ignore\n/a/b export-ignore\nz* export-ignore\n',
    });
    const { text } = await app.push();
    expect(text.match(/export-ignore/g)).toHaveLength(1);
    expect(text).toContain(
      'warning: "a/b/c", "docs/0", "docs/1" and 19 more are not sent (export-ignore in .gitattributes): 22 of 25 files',
    );
    expect(text).toContain('success: slim build 1 built');
    await app.commit({ '.gitattributes': 'nothing export-ignore\n' });
    expect((await app.push()).text).not.toContain('warning: ');
  });

  test('submodules, Git LFS and CRLF', async () => {
    const app = await use.platform.app('warned', {
      'build.sh': 'echo hi\r\n',
      'run.sh': 'true\n',
      'sub/.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    });
    const commit = (await app.git('rev-parse', 'HEAD')).stdout;
    await app.git('update-index', '--add', '--cacheinfo', `160000,${commit},lib/module`);
    await app.git('commit', '--quiet', '-m', 'a submodule');
    const { text } = await app.push();
    expect(text).toContain('warning: "lib/module" is a submodule: git archive sends an empty folder');
    expect(text).toContain('warning: Git LFS files are sent as pointers, without their contents');
    expect(text).toContain('warning: build.sh has CRLF line endings');
    expect(text).toContain('success: warned build 1 built');
  });

  test('a syntax error after a push whose scripts were good, and again if it is pushed again', async () => {
    const app = await use.platform.app('worse', SCRIPTS);
    expect((await app.push()).text).toContain('success: ');
    for (const line of ['one', 'two']) {
      await app.commit({ 'run.sh': 'if true; then\n', 'other.txt': line });
      expect((await app.push()).text).toContain('error: run.sh has a syntax error');
    }
    await app.commit({ 'run.sh': SCRIPTS['run.sh'] });
    expect((await app.push()).text).toContain('success: ');
  });

  test('a program at the end of run.sh without exec: one hint in each push', async () => {
    const app = await use.platform.app('waits', { 'build.sh': 'true\n', 'run.sh': 'cd /app\ncat run.sh\n' });
    const { text } = await app.push();
    expect(text.match(/^hint: .*/gm)).toEqual([
      "hint: use exec cat run.sh in run.sh, or your program won't get SIGTERM",
    ]);
    expect(text).toContain('success: waits build 1 built');
    await app.commit({ 'other.txt': 'other' });
    expect((await app.push()).text.match(/^hint: .*/gm)).toHaveLength(1);
    await app.commit({ 'run.sh': 'cd /app\nexec cat run.sh\n' });
    expect((await app.push()).text).not.toContain('hint: ');
  });
});
