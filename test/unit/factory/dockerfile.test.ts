import { describe, expect, test } from 'vitest';
import { dockerfile, type Recipe } from '../../../src/factory/image/dockerfile.ts';
import { runThenCheck } from '../../../src/factory/image/run-check.ts';

const RECIPE: Recipe = {
  baseImage: 'debian:bookworm-slim',
  app: 'my-app',
  commit: 'c'.repeat(40),
  commitTime: 1_700_000_000,
  reproducible: false,
  namesPlatforms: false,
  selfRunning: new Set(),
  usesPnpm: false,
  deps: undefined,
  tars: ['app.tar'],
  buildKit: true,
  noCache: false,
  cacheId: undefined,
  cacheLimit: 1024 ** 3,
  secrets: [],
  ssh: false,
};

/** The command, and the check of run.sh behind it. */
const CHECKED = (selfRunning = false) => JSON.stringify(runThenCheck(selfRunning)).slice(1, -1);

/** Gives a script the shell that runs it. */
const CHOOSE = 'set -- $(command -v bash || echo /bin/sh) -e \\"$@\\"; ';

/** What RUN is given: a look at the caches first. */
const LIMITED = (choose: string, selfRunning = false) =>
  `["/bin/sh","-c","du -sk /var/cache/doskara /var/cache/apt /var/lib/apt/lists 2>/dev/null | { t=0; while read -r k d; do t=$((t + k)); done; [ $t -le 1048576 ]; } || { rm -rf /var/cache/doskara /var/cache/apt /var/lib/apt/lists 2>/dev/null; echo 'CACHE_DIR and the caches of apt were emptied: together they exceeded 1.0 GB (DOSKARA_CACHE_LIMIT on the factory)'; }; ${choose}${CHECKED(selfRunning)}","build","./build.sh"]`;

describe('the Dockerfile of an app', () => {
  test('is the complete source of the image', () => {
    expect(dockerfile({ ...RECIPE, buildKit: false })).toBe(`FROM debian:bookworm-slim
WORKDIR /app
ADD app.tar /app/
ARG DOSKARA_APP=my-app
ARG DOSKARA_COMMIT=${'c'.repeat(40)}
ARG CACHE_DIR=/tmp
LABEL doskara.build=my-app
RUN ["/bin/sh","-c","${CHOOSE}${CHECKED()}","build","./build.sh"]
LABEL doskara.build=""
ENTRYPOINT []
CMD ["/bin/sh","-c","exec $(command -v bash || echo /bin/sh) ./run.sh"]
`);
  });

  test('gives each platform that is named caches of its own', () => {
    const lines = dockerfile({ ...RECIPE, namesPlatforms: true, noCache: true }).split('\n');
    const runs = lines.filter((line) => line.startsWith('RUN '));
    expect(lines.indexOf('ARG TARGETARCH')).toBeLessThan(lines.indexOf(runs[0] ?? ''));
    expect(runs).toHaveLength(2);
    for (const run of runs) expect(run).toContain(',id=doskara-my-app--$TARGETARCH$TARGETVARIANT--apt-lists,');
    expect(dockerfile(RECIPE)).not.toContain('TARGETARCH');
  });

  test('tells scripts of a reproducible image which time it is: deps.sh the same one for all commits', () => {
    const runs = dockerfile({ ...RECIPE, deps: 'deps-1.tar', reproducible: true }).match(/^RUN .*/gm) ?? [];
    expect(runs[0]).toContain('; export SOURCE_DATE_EPOCH=315532801; exec \\"$@\\"","deps"');
    expect(runs[1]).toContain('; export SOURCE_DATE_EPOCH=1700000000; \\"$@\\" || exit');
    expect(dockerfile(RECIPE)).not.toContain('SOURCE_DATE_EPOCH');
  });

  test('runs deps.sh before anything that differs from commit to commit', () => {
    const lines = dockerfile({ ...RECIPE, deps: 'deps-1.tar', tars: ['big.tar', 'app.tar'], buildKit: false }).split(
      '\n',
    );
    expect(lines).toEqual([
      ...['FROM debian:bookworm-slim', 'WORKDIR /app', 'ADD deps-1.tar /app/', 'ARG DOSKARA_APP=my-app'],
      ...['ARG CACHE_DIR=/tmp', 'LABEL doskara.build=my-app'],
      `RUN ["/bin/sh","-c","${CHOOSE}exec \\"$@\\"","deps","./deps.sh"]`,
      ...['ADD big.tar /app/', 'ADD app.tar /app/', `ARG DOSKARA_COMMIT=${'c'.repeat(40)}`],
      `RUN ["/bin/sh","-c","${CHOOSE}${CHECKED()}","build","./build.sh"]`,
      ...[
        'LABEL doskara.build=""',
        'ENTRYPOINT []',
        'CMD ["/bin/sh","-c","exec $(command -v bash || echo /bin/sh) ./run.sh"]',
        '',
      ],
    ]);
    const withCaches = { ...RECIPE, deps: 'deps-1.tar', noCache: true };
    const head = (commit: string) => dockerfile({ ...withCaches, commit }).split('ADD app.tar')[0];
    expect(head('a'.repeat(40))).toBe(head('b'.repeat(40)));
    const runs = dockerfile({ ...withCaches, selfRunning: new Set(['deps.sh']) }).match(/^RUN .*/gm) ?? [];
    expect(runs).toHaveLength(3);
    expect(runs[0]).toContain('rm -rf /var/cache/doskara');
    expect(runs[1]).toMatch(/exec \\"\$@\\"","deps","\.\/deps\.sh"\]$/);
    expect(runs[1]?.split(' ["')[0]).toBe(runs[2]?.split(' ["')[0]);
  });

  test('mounts the caches of the app and of apt for build.sh, and keeps the packages that apt downloads', () => {
    const run = dockerfile(RECIPE)
      .split('\n')
      .filter((line) => line.startsWith('RUN '));
    expect(run).toEqual([
      [
        'RUN --mount=type=cache,id=doskara-my-app,target=/var/cache/doskara,mode=0777',
        '--mount=type=cache,id=doskara-my-app--apt-archives,target=/var/cache/apt,sharing=locked',
        '--mount=type=cache,id=doskara-my-app--apt-lists,target=/var/lib/apt/lists,sharing=locked',
        '--mount=type=bind,source=keep-packages,target=/etc/apt/apt.conf.d/docker-clean',
        LIMITED(CHOOSE),
      ].join(' '),
    ]);
  });

  test('empties the caches first for a build without cache', () => {
    const run = dockerfile({ ...RECIPE, noCache: true })
      .split('\n')
      .filter((line) => line.startsWith('RUN '));
    expect(run).toHaveLength(2);
    expect(run[0]).toContain(' ["/bin/sh","-c","rm -rf /var/cache/doskara /var/cache/apt /var/lib/apt/lists ');
  });

  test.each([
    ['npm', 'npm_config_cache=/var/cache/doskara/npm'],
    ['pnpm', 'pnpm_config_store_dir=/var/cache/doskara/pnpm'],
    ['yarn', 'YARN_CACHE_FOLDER=/var/cache/doskara/yarn'],
    ['pip', 'PIP_CACHE_DIR=/var/cache/doskara/pip'],
    ['uv', 'UV_CACHE_DIR=/var/cache/doskara/uv'],
    ['Cargo', 'CARGO_HOME=/var/cache/doskara/cargo'],
    ['Go', 'GOMODCACHE=/var/cache/doskara/go-mod'],
    ['ccache', 'CCACHE_DIR=/var/cache/doskara/ccache'],
    ['Composer', 'COMPOSER_CACHE_DIR=/var/cache/doskara/composer'],
    ['Bundler', 'BUNDLE_USER_CACHE=/var/cache/doskara/bundler'],
    ['Maven', 'MAVEN_ARGS=-Dmaven.repo.local=/var/cache/doskara/maven'],
    ['Gradle', 'GRADLE_USER_HOME=/var/cache/doskara/gradle'],
  ])('tells %s where its cache is, only during the build', (_, setting) => {
    expect(dockerfile(RECIPE)).toContain(`\nARG ${setting}\n`);
    expect(dockerfile(RECIPE)).not.toContain('\nENV ');
  });

  test("sets pnpm's older variable only where pnpm is used, since npm warns about unknown ones", () => {
    expect(dockerfile({ ...RECIPE, usesPnpm: true })).toContain('\nARG npm_config_store_dir=/var/cache/doskara/pnpm\n');
    expect(dockerfile(RECIPE)).not.toContain('ARG npm_config_store_dir');
  });

  test.each<[string, Partial<Recipe>, string]>([
    ['lets build.sh run itself', { selfRunning: new Set(['build.sh']) }, LIMITED('')],
    [
      'runs build.sh with the shell if only run.sh runs itself',
      { selfRunning: new Set(['run.sh']) },
      LIMITED(CHOOSE, true),
    ],
    ['lets run.sh run itself, as process 1', { selfRunning: new Set(['run.sh']) }, 'ENTRYPOINT []\nCMD ["./run.sh"]\n'],
    ['leaves an unknown commit empty', { commit: undefined }, '\nARG DOSKARA_COMMIT=\n'],
    ['starts from the base image', { baseImage: 'node:24' }, 'FROM node:24\n'],
    ['has a separate cache for each app', { app: 'other' }, 'id=doskara-other,'],
    [
      'has a separate cache for each app that reuses a name',
      { cacheId: 'f'.repeat(32) },
      `id=doskara--${'f'.repeat(32)},`,
    ],
    ['has no cache mount for the classic builder', { buildKit: false }, '\nRUN ["/bin/sh","-c",'],
    ['has a CACHE_DIR for the classic builder too', { buildKit: false }, '\nARG CACHE_DIR=/tmp\n'],
  ])('%s', (_, part, expected) => {
    expect(dockerfile({ ...RECIPE, ...part })).toContain(expected);
  });

  test('uses no BuildKit syntax for the classic builder', () => {
    expect(dockerfile({ ...RECIPE, buildKit: false })).not.toContain('--mount');
  });

  test.each(['a-apt-archives', 'a-apt-lists'])('shares no cache between the apps a and %s', (app) => {
    const ids = (recipe: Recipe) => [...dockerfile(recipe).matchAll(/id=([^,]+),/g)].map(([, id]) => id);
    const others = new Set(ids({ ...RECIPE, app }));
    expect(ids({ ...RECIPE, app: 'a' }).filter((id) => others.has(id))).toEqual([]);
  });
});

test('a build with secrets has each as a file, and their names in a variable; the key for ssh is an agent', () => {
  const lines = dockerfile({ ...RECIPE, deps: 'deps-1.tar', secrets: ['A', 'B_2'], ssh: true }).split('\n');
  const mounts = ['A', 'B_2'].map(
    (name) => `--mount=type=secret,id=${name},target=/run/secrets/${name},mode=0444,required=true`,
  );
  const given = `docker-clean ${mounts.join(' ')} --mount=type=ssh,mode=0666,required=true ["/bin/sh"`;
  const runs = lines.filter((line) => line.startsWith('RUN '));
  expect(runs).toHaveLength(2);
  for (const run of runs) expect(run).toContain(given);
  const variable = lines.indexOf('ARG DOSKARA_SECRETS="A B_2"');
  expect(variable).toBeGreaterThan(0);
  expect(variable).toBeLessThan(lines.indexOf(runs[0] ?? ''));
  expect(dockerfile(RECIPE)).not.toMatch(/secret|ssh/i);
});
