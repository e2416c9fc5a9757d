/** What port says about a commit, and its archive. */
import { command, forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { formatBytes } from '../../units.ts';
import { factory, firstLine, refused, short, some } from './text.ts';

export function archiveFailed(commit: string, stderr: string): Trouble {
  // warnings come before it
  const reason = /^(?:fatal|error): .*$/m.exec(stderr)?.[0] ?? stderr;
  if (/out of memory/i.test(stderr))
    return refused(
      'archive-too-large',
      `git archive needs too much memory for ${short(commit)}: ${firstLine(reason)}`,
      'check export-subst in .gitattributes and very large files; then commit and push again',
    );
  const failed = `git archive of ${short(commit)} failed: ${firstLine(reason)}`;
  return /^error: invalid path '/m.test(stderr)
    ? refused('invalid-path', failed, 'git cannot check out such a path: remove it, commit and push again')
    : factory('archive-failed', failed, 'on port, in the repository: git fsck');
}

export const commitUnreadable = (commit: string, cause: Error) =>
  factory(
    'commit-unreadable',
    `git cannot read ${short(commit)}: ${firstLine(cause.message)}`,
    'on port, in the repository: git fsck',
    cause,
  );

export const gitOverstrained = (commit: string, cause: Error) =>
  new Trouble('git-overstrained', EXIT.refused, `git cannot handle ${short(commit)}: ${firstLine(cause.message)}`, {
    cause,
    hint: 'remove thousands of nested folders or huge files, commit and push again',
  });

export const tooManyEntries = (limit: number) =>
  refused(
    'too-many-entries',
    `the commit has more than ${limit} files and folders; nothing was sent`,
    forAdmin(
      [
        'to allow more: ',
        command('config', '<app>', 'maxEntries', String(2 * limit)),
        ' on port, DOSKARA_MAX_ENTRIES on the factory',
      ],
      'remove some, or ask an admin to allow more (doskara.maxEntries)',
    ),
  );

const MAX_NAME_SHOWN = 100;

export const nameTooLong = (path: string) =>
  refused(
    'name-too-long',
    `the name ${some([path.length > MAX_NAME_SHOWN ? `${path.slice(0, MAX_NAME_SHOWN)}…` : path], 1)} is longer than Linux allows; nothing was sent`,
    'shorten it, commit and push again',
  );

export const tooManyNames = (bytes: number) =>
  refused(
    'names-too-long',
    `the names of all files and folders in the commit add up to more than ${formatBytes(bytes)}; nothing was sent`,
    'use shorter ones or fewer files, commit and push again',
  );

/** `folder`: doskara.folder. */
export const folderMissing = (folder: string) =>
  refused(
    'folder-missing',
    `no folder ${folder} in the commit; nothing was sent`,
    forAdmin(
      ['add it, commit and push again; or set doskara.folder: ', command('config', '<app>', 'folder')],
      'add it, commit and push again; or ask an admin to change doskara.folder',
    ),
  );

/** `count`: of how many `paths` are the first. */
export const submodules = (paths: readonly string[], count: number) =>
  `${some(paths, count)} ${count === 1 ? 'is a submodule' : 'are submodules'}: git archive sends an empty folder unless doskara.submodules is on`;

/** `count`: of how many `paths` are the first; `of`: of how many files. */
export const exportIgnored = (paths: readonly string[], count: number, of: number) =>
  `${some(paths, count)} ${count === 1 ? 'is' : 'are'} not sent (export-ignore in .gitattributes): ${count} of ${of} files`;

export const lfs = () => 'Git LFS files are sent as pointers, without their contents';
export const crlf = (script: string) => `${script} has CRLF line endings, which most shells cannot run`;

export const noSuchCommit = ({ app }: { app: string }, revision: string) =>
  new Trouble('no-such-commit', EXIT.usage, `${app} has no commit ${JSON.stringify(escaped(revision))}`, {
    hint: 'name a commit, a branch or a tag of the repository on port',
  });

export const noBuildsYet = ({ app, branch }: { app: string; branch: string }) =>
  `${app} has no builds yet: git push doskara HEAD:${branch}`;

export const emptyRepository = ({ app, branch }: { app: string; branch: string }) =>
  new Trouble('empty-repository', EXIT.usage, `${app} has no branch ${branch} yet`, {
    hint: `git push doskara HEAD:${branch}`,
  });
