import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receive, streamOf } from '../rig/receive.ts';
import { readTree, unpacked } from '../rig/tree.ts';

const root = mkdtempSync(join(tmpdir(), 'doskara-tools-'));
const repository = join(root, 'repository');
const git = (...args: string[]) =>
  execa('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);

const NOT_UTF8 = Buffer.concat([Buffer.from(`${repository}/no text `), Buffer.from([0xff, 0xfe])]);
const LONG = `long/${'a'.repeat(120)}/${'b'.repeat(120)}/${'c'.repeat(120)}`;

/** What people have in their repositories, including odd names. */
function writeFiles(): void {
  const put = (name: string | Buffer, content: string, mode = 0o644) => {
    const path = typeof name === 'string' ? join(repository, name) : name;
    writeFileSync(path, content);
    chmodSync(path, mode);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  };
  for (const folder of ['bin', 'sub/deep', `${LONG}/..`]) mkdirSync(join(repository, folder), { recursive: true });
  put('build.sh', '#!/bin/sh\necho\n', 0o755);
  put('run.sh', 'exec sleep 9\n');
  put('bin/tool', 'x', 0o755);
  put('empty', '');
  put('large', 'large'.repeat(100_000));
  for (const name of ['two words', 'two\nlines', 'tab\there', '-rf', '--help', 'ü ж 中 𝄞', '.hidden', 'a\\b', '"', '*'])
    put(name, name);
  put(NOT_UTF8, 'bytes');
  put(`sub/${'e'.repeat(99)}`, '99');
  put(`sub/deep/${'f'.repeat(100)}`, '100');
  put(`sub/${'ж'.repeat(127)}`, 'many bytes');
  put(LONG, 'long');
  symlinkSync('../../outside', join(repository, 'sub/out'));
  symlinkSync('/etc/passwd', join(repository, 'absolute'));
  symlinkSync(`${'t/'.repeat(150)}ж`, join(repository, 'far'));
  symlinkSync('sub', join(repository, 'folder-link'));
}

beforeAll(async () => {
  mkdirSync(repository);
  writeFiles();
  await execa('git', ['init', '-q', repository]);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'all');
});

afterAll(() => rmSync(root, { recursive: true }));

describe('an archive from git archive', () => {
  test.each([
    ['tar', 1],
    ['tar', 65_536],
    ['tar.gz', 1024],
    ['tar.gz', 65_536],
  ])('as %s is passed on unchanged, read in chunks of %i bytes', async (format, chunkSize) => {
    const sent = await execa({ encoding: 'buffer' })`git -C ${repository} archive --format=${format} HEAD`;
    const { rewritten, ...archive } = await receive(streamOf(Buffer.from(sent.stdout), chunkSize));
    const tree = await unpacked(rewritten);
    expect(Object.keys(tree)).toEqual(
      expect.arrayContaining([
        LONG,
        'two\nlines',
        '-rf',
        'no text \xff\xfe',
        Buffer.from('ü ж 中 𝄞').toString('latin1'),
      ]),
    );
    expect(tree).toEqual(await unpacked(Buffer.from(sent.stdout), format === 'tar' ? '-xp' : '-xpz'));
    const [commit, commitTime] = (await git('log', '-1', '--format=%H %ct')).stdout.split(' ');
    expect(archive).toMatchObject({ commit, commitTime: Number(commitTime), entries: Object.keys(tree).length });
    expect([...archive.selfRunning]).toEqual(['build.sh']);
  });

  test('is refused if its last bytes are missing, wherever it is cut', async () => {
    const sent = await execa({ encoding: 'buffer' })`git -C ${repository} archive --format=tar HEAD`;
    const whole = Buffer.from(sent.stdout);
    for (const length of [512, 1024, 5000, whole.length >> 1, whole.length - 10_240]) {
      const cut = whole.subarray(0, length);
      await expect(receive(streamOf(cut))).rejects.toThrow('truncated');
      const zipped = await execa({ encoding: 'buffer', input: cut })`gzip -c`;
      await expect(receive(streamOf(Buffer.from(zipped.stdout)))).rejects.toThrow('truncated');
    }
  });
});

describe('an archive of a folder by GNU tar', () => {
  // old formats have room for neither long names nor long targets
  const short = ['--exclude=./long', '--exclude=./far', '--exclude=./sub'];

  beforeAll(() => {
    mkdirSync(join(repository, 'no files here'), { mode: 0o750 });
    linkSync(join(repository, 'large'), join(repository, 'zz hard link'));
    chmodSync(join(repository, 'empty'), 0o4755);
  });

  test.each([
    ['by default', []],
    ['as gnu', ['--format=gnu']],
    ['as oldgnu', ['--format=oldgnu']],
    ['as pax', ['--format=pax']],
    ['as pax with every time', ['--format=pax', '--pax-option=atime:={1.5},ctime:={2.5}']],
    ['as ustar', ['--format=ustar', ...short]],
    ['as v7', ['--format=v7', ...short]],
    ['with large records', ['--blocking-factor=2000']],
  ])('is passed on unchanged: %s', async (_, options) => {
    const files = ['--exclude=.git', ...options, '-C', repository, '.'];
    const sent = Buffer.from((await execa('tar', ['-czf', '-', ...files], { encoding: 'buffer' })).stdout);
    const { rewritten, ...archive } = await receive(streamOf(sent));
    const tree = await unpacked(rewritten);
    const left = (name: string) =>
      /^\.git(?:\/|$)/.test(name) || (options.includes(short[0] ?? '') && /^(?:long|far|sub)(?:\/|$)/.test(name));
    const expected = Object.entries(await readTree(repository)).filter(([name]) => !left(name));
    expect(tree).toEqual(Object.fromEntries(expected));
    expect(tree).toMatchObject({ 'no files here': 'folder 750', 'zz hard link': 'same as large' });
    expect(archive).toMatchObject({ commit: undefined, commitTime: 1_700_000_000, entries: expected.length });
  });

  test('with sparse files is refused by name', async () => {
    writeFileSync(join(repository, 'holes'), '');
    truncateSync(join(repository, 'holes'), 1024 ** 2);
    for (const format of ['gnu', 'pax']) {
      const files = ['--sparse', `--format=${format}`, '-C', repository, 'build.sh', 'holes', 'run.sh'];
      const sent = Buffer.from((await execa('tar', ['-czf', '-', ...files], { encoding: 'buffer' })).stdout);
      await expect(receive(streamOf(sent))).rejects.toThrow(
        /"(?:\.\/GNUSparseFile\.\d+\/)?holes" is a GNU sparse file/,
      );
    }
  });
});
