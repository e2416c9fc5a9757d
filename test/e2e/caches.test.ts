import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Clone, Files } from '../rig/clone.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

/** An app whose build prints what it finds in its cache and adds to it; no two builds are the same. */
const remembering = (): Files => ({
  'build.sh': `: ${randomUUID()}\necho "found $(ls -A $CACHE_DIR | tr '\\n' ' ')"; touch $CACHE_DIR/plain $CACHE_DIR/.dot $CACHE_DIR/..dots\n`,
  'run.sh': 'true\n',
});

async function followRename(app: Clone, name: string): Promise<void> {
  const { stdout } = await app.git('remote', 'get-url', 'doskara');
  await app.git('remote', 'set-url', 'doskara', stdout.replace(app.app, name));
}

test('-o no-cache empties CACHE_DIR, including dot files', async () => {
  const app = await use.platform.app('emptied', remembering());
  expect((await app.push()).text).toMatch(/^ {7}found$/m);
  await app.commit(remembering());
  expect((await app.push()).text).toMatch(/^ {7}found ..dots .dot plain$/m);
  await app.commit(remembering());
  expect((await app.push('-o', 'no-cache', 'main')).text).toMatch(/^ {7}found$/m);
});

test('a new app with the name of a destroyed one gets none of its cache, and a renamed app keeps its own', async () => {
  const first = await use.platform.app('heir', remembering());
  await first.push();
  await use.platform.doskara('rename', 'heir', 'moved');
  await followRename(first, 'moved');
  await first.commit(remembering());
  expect((await first.push()).text).toMatch(/^ {7}found ..dots .dot plain$/m);

  expect((await use.platform.doskara('destroy', 'moved', '--yes')).exitCode).toBe(0);
  const second = await use.platform.app('moved', remembering());
  expect((await second.push()).text).toMatch(/^ {7}found$/m);
});

test('a repository that Doskara did not create keeps its cache, too, when it is renamed', async () => {
  const app = await use.platform.app('found', remembering(), ['--initial-branch=main']);
  await execa('git', ['init', '--quiet', '--bare', '-b', 'main', use.platform.repository('found')]);
  await use.platform.doskara('hook', 'install', 'found');
  await app.push();
  await use.platform.doskara('rename', 'found', 'refound');
  await app.commit(remembering());
  await followRename(app, 'refound');
  expect((await app.push()).text).toMatch(/^ {7}found ..dots .dot plain$/m);
});

/** The magic bytes by which Docker recognizes compressed files, where a file name can start with them. */
test.each(['BZh', 'BZh91AY&SY', 'PK'])('an app whose first file is named %s is built', async (name) => {
  const app = await use.platform.app(`first-${name.slice(0, 3).toLowerCase()}${name.length}`, {
    [name]: 'x',
    'build.sh': `cat '${name}'\n`,
    'run.sh': 'true\n',
  });
  expect((await app.push()).lines.at(-1)).toMatch(/^success: /);
});

test('damaged state files on the factory do not stop builds', async () => {
  const app = await use.platform.app('forgetful');
  await app.push();
  const spool = join(use.platform.folder, 'spool');
  mkdirSync(join(spool, 'layers'), { recursive: true });
  // the unit tests cover the layer history more fully
  for (const [lock = '', layers = '', docker = ''] of [
    ['x 1 2 3', '[null, 5]', '{"key": 1}'],
    ['', '[{"commit": 1}]', 'null'],
    ['\u0000\u0001', '', '[null, 5]'],
  ]) {
    writeFileSync(join(spool, 'locks/forgetful'), lock);
    writeFileSync(join(spool, 'layers/forgetful.json'), layers);
    writeFileSync(join(spool, 'docker.json'), docker);
    await app.commit({ garbage: `${lock}${layers}${docker}` });
    expect((await app.push()).lines.at(-1)).toMatch(/^success: /);
  }
  const boot = (await execa('cat', ['/proc/sys/kernel/random/boot_id'])).stdout;
  writeFileSync(join(spool, 'locks/forgetful'), `${boot} many`);
  await app.commit({ garbage: 'a time that is none' });
  expect((await app.push()).lines.at(-1)).toMatch(/^success: /);
});

test('everything that a build prints before a carriage return is in the log, one line per state', async () => {
  const app = await use.platform.app('progress', {
    'build.sh': "printf 'progress 10%%\\rprogress 50%%\\rerror: checksum\\n'; printf 'a\\342\\200\\250b\\n'\n",
    'run.sh': 'true\n',
  });
  await app.push();
  const log = use.platform.log('progress', 1).replaceAll(/^\S+Z /gm, '');
  expect(log).toContain('       progress 10%\n       progress 50%\n       error: checksum\n       ab\n');
});
