import { describe, expect, test } from 'vitest';
import { receive, streamOf } from '../rig/receive.ts';
import { app, base256, file, gzip, octal, pax, symlink, tar } from '../rig/tar-writer.ts';
import { unpacked } from '../rig/tree.ts';
import { VALID } from '../rig/valid-archives.ts';

describe('an archive is rewritten faithfully', () => {
  test.each(VALID)('$title', async ({ sent, holds }) => {
    const expected = await unpacked(sent, '-xpz');
    expect(Object.keys(expected)).toContain(holds);
    for (const chunkSize of sent.length < 2000 ? [1, 3, 65_536] : [509, 65_536]) {
      const { rewritten, entries } = await receive(streamOf(sent, chunkSize));
      expect(await unpacked(rewritten)).toEqual(expected);
      expect(entries).toBe(Object.keys(expected).length);
    }
  });

  test('to a tar that passes unchanged if it is sent again', async () => {
    for (const { sent } of VALID) {
      const { rewritten } = await receive(streamOf(sent));
      expect((await receive(streamOf(gzip(rewritten)))).rewritten).toEqual(rewritten);
    }
  });

  test('with 100000 entries', async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `f/${i}`);
    const { rewritten, entries } = await receive(streamOf(gzip(app(...names.map((name) => file(name))))));
    expect(entries).toBe(100_003);
    const listed = Array.from(names, (_, i) => rewritten.toString('latin1', (i + 4) * 512, (i + 4) * 512 + 9));
    expect(listed.map((name) => name.replace(/\0.*/, ''))).toEqual(names.map((name) => `./${name}`));
  });

  test('with times before 1970 and beyond ustar clamped to the nearest one possible', async () => {
    const early = file('early', '', { mtime: base256(0xffff_ffffn, 12, 0xff) });
    const late = file('late', '', { mtime: base256(1n << 52n) });
    const never = file('never', '', { mtime: 'yesterday' });
    const tree = await unpacked((await receive(streamOf(gzip(app(early, late, never))))).rewritten);
    expect(tree).toMatchObject({
      early: expect.stringContaining('bytes, 0,'),
      late: expect.stringContaining(`bytes, ${8 ** 11 - 1},`),
      never: expect.stringContaining('bytes, 0,'),
    });
  });
});

describe('reading an archive finds out', () => {
  const scripts = (build: string, mode: number) =>
    gzip(
      tar(file('./build.sh', build, { mode: octal(mode, 7) }), file('run.sh', '#!/bin/sh', { mode: octal(0o755, 7) })),
    );

  test.each([
    ['runs by itself with a shebang and the executable bit', '#!/bin/sh\n', 0o755, true],
    ['runs by itself if only its owner may run it', '#!x', 0o744, true],
    ['is run by sh without the executable bit', '#!/bin/sh\n', 0o644, false],
    ['is run by sh without a shebang', 'echo\n', 0o755, false],
    ['is run by sh if it is empty', '', 0o755, false],
    ['is run by sh with half a shebang', '#', 0o755, false],
  ])('that build.sh %s', async (_, build, mode, itself) => {
    for (const chunkSize of [1, 65_536]) {
      const { selfRunning } = await receive(streamOf(scripts(build, mode), chunkSize));
      expect([...selfRunning]).toEqual(itself ? ['build.sh', 'run.sh'] : ['run.sh']);
    }
  });

  test.each([
    ['pnpm', [file('pnpm-lock.yaml', '')], true],
    ['something else', [file('package-lock.json', ''), file('sub/pnpm-lock.yaml', '')], false],
  ])('that its packages are installed by %s', async (_, files, expected) => {
    expect((await receive(streamOf(gzip(app(...files))))).usesPnpm).toBe(expected);
  });

  test('that a script that is a link runs as its target does', async () => {
    const start = file('bin/start', '#!/bin/sh\n', { mode: octal(0o755, 7) });
    const links = [symlink('build.sh', './bin/start'), symlink('run.sh', 'plain'), file('plain', 'true\n')];
    for (const sent of [gzip(tar(start, ...links)), gzip(tar(...links, start))])
      expect([...(await receive(streamOf(sent))).selfRunning]).toEqual(['build.sh']);
  });

  test.each([
    ['a SHA-1 commit', 'a'.repeat(40), true],
    ['a SHA-256 commit', '0'.repeat(64), true],
    ['no commit with another length', 'a'.repeat(41), false],
    ['no commit with other letters', 'A'.repeat(40), false],
    ['no commit with trailing text', `${'a'.repeat(40)}\nRUN evil`, false],
  ])('%s', async (_, comment, known) => {
    const sent = gzip(pax({ comment }, 'g'), app());
    expect((await receive(streamOf(sent))).commit).toBe(known ? comment : undefined);
  });

  test('no commit from a header of one entry', async () => {
    const sent = gzip(app(pax({ comment: 'a'.repeat(40) }), symlink('a', 'b')));
    expect((await receive(streamOf(sent))).commit).toBeUndefined();
  });

  test('its size, packed and unpacked', async () => {
    const sent = gzip(tar(file('build.sh', 'a'.repeat(700)), file('run.sh', 'b'), file('d/e', 'cc')));
    expect(await receive(streamOf(sent, 100))).toMatchObject({
      received: sent.length,
      unpacked: 703,
      entries: 4,
      commitTime: 1_700_000_000,
    });
  });
});
