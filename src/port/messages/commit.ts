/** What port says about a commit, and its archive. */
import { DOCKERFILE, type ForeignFile, type Instead, isScript, type LayoutProblem } from '../../app-layout.ts';
import { isPlainPath } from '../../dockerfile-options.ts';
import { command, forAdmin, onPort, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { factory, firstLine, refused, short, some } from './text.ts';

export function archiveFailed(commit: string, stderr: string): Trouble {
  if (/out of memory/i.test(stderr))
    return refused(
      'archive-too-large',
      `git archive needs too much memory for ${short(commit)}: ${firstLine(stderr)}`,
      'check export-subst in .gitattributes and very large files; then commit and push again',
    );
  const failed = `git archive of ${short(commit)} failed: ${firstLine(stderr)}`;
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

/** `dockerfile`: another one than that in the root was named, by an admin. */
export function appMissing(
  { scripts, dockerfile, instead }: Extract<LayoutProblem, { kind: 'missing' }>,
  branch: string,
) {
  const inRoot = `no ${scripts.join(' and no ')} in the root of the commit`;
  return dockerfile === DOCKERFILE
    ? refused('scripts-missing', `${inRoot}, and no Dockerfile; nothing was sent`, [
        ...toMakeApp(instead, branch).flatMap((line) => [line, '\n']),
        'more about both ways: ',
        command('help', 'apps'),
      ])
    : refused(
        'dockerfile-missing',
        `no ${dockerfile} in the commit, and ${inRoot}; nothing was sent`,
        forAdmin(
          ['add it, commit and push again; or set doskara.dockerfile: ', command('config', '<app>', 'dockerfile')],
          'add it, commit and push again; or ask an admin to change doskara.dockerfile',
        ),
      );
}

function toMakeApp({ folders, dockerfiles, files }: Instead, branch: string): string[] {
  const [folder] = folders;
  const [dockerfile] = dockerfiles;
  if (folder === undefined && dockerfile !== undefined)
    return [
      `there is ${some(dockerfiles.slice(0, MAX_FOLDERS_LISTED), dockerfiles.length)}; to build one of them, ask an admin:`,
      isPlainPath(dockerfile)
        ? onPort(command('config', '<app>', 'dockerfile', dockerfile))
        : 'doskara.dockerfile, which takes a path of letters, digits, and . _ -',
    ];
  if (folder === undefined) return [...files.map((file) => FOREIGN_FILES[file]), ...EXAMPLE];
  const where =
    folders.length === 1
      ? some([folder], 1)
      : `${folders.length} folders: ${some(folders.slice(0, MAX_FOLDERS_LISTED), folders.length)}`;
  return [
    `they are in ${where}; to build ${folders.length === 1 ? 'that folder' : 'one of them'}, ask an admin:`,
    `  ${isPlainPath(folder) ? onPort(command('config', '<app>', 'folder', folder)) : 'doskara.folder, which takes a path of letters, digits, and . _ -'}`,
    'or push it alone:',
    `  git push --force doskara "$(git subtree split --prefix=${quoted(folder)})":refs/heads/${branch}`,
  ];
}

const MAX_FOLDERS_LISTED = 10;

const FOREIGN_FILES: Record<ForeignFile, string> = {
  Procfile: 'Doskara does not read a Procfile: the command after web: goes to run.sh',
};

const EXAMPLE = [
  'an app needs build.sh and run.sh in its root, or a Dockerfile; for example:',
  '  build.sh:  apt-get update && apt-get install -y nodejs npm && npm ci',
  '  run.sh:    exec node server.js',
  'add them, commit and push again',
];

/** A name as a shell takes it, for a command that people paste. */
const quoted = (name: string) => `'${escaped(name).replaceAll("'", "'\\''")}'`;

export const fileNotRegular = (file: string) =>
  refused(
    isScript(file) ? 'script-not-regular' : 'dockerfile-not-regular',
    `${file} is neither a regular file nor a link to one in the commit; nothing was sent`,
    `make ${file} a regular file, commit and push again`,
  );

export const dockerfileUnused = (dockerfile: string) =>
  `built with build.sh and run.sh; ${dockerfile} is not used, as an app with both scripts needs none`;

export const filesExported = (missing: readonly string[]) =>
  refused(
    'export-ignored',
    `.gitattributes marks ${missing.join(' and ')} as export-ignore, so git archive omits ${missing.length > 1 ? 'them' : 'it'}; nothing was sent`,
    'remove export-ignore in .gitattributes, commit and push again',
  );

/** `count`: of how many `paths` are the first. */
export const submodules = (paths: readonly string[], count: number) =>
  `${some(paths, count)} ${count === 1 ? 'is a submodule' : 'are submodules'}: git archive sends an empty folder`;

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
