import { describe, expect, test } from 'vitest';
import { checkLayout } from '../../../src/builds/preflight/commit-layout.ts';
import { formatHint } from '../../../src/errors.ts';
import { EXIT } from '../../../src/exit-codes.ts';
import { troubleOf } from '../trouble.ts';

/** `path` is a regular file; `path=mode` has that git mode. */
const tree = (...entries: string[]) =>
  entries.map((entry) => {
    const [path = '', mode = '100644'] = entry.split('=');
    return { mode, path };
  });

const NO_LINKS = new Map<string, string>();
const MAIN = { branch: 'main', dockerfile: 'Dockerfile' };

describe('an app', () => {
  test.each([
    ['has both scripts in its root', tree('build.sh', 'run.sh')],
    ['may have them executable', tree('build.sh=100755', 'run.sh=100755')],
    ['may have other files beside them', tree('build.sh', 'lib=160000', 'link=120000', 'run.sh', 'sub/build.sh')],
  ])('%s', (_, entries) => {
    expect(() => checkLayout(entries, NO_LINKS, MAIN)).not.toThrow();
  });
});

describe('a Dockerfile', () => {
  const DEPLOY = { branch: 'main', dockerfile: 'deploy/Dockerfile' };

  test.each([
    ['in the root makes an app', tree('Dockerfile'), MAIN, { kind: 'dockerfile', dockerfile: 'Dockerfile' }],
    ['does so beside one script', tree('Dockerfile', 'build.sh'), MAIN, { kind: 'dockerfile' }],
    ['elsewhere is named', tree('Dockerfile', 'deploy/Dockerfile'), DEPLOY, { dockerfile: 'deploy/Dockerfile' }],
    ['may be called dockerfile', tree('dockerfile'), MAIN, { kind: 'dockerfile', dockerfile: 'dockerfile' }],
    ['is preferred to a dockerfile', tree('Dockerfile', 'dockerfile'), MAIN, { dockerfile: 'Dockerfile' }],
    ['elsewhere may be called dockerfile, too', tree('deploy/dockerfile'), DEPLOY, { dockerfile: 'deploy/dockerfile' }],
    ['is not used beside both scripts', tree('Dockerfile', 'build.sh', 'run.sh'), MAIN, { unused: 'Dockerfile' }],
    [
      'need not be there beside both scripts',
      tree('build.sh', 'run.sh'),
      DEPLOY,
      { kind: 'scripts', unused: undefined },
    ],
  ])('%s', (_, entries, settings, layout) => {
    expect(checkLayout(entries, NO_LINKS, settings)).toMatchObject(layout);
  });

  test('that is named and missing is refused, with the setting in the hint', () => {
    const trouble = troubleOf(() => checkLayout(tree('Dockerfile'), NO_LINKS, DEPLOY));
    expect(trouble).toMatchObject({ code: 'dockerfile-missing', exitCode: EXIT.refused });
    expect(trouble.message).toContain('no deploy/Dockerfile in the commit');
    expect(formatHint(trouble.hint ?? '')).toContain('doskara config <app> dockerfile');
  });

  test.each([
    ['Dockerfile', 'docker/x', true],
    ['Dockerfile', './docker//x', true],
    ['Dockerfile', '../x', false],
    ['Dockerfile', '/etc/passwd', false],
    ['Dockerfile', 'docker', false],
    ['.dockerignore', 'docker/x', true],
    ['.dockerignore', '/etc/passwd', false],
    ['Dockerfile.dockerignore', '../../etc/passwd', false],
    ['dockerfile', 'docker/x', true],
    ['dockerfile', '/etc/passwd', false],
  ])('or its ignore file may be a link straight to a file of the commit: %s to %s', (path, target, isGood) => {
    const entries = [
      ...tree('docker/x'),
      ...tree('Dockerfile').filter(() => path.toLowerCase() !== 'dockerfile'),
      ...tree(`${path}=120000`),
    ];
    const check = () => checkLayout(entries, new Map([[path, target]]), MAIN);
    if (isGood) expect(check).not.toThrow();
    else expect(troubleOf(check)).toMatchObject({ code: 'dockerfile-not-regular', exitCode: EXIT.refused });
  });

  test('in a directory may be a link within it', () => {
    const entries = tree('deploy/Dockerfile=120000', 'deploy/x');
    expect(() => checkLayout(entries, new Map([['deploy/Dockerfile', 'x']]), DEPLOY)).not.toThrow();
    expect(() => checkLayout(entries, new Map([['deploy/Dockerfile', 'deploy/x']]), DEPLOY)).toThrow();
  });
});

describe('a commit', () => {
  test.each([
    ['is empty', tree(), 'no build.sh and no run.sh in'],
    ['has no scripts', tree('README.md'), 'no build.sh and no run.sh in'],
    ['has no run.sh', tree('build.sh'), 'no run.sh in'],
    ['has no build.sh', tree('run.sh'), 'no build.sh in'],
    ['has scripts in uppercase', tree('BUILD.SH', 'Run.sh'), 'no build.sh and no run.sh in'],
    ['has a directory instead of a script', tree('build.sh/x', 'run.sh'), 'no build.sh in'],
  ])('that %s is refused', (_, entries, message) => {
    const trouble = troubleOf(() => checkLayout(entries, NO_LINKS, MAIN));
    expect(trouble).toMatchObject({ code: 'scripts-missing', exitCode: EXIT.refused });
    expect(trouble.message).toContain(message);
  });

  test.each([
    ['build.sh is a symbolic link to nowhere', tree('build.sh=120000', 'run.sh'), 'build.sh'],
    ['run.sh is a submodule', tree('build.sh', 'run.sh=160000'), 'run.sh'],
  ])('whose %s is refused', (_, entries, script) => {
    const trouble = troubleOf(() => checkLayout(entries, NO_LINKS, MAIN));
    expect(trouble).toMatchObject({ code: 'script-not-regular', exitCode: EXIT.refused });
    expect(trouble.message).toContain(`${script} is neither a regular file`);
  });
});

describe('a script that is a symbolic link', () => {
  const entries = tree('build.sh', 'run.sh=120000', 'bin/start', 'bin/link=120000');
  const check = (target: string) => checkLayout(entries, new Map([['run.sh', target]]), MAIN);

  test.each(['build.sh', './build.sh', 'bin/start', 'bin//./start'])('may point to the file %s', (target) => {
    expect(() => check(target)).not.toThrow();
  });

  test.each(['/bin/start', 'bin', 'bin/', 'bin/start/', 'bin/link', 'run.sh', '../x', 'bin/../build.sh', 'gone', ''])(
    'may not point to %j',
    (target) => {
      expect(troubleOf(() => check(target))).toMatchObject({ code: 'script-not-regular', exitCode: EXIT.refused });
    },
  );
});

describe('the hint', () => {
  const SUBTREE = /git push .*doskara "\$\(git subtree split --prefix='(.+)'\)":refs\/heads\/main$/m;
  const hintOf = (...paths: string[]) =>
    formatHint(troubleOf(() => checkLayout(tree(...paths), NO_LINKS, MAIN)).hint ?? '');
  const subtree = (...paths: string[]) => SUBTREE.exec(hintOf(...paths))?.[1];

  test.each<[string, string[], string | undefined]>([
    ['names the directory that has both scripts', ['a/build.sh', 'a/run.sh', 'b/run.sh'], 'a'],
    ['names a nested directory', ['a/b/build.sh', 'a/b/run.sh'], 'a/b'],
    ['quotes it for the shell', ["it's $(x)/build.sh", "it's $(x)/run.sh"], "it'\\''s $(x)"],
    ['names it if the root has one of the scripts', ['build.sh', 'a/build.sh', 'a/run.sh'], 'a'],
    ['names the first directory if two have both', ['b/build.sh', 'b/run.sh', 'a/build.sh', 'a/run.sh'], 'a'],
    ['names no directory if none has both', ['a/build.sh', 'b/run.sh'], undefined],
    ['names no directory for scripts with other names', ['a/rebuild.sh', 'a/run.sh'], undefined],
  ])('%s', (_, paths, folder) => {
    expect(subtree(...paths)).toBe(folder);
  });

  test('lists directories that have both, ten at most', () => {
    const folders = Array.from({ length: 12 }, (_, i) => `app${String(i).padStart(2, '0')}`);
    const hint = hintOf(...folders.flatMap((folder) => [`${folder}/build.sh`, `${folder}/run.sh`]));
    expect(hint).toMatch(
      /^they are in 12 folders: "app00", .*, "app09" and 2 more; to build one of them, ask an admin:$/m,
    );
  });

  test.each<[string, string[], RegExp]>([
    [
      'shows both files as an example',
      ['server.js'],
      /^ {2}build\.sh: .* npm ci\n {2}run\.sh: {4}exec node server\.js$/m,
    ],
    [
      'names the command for a Dockerfile in a directory',
      ['a/Dockerfile', 'b/Dockerfile'],
      /^there is "a\/Dockerfile", "b\/Dockerfile"; .*:\n {2}doskara config <app> dockerfile a\/Dockerfile\nor.*:\n {2}doskara config <app> folder a$/m,
    ],
    [
      'names the command for a Dockerfile that docker does not look for',
      ['a/Dockerfile', 'DockerFile'],
      /^to build DockerFile, rename it, .*:\n {2}git mv DockerFile Dockerfile$/m,
    ],
    [
      "names the command for podman's",
      ['Containerfile'],
      /^to build Containerfile, rename it, .*:\n {2}git mv Containerfile Dockerfile$/m,
    ],
    [
      'quotes no odd path for a shell',
      ['$(x)/Dockerfile'],
      /^ {2}to set doskara\.dockerfile, once that path has only/m,
    ],
    ['says where the command of a Procfile goes', ['Procfile'], /^Doskara does not read a Procfile: /],
  ])('%s', (_, paths, expected) => {
    expect(hintOf(...paths)).toMatch(expected);
  });
});
