/** What port says about repositories, their hooks, their settings and the trash. */
import { basename, join } from 'node:path';
import { command, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { orList } from '../did-you-mean.ts';
import { firstLine, usage } from './text.ts';

export const noRoot = (root: string) =>
  new Trouble('no-root', EXIT.usage, `the repositories folder ${root} does not exist`, {
    hint: './install.sh port creates it; to use another one: git config --system doskara.root',
  });

export const noApp = (app: string, near: readonly string[]) =>
  new Trouble('no-app', EXIT.usage, `there is no app ${app}`, {
    hint:
      near.length > 0
        ? [`did you mean ${orList(near)}? all apps: `, command('list')]
        : ['to create it: ', command('create', app)],
  });

export const appRenamed = (app: string, name: string) =>
  new Trouble('app-renamed', EXIT.usage, `${app} is now called ${name}`, {
    hint: ['to see it: ', command('status', name)],
  });

export const noRepository = (folder: string) =>
  new Trouble('no-repository', EXIT.usage, `${folder} is not a bare repository`, {
    hint: 'name an app, or the folder that contains HEAD, objects and refs',
  });

/** `folder`: of the app's records, inside its repository. */
export const appGone = (folder: string) =>
  new Trouble('app-gone', EXIT.usage, `the app was renamed or destroyed during the build: ${folder} no longer exists`, {
    hint: [command('list'), '; to build what was pushed to a renamed app: ', command('reconcile')],
  });

export const previousHookExists = (repository: string, hook: string) =>
  new Trouble('hook-kept-already', EXIT.usage, `${repository} has another ${hook} hook, and an earlier one saved`, {
    hint: `look at both, and remove one: ls -l ${join(repository, 'hooks')}`,
  });

export const hooksPathSet = (repository: string, path: string, file: string) =>
  new Trouble('hooks-path', EXIT.usage, `${repository} uses the hooks in ${path} (core.hooksPath)`, {
    hint: `call ${file} from your ${basename(file)} hook there, or: git -C ${repository} config core.hooksPath hooks`,
  });

export const hooksUnwritable = (repository: string, cause: NodeJS.ErrnoException) =>
  new Trouble('hooks-unwritable', EXIT.usage, `cannot write to ${join(repository, 'hooks')}: ${cause.code}`, {
    cause,
    hint: `run this as the repository's owner: ls -ld ${join(repository, 'hooks')}`,
  });

export const configLocked = (file: string, lock: string, cause: NodeJS.ErrnoException) =>
  new Trouble('config-locked', EXIT.usage, `cannot change ${file}: ${cause.code} at ${lock}`, {
    cause,
    hint: cause.code === 'EEXIST' ? `if no git is running there: rm ${lock}` : "run this as the repository's owner",
  });

export const shallowHistory = (repository: string) =>
  new Trouble('shallow', EXIT.usage, `${repository} has a shallow history, which a bundle cannot hold`, {
    hint: `move it away by hand: mv ${repository} …`,
  });

export const notTrashed = (what: string, folder: string, cause: Error) =>
  new Trouble('not-put-aside', EXIT.usage, `cannot back up ${what} to ${folder}: ${cause.message.split('\n')[0]}`, {
    cause,
    hint: `nothing is lost; check the repository (git -C ${what} fsck) and the disk (df -h), then try again`,
  });

export const badRefUpdate = (line: string) =>
  new Trouble('bad-ref-update', EXIT.usage, `${JSON.stringify(escaped(line))} is not a ref update`, {
    hint: 'this is a git hook: git runs it with "old new ref" lines on its standard input',
  });

export const notTrusted = (path: string, uid: number, cause: Error) =>
  usage(
    'not-trusted',
    `${path} belongs to another user (uid ${uid}), so git does not trust it`,
    `run this as its owner; if you trust that user: git config --global --add safe.directory ${path}`,
    cause,
  );

export const configUnreadable = (cause: Error) =>
  usage(
    'config-unreadable',
    `git cannot read its configuration: ${firstLine(cause.message)}`,
    'an admin can fix that file on port',
    cause,
  );

export const stateUnusable = (state: string, cause: NodeJS.ErrnoException) =>
  usage('state-unusable', `cannot create ${state}: ${cause.code}`, `run this as the repository's owner`, cause);

export const notOwner = (path: string, uid: number) =>
  usage('not-owner', `${path} belongs to another user (uid ${uid})`, 'run this as its owner');

export const stateForeign = (state: string) =>
  usage(
    'state-foreign',
    `${state} is a symbolic link or belongs to another user`,
    `check it, then remove it: ls -ld ${state}`,
  );

export const recordDamaged = (number: number, file: string, log: string) =>
  usage('record-damaged', `the record of build ${number} is damaged: ${file}`, `look at its log: less ${log}`);

export const noNumberLeft = (file: string) =>
  usage('no-number-left', `no build number is left after ${file}`, `if that is not a record: rm ${file}`);
