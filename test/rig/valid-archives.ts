import {
  app,
  base256,
  entry,
  file,
  folder,
  GNU,
  gnuLong,
  gzip,
  hardlink,
  octal,
  pax,
  SCRIPTS,
  symlink,
  tar,
  utf8,
  V7,
} from './tar-writer.ts';

/** What is sent, and a name that it must contain. */
export interface Valid {
  title: string;
  sent: Buffer;
  holds: string;
}

const row = (title: string, sent: Buffer, holds: string): Valid => ({ title, sent, holds });
const valid = (title: string, holds: string, ...entries: Buffer[]) => row(title, gzip(app(...entries)), holds);

const long = (length: number) => 'n'.repeat(length);
const old = { magic: V7, type: '\0' };
const PAX_NAME = utf8(`${'ж€𝄞ü'.repeat(20)}/datei`);

/** Valid archives written by hand; those by real tar programs are created in the tests. */
export const VALID: readonly Valid[] = [
  row('of only the scripts', gzip(app()), 'build.sh'),
  row('with a script as a link to the other', gzip(tar(file('build.sh'), symlink('run.sh', './build.sh'))), 'run.sh'),
  row(
    'with scripts as links to files that come later',
    gzip(tar(symlink('build.sh', 'bin//b'), symlink('run.sh', 'r'), file('bin/b'), file('r'))),
    'bin/b',
  ),
  row('with ./ before each name', gzip(tar(folder('./'), file('./build.sh'), file('./run.sh'))), 'run.sh'),
  row('in two gzip members', Buffer.concat([gzip(app().subarray(0, 700)), gzip(app().subarray(700))]), 'run.sh'),
  row('in an empty gzip member and a full one', Buffer.concat([gzip(), gzip(app())]), 'run.sh'),
  row('padded with zeros to a record of a megabyte', gzip(app(), Buffer.alloc(1024 ** 2)), 'run.sh'),
  row('with trailing zeros that fill no block', gzip(app(), Buffer.alloc(7)), 'run.sh'),
  valid('in the old v7 format', 'a/b', file('a/', '', { ...old, mode: octal(0o755, 7) }), file('a/b', 'old', old)),
  valid('in the v7 format with links', 'c', hardlink('b', 'run.sh', { magic: V7 }), symlink('c', 'b', { magic: V7 })),
  valid('with a ustar prefix', `${long(90)}/b`, file('b', 'x', { prefix: long(90) })),
  valid(
    'with a full prefix and name',
    `${'p/'.repeat(77)}p/${long(100)}`,
    file(long(100), 'x', { prefix: `${'p/'.repeat(77)}p` }),
  ),
  valid('with GNU fields in place of the ustar prefix', 'a', file('a', 'x', { magic: GNU, prefix: octal(1) })),
  valid('with a GNU long name', `${long(200)}/b`, gnuLong('L', `${long(200)}/b`), file('cut', 'x', { magic: GNU })),
  valid('with a GNU long target', 'a', gnuLong('K', long(300)), symlink('a', 'cut', { magic: GNU })),
  valid(
    'with both in GNU format',
    long(120),
    gnuLong('K', long(300)),
    gnuLong('L', long(120)),
    symlink('a', 'b', { magic: GNU }),
  ),
  valid('with a long name in pax', PAX_NAME, pax({ path: PAX_NAME }), file('cut', 'x')),
  valid('with a long target in pax', 'a', pax({ linkpath: PAX_NAME }), symlink('a', 'cut')),
  valid(
    'with a pax name and a GNU name of two entries',
    'b',
    pax({ path: 'a' }),
    file('x'),
    gnuLong('L', 'b'),
    file('x'),
  ),
  valid(
    'with times and owners as bsdtar writes them',
    'a',
    pax({
      mtime: '1700000000.123456789',
      atime: '1700000001.5',
      'LIBARCHIVE.creationtime': '1700000000',
      'SCHILY.dev': '16777220',
      'SCHILY.nlink': '1',
      'LIBARCHIVE.xattr.com.apple.provenance': 'AQIA',
      uname: utf8('jürgen'),
      uid: '501',
    }),
    file('a', 'x'),
  ),
  valid('with a name that pax marks as binary', 'n\xff', pax({ hdrcharset: 'BINARY', path: 'n\xff' }), file('n', 'x')),
  valid('with a raw name that is not UTF-8', 'n\xff\xfe', file('n\xff\xfe', 'x')),
  valid("with a size in pax that is the header's own", 'a', pax({ size: '3' }), file('a', 'xyz')),
  valid('with harmless global headers', 'a', pax({ mtime: '1' }, 'g'), pax({ 'my.key': 'x' }, 'g'), file('a')),
  valid('with a contiguous file', 'a', entry({ name: 'a', type: '7', body: 'x' })),
  valid(
    'with numbers in base 256',
    'a',
    file('a', 'xyz', { size: base256(3n), mtime: base256(1_600_000_000n), mode: base256(0o640n, 8) }),
  ),
  valid('with numbers between spaces', 'a', file('a', 'xyz', { size: '         3 \0', mode: '   640 \0' })),
  valid('with numbers of full width', 'a', file('a', 'xyz', { size: '000000000003', mode: '00000640' })),
  valid('with a directory that has a size, as POSIX allows', 'a', folder('a/', { size: octal(4096) }), file('a/b')),
  valid(
    'with a directory listed late and twice',
    'a/b/c',
    file('a/b/c'),
    folder('a/b/'),
    folder('a/'),
    folder('a', { type: '5' }),
  ),
  valid('with odd spellings', 'a/b/c', file('.//a/./b//c', 'x')),
  valid('with dots in names that do not lead upwards', '..a/b../...', file('..a/b../...', 'x')),
  valid('with names that differ only in case', 'Build.sh', file('Build.sh', 'x'), file('BUILD.SH', 'y')),
  valid('with hard links', 'd/c', file('a', 'x'), hardlink('b', './a'), folder('d/'), hardlink('d/c', 'b')),
  valid(
    'with links to the outside and dangling links',
    'c',
    symlink('a', '/etc/passwd'),
    symlink('b', '../../..'),
    symlink('c', 'a/../zzz'),
  ),
  valid('with a link that ends in a slash', 'a', symlink('a/', 'build.sh')),
  valid(
    'with mode bits that are dropped',
    'a',
    file('a', 'x', { mode: octal(0o6755, 7) }),
    folder('t', { mode: octal(0o1777, 7) }),
  ),
  valid('with an unreadable file', 'a', file('a', 'x', { mode: octal(0, 7) })),
  valid(
    'with a name of 255 bytes in a path of 4000',
    `${`${'d'.repeat(199)}/`.repeat(19)}${long(255)}`.slice(0, 4000),
    pax({ path: `${`${'d'.repeat(199)}/`.repeat(19)}${long(255)}`.slice(0, 4000) }),
    file('x', 'deep'),
  ),
  valid('with names that only resemble whiteouts', '.whale/wh.x', file('.whale/wh.x', 'x')),
  valid('with bodies around the block size', 'c', file('a', long(511)), file('b', long(512)), file('c', long(513))),
  valid('with a body in many pieces', 'a', file('a', long(600_000))),
  row('with the scripts last', gzip(tar(file('a', 'x'), SCRIPTS)), 'a'),
];
