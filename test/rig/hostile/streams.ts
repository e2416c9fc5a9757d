import { app, END, file, folder, gzip, pax, SCRIPTS, tar } from '../tar-writer.ts';
import { hostile, long, row } from './row.ts';

const GOOD = gzip(app());
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

export const STREAMS = [
  row('no input', Buffer.alloc(0), 'archive-empty', 'no archive received'),
  row('text', Buffer.from('hello, this is no archive\n'), 'not-tar', 'not a tar or tar.gz'),
  row('long text', Buffer.from('hello\n'.repeat(200)), 'not-tar', 'not a tar or tar.gz'),
  row('one byte', Buffer.from('x'), 'not-tar', 'not a tar or tar.gz'),
  row('one byte of a tar', app().subarray(0, 1), 'not-tar', 'not a tar or tar.gz'),
  row('bzip2', Buffer.from(`BZh91AY&SY${long(600)}`), 'not-tar', 'not a tar or tar.gz'),
  row('only the magic of bzip2', Buffer.from('BZh'), 'not-tar', 'not a tar or tar.gz'),
  row('zstd', Buffer.concat([ZSTD, Buffer.alloc(600)]), 'not-tar', 'not a tar or tar.gz'),
  row('only the magic of zstd', ZSTD, 'not-tar', 'not a tar or tar.gz'),
  row('one byte of gzip', GOOD.subarray(0, 1), 'archive-truncated', 'truncated'),
  row('only the magic of gzip', GOOD.subarray(0, 2), 'archive-truncated', 'truncated'),
  row('a tar that looks like gzip', tar(file('\x1f\x8b')), 'archive-damaged', 'unknown compression method'),
  row('only a gzip header', GOOD.subarray(0, 10), 'archive-truncated', 'truncated'),
  row('gzip cut in the middle', GOOD.subarray(0, GOOD.length >> 1), 'archive-truncated', 'truncated'),
  row('gzip without its checksum', GOOD.subarray(0, -8), 'archive-truncated', 'truncated'),
  row('gzip with a wrong checksum', flipped(GOOD, GOOD.length - 8), 'archive-damaged', 'incorrect data check'),
  row('gzip with a wrong length', flipped(GOOD, GOOD.length - 1), 'archive-damaged', 'incorrect length check'),
  row('gzip with an unknown method', flipped(GOOD, 2), 'archive-damaged', 'unknown compression method'),
  row('text after the gzip', Buffer.concat([GOOD, Buffer.from('more')]), 'trailing-data', 'after the end'),
  row('a tar after the gzip', Buffer.concat([GOOD, app()]), 'trailing-data', 'after the end'),
  row('zeros after the gzip', Buffer.concat([GOOD, Buffer.alloc(9)]), 'trailing-data', 'after the end'),
  row(
    'zeros and a gzip after the gzip',
    Buffer.concat([GOOD, Buffer.alloc(9), GOOD]),
    'trailing-data',
    'after the end',
  ),
  row('a second gzip member with a second archive', Buffer.concat([GOOD, GOOD]), 'trailing-data', 'after the end'),
  row('a cut second gzip member', Buffer.concat([GOOD, GOOD.subarray(0, 20)]), 'archive-truncated', 'truncated'),
  row('empty gzip', gzip(), 'archive-truncated', 'truncated'),
  row('gzip of text', gzip(Buffer.from('hello\n'.repeat(200))), 'not-tar', 'not a tar'),
  row('gzip of gzip', gzip(GOOD, Buffer.alloc(512)), 'not-tar', 'not a tar'),
];

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const BODY = file('body', long(900));

export const TARS = [
  row('a tar without end blocks', gzip(SCRIPTS), 'archive-truncated', 'truncated'),
  row('a tar with one end block', gzip(SCRIPTS, END.subarray(512)), 'archive-truncated', 'truncated'),
  row('a tar with one and a half end blocks', gzip(SCRIPTS, END.subarray(200)), 'archive-truncated', 'truncated'),
  row('a tar cut in a header', gzip(SCRIPTS, BODY.subarray(0, 100)), 'archive-truncated', 'truncated'),
  row('a tar cut in a body', gzip(SCRIPTS, BODY.subarray(0, 800)), 'archive-truncated', 'truncated'),
  row('a tar cut in the padding', gzip(SCRIPTS, BODY.subarray(0, 1500)), 'archive-truncated', 'truncated'),
  row(
    'a tar cut in a pax header',
    gzip(SCRIPTS, pax({ path: 'a' }).subarray(0, 515)),
    'archive-truncated',
    'truncated',
  ),
  row(
    'a body without padding',
    gzip(app(file('a', 'b', { padded: false }), file('c', long(900)))),
    'not-tar',
    'damaged',
  ),
  row('an archive after the end', gzip(app(), app()), 'trailing-data', 'after the end'),
  row('a byte after the end', gzip(app(), Buffer.alloc(70_000), Buffer.from('x')), 'trailing-data', 'after the end'),
  row('an entry after the first end block', gzip(SCRIPTS, END.subarray(512), app()), 'trailing-data', 'after the end'),
  row('only end blocks', gzip(END), 'archive-without-entries', 'empty'),
  row('only the root', gzip(tar(folder('./'))), 'archive-without-entries', 'empty'),
  hostile('a wrong checksum', 'not-tar', 'damaged', file('a', '', { checksum: '012345\0 ' })),
  hostile('an unreadable checksum', 'not-tar', 'damaged', file('a', '', { checksum: 'zzzzzzzz' })),
  hostile('a negative checksum', 'not-tar', 'damaged', file('a', '', { checksum: '\xff\xff\xff\xff\xff\xff\xff\xff' })),
  row(
    'zeros except for the checksum',
    gzip(SCRIPTS, Buffer.alloc(512).fill('zz', 148, 150), END),
    'not-tar',
    'damaged',
  ),
];
