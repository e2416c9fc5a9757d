import { entry, file, folder, gnuLong, gzip, hardlink, pax, symlink, tar, utf8 } from '../tar-writer.ts';
import { hostile, long, row } from './row.ts';

export const NAMES = [
  hostile('an absolute name', 'absolute-name', '"/etc/passwd"', file('/etc/passwd')),
  hostile('an absolute directory', 'absolute-name', '"/"', folder('/')),
  hostile('an absolute name in pax', 'absolute-name', '"/x"', pax({ path: '/x' }), file('ok')),
  hostile('an absolute GNU long name', 'absolute-name', '"/x"', gnuLong('L', '/x'), file('ok')),
  hostile('an absolute prefix', 'absolute-name', '"/a/b"', file('b', '', { prefix: '/a' })),
  ...['..', '../', '../x', 'a/../x', 'a/../../x', 'a/..', './..', './/../x', 'a/b/../../../x', '.././x'].map((name) =>
    hostile(
      `a name that climbs: ${name}`,
      'climbing-name',
      `"${name}"`,
      entry({ name, type: name.endsWith('/') ? '5' : '0' }),
    ),
  ),
  hostile('a prefix with ..', 'climbing-name', '"../x"', file('x', '', { prefix: '..' })),
  hostile('a link whose name has ..', 'climbing-name', '"../x"', symlink('../x', 'y')),
  hostile('no name', 'bad-name', '""', file('')),
  hostile('no name in pax', 'bad-name', '""', pax({ path: '' }), file('ok')),
  hostile('a NUL in a pax name', 'bad-name', '"a\\u0000b"', pax({ path: 'a\0b' }), file('ok')),
  hostile('a root that is a file', 'bad-name', '"."', file('.')),
  hostile('a root that is a link', 'bad-name', '"./"', symlink('./', '/etc')),
  hostile('a name of 4097 bytes', 'bad-name', /"n\/n\/.*…"/, pax({ path: `${'n/'.repeat(2048)}n` }), file('ok')),
  hostile('a name of a megabyte', 'bad-name', /"nnn.*…"/, gnuLong('L', long(1_000_000)), file('ok')),
  hostile('a component of 256 bytes', 'bad-name', /"a\/nnn.*"/, pax({ path: `a/${long(256)}/b` }), file('ok')),
  hostile('a whiteout', 'whiteout', '".wh.app"', file('.wh.app')),
  hostile('an opaque whiteout', 'whiteout', '"a/.wh..wh..opq"', file('a/.wh..wh..opq')),
  hostile('a whiteout as a parent directory', 'whiteout', '"a/.wh.b/c"', file('a/.wh.b/c')),
  hostile(
    'a name with escape sequences',
    'climbing-name',
    '"../\\u001b[31m\\u202ered"',
    file(utf8('../\x1b[31m\u202ered')),
  ),
];

const nested = (name: string) => tar(file(`${name}/build.sh`), file(`${name}/run.sh`));

const RUN = file('run.sh');

export const ROOTS = [
  ...[
    '/bin/sh',
    '../x',
    'a/../x',
    'gone',
    'folder',
    'folder/',
    'x/',
    'x/.',
    'link',
    'hard',
    'build.sh',
    './build.sh',
    '.',
  ].map((target) =>
    row(
      `build.sh as a link to '${target}'`,
      gzip(
        tar(symlink('build.sh', target), RUN, file('x'), file('folder/x'), symlink('link', 'x'), hardlink('hard', 'x')),
      ),
      'script-not-regular',
      'build.sh',
    ),
  ),
  row('build.sh as a directory', gzip(tar(folder('build.sh/'), RUN)), 'script-not-regular', 'build.sh'),
  row('build.sh as an implied directory', gzip(tar(file('build.sh/x'), RUN)), 'script-not-regular', 'build.sh'),
  row(
    'run.sh as a hard link',
    gzip(tar(file('build.sh'), hardlink('run.sh', 'build.sh'))),
    'script-not-regular',
    'run.sh',
  ),
  row('no build.sh', gzip(tar(RUN)), 'scripts-missing', 'no build.sh in the root'),
  row('no run.sh', gzip(tar(file('build.sh'))), 'scripts-missing', 'no run.sh in the root'),
  row('no scripts', gzip(tar(file('a'))), 'scripts-missing', 'no build.sh and no run.sh'),
  row(
    'scripts in the wrong case',
    gzip(tar(file('Build.sh'), file('RUN.SH'))),
    'scripts-missing',
    'no build.sh and no',
  ),
  row(
    'script names with spaces',
    gzip(tar(file('build.sh '), file(' run.sh'))),
    'scripts-missing',
    'no build.sh and no',
  ),
  row('scripts in one directory', gzip(nested('myapp')), 'scripts-missing', /no build.sh.*\n.*"myapp"/),
  row('scripts in a deep directory', gzip(nested('./a//b')), 'scripts-missing', /no build.sh.*\n.*"a\/b"/),
  row(
    'scripts in two directories',
    gzip(nested('a').subarray(0, -1024), nested('b')),
    'scripts-missing',
    /\n.*they are in "a", "b"/,
  ),
];
