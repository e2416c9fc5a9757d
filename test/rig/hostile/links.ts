import { entry, file, folder, GNU, gnuLong, hardlink, pax, symlink } from '../tar-writer.ts';
import { hostile, long } from './row.ts';

export const LINKS = [
  hostile('a file through a link', 'through-link', '"a/b"', symlink('a', '/etc'), file('a/b')),
  hostile('a deep file through a link', 'through-link', '"a/b/c/d"', symlink('a/b', '..'), file('a/b/c/d')),
  hostile('a directory through a link', 'through-link', '"./a//b/"', symlink('a', 'x'), folder('./a//b/')),
  hostile('a hard link through a link', 'through-link', '"a/b"', symlink('a', '/etc'), hardlink('a/b', 'run.sh')),
  hostile('a file through a file', 'through-link', '"a/b"', file('a'), file('a/b')),
  hostile('a file through a hard link', 'through-link', '"a/b"', hardlink('a', 'run.sh'), file('a/b')),
  hostile('a link in place of its directory', 'entry-twice', '"a"', file('a/b'), symlink('a', '/etc')),
  hostile('a directory in place of a link', 'entry-twice', '"a/"', symlink('a', '/etc'), folder('a/')),
  hostile('a file in place of a directory', 'entry-twice', '"a"', folder('a/'), file('a')),
  hostile('a file twice', 'entry-twice', '"a"', file('a', '1'), file('a', '2')),
  hostile('a file twice, spelled differently', 'entry-twice', '".//./a"', file('a', '1'), file('.//./a', '2')),
  hostile('a script twice', 'entry-twice', '"./build.sh"', file('./build.sh', 'evil')),
  hostile('a link twice', 'entry-twice', '"a"', symlink('a', 'b'), symlink('a', 'c')),
  hostile('a link to nowhere', 'bad-target', '"a"', symlink('a', '')),
  hostile('a link with a NUL', 'bad-target', '"a"', pax({ linkpath: 'b\0c' }), symlink('a', 'x')),
  hostile('a link of 4097 bytes', 'bad-target', '"a"', gnuLong('K', long(4097)), symlink('a', 'x')),
  hostile('a link with a body', 'link-with-body', '"a" is a symlink', symlink('a', 'b', { body: 'data' })),
  hostile('a hard link with a body', 'link-with-body', '"a" is a hardlink', hardlink('a', 'run.sh', { body: 'data' })),
  hostile('a directory written as a file, with a body', 'link-with-body', '"a/" is a directory', file('a/', 'data')),
  ...[
    '/etc/passwd',
    '../run.sh',
    'a/../run.sh',
    './../run.sh',
    '',
    '.',
    '/',
    'run.sh/..',
    'later',
    'self',
    'Run.sh',
  ].map((target) =>
    hostile(`a hard link to '${target}'`, 'bad-target', '"self"', hardlink('self', target), file('later')),
  ),
  hostile('a hard link to a link', 'bad-target', '"b"', symlink('a', '/etc/passwd'), hardlink('b', 'a')),
  hostile('a hard link to a directory', 'bad-target', '"b"', folder('a/'), hardlink('b', 'a')),
  hostile('a hard link to an implied directory', 'bad-target', '"b"', file('a/c'), hardlink('b', 'a')),
  hostile('a hard link through a link to a file', 'bad-target', '"b"', symlink('a', '.'), hardlink('b', 'a/run.sh')),
  hostile('a hard link with a NUL', 'bad-target', '"b"', pax({ linkpath: 'run.sh\0x' }), hardlink('b', 'run.sh')),
];

export const KINDS = [
  hostile('a character device', 'forbidden-kind', '"dev" is a character device', entry({ name: 'dev', type: '3' })),
  hostile('a block device', 'forbidden-kind', '"dev" is a block device', entry({ name: 'dev', type: '4' })),
  hostile('a FIFO', 'forbidden-kind', '"pipe" is a FIFO', entry({ name: 'pipe', type: '6' })),
  hostile(
    'an old GNU sparse file',
    'forbidden-kind',
    '"hole" is a GNU sparse',
    file('hole', '', { type: 'S', magic: GNU }),
  ),
  hostile(
    'a part of another volume',
    'forbidden-kind',
    '"rest" is a part of',
    file('rest', '', { type: 'M', magic: GNU }),
  ),
  hostile('a volume header', 'forbidden-kind', '"label" is a volume', file('label', '', { type: 'V', magic: GNU })),
  hostile(
    'a dumpdir',
    'forbidden-kind',
    '"dir/" is a GNU dumpdir',
    file('dir/', 'Yfile\0\0', { type: 'D', magic: GNU }),
  ),
  ...['8', 'A', 'E', 'I', 'N', 'X', 'Z', ' ', '\n', '\x01', '\xff'].map((type) =>
    hostile(
      `the unknown type ${JSON.stringify(type)}`,
      'forbidden-kind',
      '"odd" is of an unknown',
      file('odd', '', { type }),
    ),
  ),
  ...['GNU.sparse.major', 'GNU.sparse.map', 'GNU.sparse.name', 'GNU.sparse.realsize', 'SCHILY.realsize'].map((key) =>
    hostile(`a sparse file by ${key}`, 'forbidden-kind', '"hole" is a GNU sparse', pax({ [key]: '1' }), file('hole')),
  ),
];
