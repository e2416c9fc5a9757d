import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { BASE_IMAGE } from '../rig/engine.ts';
import { usePlatform } from '../rig/platform-test.ts';

const WITH_BASH = 'doskara-test:bash';
const use = usePlatform({ DOSKARA_BASE_IMAGES: 'other.example/*:* doskara-test:ba* 127.0.0.1:*/*:*' });

/** The base image of the other tests, with this machine's bash. */
beforeAll(async () => {
  const context = join(use.platform.folder, 'bash');
  mkdirSync(context);
  const libraries = execFileSync('ldd', ['/bin/bash'], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  execFileSync('tar', ['-chf', join(context, 'bash.tar'), '-P', '/bin/bash', ...libraries]);
  writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE_IMAGE}\nADD bash.tar /\n`);
  await use.platform.docker('build', '--quiet', '--tag', WITH_BASH, context);
});

test('an app is built on an image that the factory allows, and bash there runs its scripts', async () => {
  await use.platform.create('own-base');
  await use.platform.doskara('config', 'own-base', 'baseImage', WITH_BASH);
  const app = await use.platform.app('own-base', {
    'build.sh': 'words=(one two); echo "${words[1]} in ${BASH_VERSION:+bash}"; false | true; cd /nowhere || echo on\n',
    'run.sh': 'words=(a b); [[ ${#words[@]} = 2 ]] && exec echo "process $$ of bash"\n',
  });
  const { lines } = await app.push();
  expect(lines).toContain(`-----> Building on ${WITH_BASH} (2 files, 10.0 KB)`);
  expect(lines).toContain('       two in bash');
  expect(lines.at(-1)).toMatch(/^success: own-base build 1 built/);
  expect(use.platform.record('own-base', 1)).toMatchObject({ baseImage: WITH_BASH });
  const { stdout } = await use.platform.docker(
    ...['run', '--rm', '--network=none', `${use.platform.shared.registry}/own-base`],
  );
  expect(stdout).toBe('process 1 of bash');
});

test('another one is refused, and the pusher reads which are allowed', async () => {
  await use.platform.create('forbidden');
  const { all } = await use.platform.doskara('config', 'forbidden', 'baseImage', 'debian:12 AS x');
  expect(all).toContain('error: doskara.baseImage="debian:12 AS x" should be an image reference');
  await use.platform.doskara('config', 'forbidden', 'baseImage', 'debian:12');
  const { text, lines } = await (await use.platform.app('forbidden')).push();
  expect(text).toContain('error: this factory does not allow the base image debian:12');
  expect(text).toContain(`hint: allowed: ${BASE_IMAGE}, other.example/*:*, doskara-test:ba*, 127.0.0.1:*/*:*`);
  expect(lines.at(-1)).toMatch(/^error: forbidden build 1 refused/);
});

test('one that does not exist fails the build, which is not repeated; one that nobody can pull now is', async () => {
  const app = await use.platform.app('mistyped');
  const ask = (image: string) => use.platform.doskara('config', 'mistyped', 'baseImage', image);
  const missing = `${use.platform.shared.registry}/mistyped-base:1`;
  await ask(missing);
  const { text, lines } = await app.push();
  expect(text).toContain(`error: cannot pull base image ${missing}: `);
  expect(text).toContain('hint: ask an admin to change doskara.baseImage');
  expect(lines.at(-1)).toMatch(/^error: mistyped build 1 failed/);
  await use.platform.doskara('reconcile');
  expect(use.platform.hasRecord('mistyped', 2)).toBe(false);

  await ask('127.0.0.1:9/base:1');
  await app.commit({});
  await app.push();
  expect(use.platform.record('mistyped', 2)).toMatchObject({ outcome: 'lost', exitCode: 4 });
  await ask(BASE_IMAGE);
  await use.platform.doskara('reconcile');
  expect(use.platform.record('mistyped', 3)).toMatchObject({ outcome: 'built', why: 'reconcile' });
});
