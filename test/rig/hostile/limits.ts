import { gzipSync } from 'node:zlib';
import { app, base256, file, folder, gzip, octal, pax, V7 } from '../tar-writer.ts';
import { long, row } from './row.ts';

const few = (maxEntries: number) => ({ maxEntries, maxUnpacked: 1024 });

const many = (count: number, make: (i: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));
const DEEP = many(101, (i) => Buffer.concat([pax({ path: `${i}/${'d/'.repeat(1990)}f` }), file('deep')]));
const LONG = many(2000, (i) => Buffer.concat([pax({ path: `${`${long(250)}/`.repeat(15)}${i}` }), file('long')]));

export const LIMITED = [
  row('one entry too many', gzip(app(file('a'), file('b'))), 'too-many-entries', '3 entries', few(3)),
  row('one implied directory too many', gzip(app(file('a/b/c'))), 'too-many-entries', '4 entries', few(4)),
  row('one byte too many in one file', gzip(app(file('a', long(1024)))), 'too-large', '1.0 KB', few(9)),
  row(
    'one byte too many in two files',
    gzip(app(file('a', long(600)), file('b', long(600)))),
    'too-large',
    '1.0 KB',
    few(9),
  ),
  row('endless implied directories', gzip(app(DEEP)), 'too-many-entries', '200000 entries', { ...few(200_000) }),
  row('endless long names', gzip(app(LONG)), 'too-much-overhead', '1.5 MB of names', few(2000)),
  row(
    'one directory, repeated endlessly',
    gzip(app(many(9, () => folder('a/')))),
    'too-many-entries',
    '10 entries',
    few(10),
  ),
  row(
    'the root, repeated endlessly',
    gzip(app(many(9, () => folder('./')))),
    'too-many-entries',
    '10 entries',
    few(10),
  ),
  row(
    'endless global headers',
    gzip(app(many(5000, () => pax({ comment: 'a' }, 'g')))),
    'too-much-overhead',
    '4.0',
    few(4),
  ),
  row('endless zeros', gzip(app(Buffer.alloc(5 * 1024 ** 2))), 'too-much-overhead', '4.0 MB', few(4)),
  row(
    'a gzip bomb',
    gzipSync(app(file('bomb', Buffer.alloc(8 * 1024 ** 2))), { level: 9 }),
    'too-large',
    '1.0 KB',
    few(9),
  ),
  row(
    'too many v7 entries',
    gzip(app(many(9, (i) => file(`${i}`, '', { magic: V7, type: '\0' })))),
    'too-many-entries',
    '5',
    few(5),
  ),
  row(
    'mode and time too large, and a climbing name',
    gzip(app(file('../a', '', { mode: base256(9n, 8, 0xff), mtime: octal(7) }))),
    'climbing-name',
    '"../a"',
  ),
];
