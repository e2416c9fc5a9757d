/** What port says about a commit that lacks the files of an app. */
import { dirname } from 'node:path';
import { DOCKERFILE, type ForeignFile, type Instead, isScript, type LayoutProblem } from '../../app-layout.ts';
import { isPlainPath } from '../../dockerfile-options.ts';
import { command, forAdmin, onPort } from '../../errors.ts';
import { escaped } from '../../printable.ts';
import { refused, some } from './text.ts';

/** `dockerfile`: an admin may have named another one than that in the root. */
export function appMissing(
  { scripts, dockerfile, instead }: Extract<LayoutProblem, { kind: 'missing' }>,
  branch: string,
) {
  const inRoot = `no ${scripts.join(' and no ')} in the root of the commit`;
  return dockerfile === DOCKERFILE
    ? refused('scripts-missing', `${inRoot}, and no Dockerfile; nothing was sent`, [
        ...toMakeApp(instead, branch).flatMap((line) => [line, '\n']),
        'more about what makes an app: ',
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
  const misnamed = dockerfiles.find((path) => !path.includes('/'));
  if (folder === undefined && misnamed !== undefined)
    return [`to build ${misnamed}, rename it, commit and push again:`, `  git mv ${misnamed} ${DOCKERFILE}`];
  if (folder === undefined && dockerfile !== undefined)
    return [
      `there is ${some(dockerfiles.slice(0, MAX_FOLDERS_LISTED), dockerfiles.length)}; to build ${dockerfiles.length === 1 ? 'it' : 'one of them'}, ask an admin:`,
      `  ${setTo('dockerfile', dockerfile)}`,
      'or, if its folder alone is the build context:',
      `  ${setTo('folder', dirname(dockerfile))}`,
    ];
  if (folder === undefined) return [...files.map((file) => FOREIGN_FILES[file]), ...EXAMPLE];
  const where =
    folders.length === 1
      ? some([folder], 1)
      : `${folders.length} folders: ${some(folders.slice(0, MAX_FOLDERS_LISTED), folders.length)}`;
  return [
    `they are in ${where}; to build ${folders.length === 1 ? 'that folder' : 'one of them'}, ask an admin:`,
    `  ${setTo('folder', folder)}`,
    'or push it alone:',
    `  git push --force doskara "$(git subtree split --prefix=${quoted(folder)})":refs/heads/${branch}`,
  ];
}

const MAX_FOLDERS_LISTED = 10;

const setTo = (setting: string, path: string) =>
  isPlainPath(path)
    ? onPort(command('config', '<app>', setting, path))
    : `to set doskara.${setting}, once that path has only letters, digits and . _ -`;

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

export const dockerfileUnused = (dockerfile: string) => `build.sh and run.sh build this app; ${dockerfile} is not used`;

export const filesExported = (missing: readonly string[]) =>
  refused(
    'export-ignored',
    `.gitattributes marks ${missing.join(' and ')} as export-ignore, so git archive omits ${missing.length > 1 ? 'them' : 'it'}; nothing was sent`,
    'remove export-ignore in .gitattributes, commit and push again',
  );
