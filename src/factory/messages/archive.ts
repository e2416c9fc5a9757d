/** Why the factory refuses an archive. */
import { isScript, type LayoutProblem } from '../../app-layout.ts';
import type { NeedProblem } from '../../dependencies.ts';
import { command, forAdmin, type Hint, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { formatBytes } from '../../units.ts';
import { type EntryKind, nameAsText } from '../archive/entry.ts';

const shown = (name: string) => {
  const text = escaped(nameAsText(name));
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text).replaceAll('\\\\u', '\\u');
};

const refused = (code: string, message: string, hint: Hint) => new Trouble(code, EXIT.refused, message, { hint });
const SEND_AGAIN = ['to send it again: ', command('replay', '<app>')];
const MAKE_AGAIN = 'create it with git archive, or tar czf';
const LEAVE_OUT = 'remove it, or replace it with a regular file';
const RENAME = 'rename it';
const raise = (setting: string) => forAdmin(`raise ${setting} on the factory`, `ask an admin to raise ${setting}`);

export const nothingReceived = () =>
  refused('archive-empty', 'no archive received', 'send one on standard input: git archive HEAD | …');

export const notArchive = () => refused('not-tar', 'this is not a tar or tar.gz archive', MAKE_AGAIN);
export const notTar = () => refused('not-tar', 'the archive is damaged: not a tar header', SEND_AGAIN);
export const archiveTruncated = () => refused('archive-truncated', 'the archive is truncated', SEND_AGAIN);

export const archiveDamaged = (detail: string) =>
  refused('archive-damaged', `the archive is damaged: ${detail}`, SEND_AGAIN);

export const trailingData = () =>
  refused('trailing-data', 'unexpected data after the end of the archive', 'send a single archive and nothing else');

export const emptyArchive = () => refused('archive-without-entries', 'the archive is empty', MAKE_AGAIN);

export const headerTooLong = (size: number | undefined) =>
  refused(
    'header-too-long',
    size === undefined
      ? 'the archive has a header of unreadable size'
      : `the archive has a header of ${formatBytes(size)}, which is too long`,
    MAKE_AGAIN,
  );

export const badPax = () => refused('bad-pax', 'the archive has a damaged pax header', MAKE_AGAIN);

export const strayHeader = () =>
  refused(
    'stray-header',
    'the archive has two headers for the same field of an entry, or one that no entry follows',
    MAKE_AGAIN,
  );

export const forbiddenGlobal = (key: string) =>
  refused('forbidden-pax', `the archive sets ${shown(key)} for all entries, which is not allowed`, MAKE_AGAIN);

export const sparse = (name: string) => forbiddenKind(name, 'S');
export const badSize = (name: string) => refused('bad-size', `${shown(name)} has an invalid size`, MAKE_AGAIN);
export const twoSizes = (name: string) => refused('two-sizes', `${shown(name)} has two different sizes`, MAKE_AGAIN);

export const bodyOfNoFile = (name: string, kind: EntryKind) =>
  refused('link-with-body', `${shown(name)} is a ${kind} with contents`, MAKE_AGAIN);

export const forbiddenKind = (name: string, type: string) =>
  refused(
    'forbidden-kind',
    `${shown(name)} is ${KINDS[type] ?? 'of an unknown type'}, which is not allowed in an app`,
    LEAVE_OUT,
  );

export const twice = (name: string) => refused('entry-twice', `${shown(name)} is in the archive twice`, MAKE_AGAIN);

export const throughNonFolder = (name: string, folder: string, kind: EntryKind) =>
  refused('through-link', `${shown(name)} goes through ${shown(folder)}, which is a ${kind}`, LEAVE_OUT);

export const tooManyEntries = (limit: number) =>
  refused('too-many-entries', `the archive has more than ${limit} entries`, raise('DOSKARA_MAX_ENTRIES'));

export const tooLarge = (limit: number) =>
  refused('too-large', `the archive unpacks to more than ${formatBytes(limit)}`, raise('DOSKARA_MAX_UNPACKED'));

export const tooMuchOverhead = (limit: number) =>
  refused(
    'too-much-overhead',
    `the archive has more than ${formatBytes(limit)} of names and headers`,
    raise('DOSKARA_MAX_ENTRIES'),
  );

export const badTarget = (name: string) =>
  refused('bad-target', `${shown(name)} is a symbolic link with an invalid target`, LEAVE_OUT);

export const badHardLink = (name: string, target: string) =>
  refused(
    'bad-target',
    `${shown(name)} is a hard link to ${shown(target)}, which is not an earlier file of the archive`,
    LEAVE_OUT,
  );

export const absoluteName = (name: string) =>
  refused('absolute-name', `${shown(name)} is an absolute path`, 'create the archive with: tar czf - -C FOLDER .');

export const climbingName = (name: string) =>
  refused(
    'climbing-name',
    `${shown(name)} points outside the archive`,
    'create the archive with: tar czf - -C FOLDER .',
  );

export const badName = (name: string) => refused('bad-name', `${shown(name)} is not a valid file name`, RENAME);

export const whiteout = (name: string) =>
  refused('whiteout', `${shown(name)} starts with .wh., which is reserved in image layers`, RENAME);

export const fileNotRegular = (file: string) =>
  refused(
    isScript(file) ? 'script-not-regular' : 'dockerfile-not-regular',
    `${file} is neither a regular file nor a link to one in the archive`,
    `add ${file} to the archive as a regular file`,
  );

export const appMissing = ({
  scripts,
  dockerfile,
  instead: { folders },
}: Extract<LayoutProblem, { kind: 'missing' }>) =>
  refused(
    'scripts-missing',
    `no ${scripts.join(' and no ')} in the root of the archive, and no ${dockerfile}`,
    folders[0] === undefined
      ? `an app needs build.sh (builds it) and run.sh (starts it) in its root, or ${dockerfile}`
      : `they are in ${folders.slice(0, MAX_FOLDERS_LISTED).map(shown).join(', ')}${folders.length > MAX_FOLDERS_LISTED ? ', …' : ''}: create the archive inside ${folders.length === 1 ? 'that folder' : 'one of them'}`,
  );

export const dockerfileTooLarge = (file: string, limit: number) =>
  refused('dockerfile-too-large', `${file} is larger than ${formatBytes(limit)}`, `make ${file} smaller`);

const FIX_NEEDS = 'fix its # needs: line, or add the file';

export const needMissing = (word: string) =>
  refused('need-missing', `deps.sh needs ${shown(word)}, which is not in the archive`, FIX_NEEDS);

export const wrongNeeds = (problem: NeedProblem) =>
  problem.kind === 'too-many'
    ? refused('too-many-needs', `deps.sh needs more than ${problem.limit} files`, 'name folders, or use patterns')
    : refused('wrong-need', `deps.sh needs ${shown(problem.word)}, which is not a plain relative path`, FIX_NEEDS);

const MAX_FOLDERS_LISTED = 10;

const KINDS: Record<string, string> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
  D: 'a GNU dumpdir',
  M: 'a part of a multi-volume archive',
  S: 'a GNU sparse file',
  s: 'a socket',
  V: 'a volume header',
};

export const brokenOff = (cause: NodeJS.ErrnoException) =>
  new Trouble('archive-broken-off', EXIT.refused, `the archive was cut off: ${cause.code ?? cause.message}`, {
    cause,
    hint: SEND_AGAIN,
  });

/** Not the archive's fault: port sends it again. */
export const senderSilent = (seconds: number) =>
  new Trouble('sender-silent', EXIT.factory, `the archive stopped arriving: no data for ${seconds} s`, {
    hint: SEND_AGAIN,
  });

/** undefined if the error is not zlib's. */
export function asGzipTrouble({ code, message }: NodeJS.ErrnoException): Trouble | undefined {
  if (!code?.startsWith('Z_')) return undefined;
  if (code === 'Z_BUF_ERROR') return archiveTruncated();
  // zlib means the header of a second gzip member
  return message === 'incorrect header check' ? trailingData() : archiveDamaged(message);
}
