import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { extractParts } from '../../src/factory/archive/extract-parts.ts';
import type { Part } from '../../src/factory/archive/parts.ts';
import { receiveArchive } from '../../src/factory/archive/receive.ts';
import { LIMITS, streamOf } from '../rig/receive.ts';
import { app, file, folder, gzip, hardlink, octal, pax, symlink, tar, utf8 } from '../rig/tar-writer.ts';
import { unpacked } from '../rig/tree.ts';

const AT = { mtime: octal(1_700_000_000) };
const LONG = utf8(`lib/${'ж'.repeat(100)}/x`);
const TREE = [
  folder('lib/', AT),
  file('lib/a', 'a'.repeat(3_000_000), AT),
  pax({ path: LONG }),
  file('cut', 'long', AT),
  symlink('lib/link', 'a', AT),
  hardlink('lib/same', 'lib/a', AT),
  file('src/deep/er', 'x', AT),
  file('lib/late', 'y', AT),
];

/** The same, with the scripts. */
const cut = (...entries: Buffer[]) => cutArchive(app(...entries));

/** Receives an archive and returns its parts, each as a tar with time 1. */
async function cutArchive(...entries: Buffer[]): Promise<{ parts: Part[]; whole: Buffer; tars: Map<string, Buffer> }> {
  const place = await mkdtemp(join(tmpdir(), 'doskara-cut-'));
  try {
    const archive = join(place, 'app.tar');
    const { parts } = await receiveArchive(streamOf(gzip(tar(Buffer.concat(entries)))), archive, LIMITS);
    await using source = await open(archive);
    const tars = new Map<string, Buffer>();
    for (const part of parts) {
      await extractParts(source, [part], 1, join(place, 'part.tar'));
      expect((await stat(join(place, 'part.tar'))).mtimeMs).toBe(1000);
      tars.set(part.name, await readFile(join(place, 'part.tar')));
    }
    return { parts, whole: await readFile(archive), tars };
  } finally {
    await rm(place, { recursive: true });
  }
}

test('the parts of an archive add up to the archive, except for their times', async () => {
  const { whole, tars } = await cut(...TREE);
  expect([...tars.keys()].sort()).toEqual(['', 'lib', 'src']);
  const trees = await Promise.all([...tars.values()].map((part) => unpacked(part)));
  const timeless = (tree: object) => JSON.parse(JSON.stringify(tree).replace(/bytes, \d+/g, 'bytes'));
  expect(timeless(Object.assign({}, ...trees))).toEqual(timeless(await unpacked(whole)));
  expect(JSON.stringify(trees)).toMatch(/bytes, 1\b/);
  expect(JSON.stringify(trees)).not.toMatch(/bytes, 17/);
});

test("so do the parts of one with odd names, names at a header's limit, and directories scattered over it", async () => {
  const { whole, tars } = await cut(
    folder('__proto__/', { ...AT, mode: octal(0o700, 7) }),
    file('__proto__/x ', 'x', AT),
    ...[98, 99, 100, 101, 155, 240].flatMap((length) => [
      pax({ path: `lib/${'n'.repeat(length)}` }),
      file('', 'n', AT),
    ]),
    ...Array.from({ length: 1500 }, (_, i) => file(`${i % 2 === 0 ? 'lib' : 'src'}/${i}`, 'y'.repeat(i), AT)),
    folder('lib/', { ...AT, mode: octal(0o750, 7) }),
  );
  expect([...tars.keys()].sort()).toEqual(['', '__proto__', 'lib', 'src']);
  const files = async (tar: Buffer) =>
    Object.entries(await unpacked(tar))
      .map(([name, what]) => `${name}: ${what.replace(/bytes, \d+/, 'bytes')}`)
      .filter((line) => !line.startsWith('src: ')); // no entry sets its mode
  const parts = await Promise.all([...tars.values()].map(files));
  expect(parts.flat().sort()).toEqual((await files(whole)).sort());
});

test("a part has the same bytes whatever the archive's time, and its digest changes with anything else", async () => {
  const scripts = (mtime: number) =>
    ['build.sh', 'run.sh'].map((name) => file(name, 'true\n', { mtime: octal(mtime) }));
  const lib = (mtime: number) => [folder('lib/', { mtime: octal(mtime) }), file('lib/a', 'x', { mtime: octal(mtime) })];
  const [first, later] = [await cutArchive(...scripts(5), ...lib(5)), await cutArchive(...scripts(6), ...lib(6))];
  expect(first.tars.size).toBe(2);
  expect(later.tars).toEqual(first.tars);
  const digest = async (...entries: Buffer[]) =>
    (await cut(...entries)).parts.find(({ name }) => name === 'lib')?.digest;
  const known = await digest(file('lib/a', 'x', AT));
  expect(known).toBeDefined();
  for (const other of [
    file('lib/a', 'y', AT),
    file('lib/b', 'x', AT),
    file('lib/a', 'x', { ...AT, mode: octal(0o755, 7) }),
    symlink('lib/a', 'x', AT),
  ])
    expect(await digest(other)).not.toBe(known);
});

test('an archive with several times, or with hard links between directories, is not split', async () => {
  expect((await cut(file('lib/a', 'x', { mtime: octal(7) }))).parts).toEqual([]);
  expect((await cut(file('lib/a', 'x', AT), hardlink('src/b', 'lib/a', AT))).parts).toEqual([]);
});
