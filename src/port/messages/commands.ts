/** What the commands of `doskara`, and those over ssh, refuse to do. */
import { isAppName } from '../../contract.ts';
import { command, forAdmin, type Hint, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { orList } from '../did-you-mean.ts';

const OWNER = "run it as root, or as the folder's owner";

export const notCreated = (folder: string, cause: NodeJS.ErrnoException) =>
  new Trouble('not-made', EXIT.usage, `cannot create ${folder}: ${cause.code}`, { cause, hint: OWNER });

export const notMoved = (folder: string, cause: NodeJS.ErrnoException) =>
  new Trouble('not-moved', EXIT.usage, `cannot move ${folder}: ${cause.code}`, { cause, hint: OWNER });

export const appExists = (app: string, folder: string, hint: Hint) =>
  new Trouble('app-exists', EXIT.usage, `app ${app} already exists in ${folder}`, { hint });

export const imageNamed = (image: string, app: string) =>
  new Trouble('image-named', EXIT.usage, `the setting doskara.app names this app's image: ${image}`, {
    hint: ["to use the folder's name instead: ", command('config', app, 'app', '--unset')],
  });

export const noTerminal = (hint: string) =>
  new Trouble('not-confirmed', EXIT.usage, 'cannot ask for confirmation without a terminal', { hint });

export const notConfirmed = (name: string, hint: string) =>
  new Trouble('not-confirmed', EXIT.usage, `the answer was not ${name}: nothing was changed`, { hint });

export const pathGiven = (verb: string, path: string) =>
  new Trouble('path-given', EXIT.usage, `doskara ${verb} takes the name of an app, but ${path} is a path`, {
    hint: ['to list the names: ', command('list'), '; move or delete a repository elsewhere by hand'],
  });

export const appIsLink = (folder: string) =>
  new Trouble('app-is-link', EXIT.usage, `${folder} is a symbolic link to a repository with another name`, {
    hint: `look at it, and change it by hand: ls -l ${folder}`,
  });

export const appBusy = (app: string) =>
  new Trouble('app-busy', EXIT.usage, `a build of ${app} is running or waiting`, {
    hint: ['wait for it: ', command('logs', app, '-f'), '; or cancel it: ', command('cancel', app)],
  });

export const nothingRuns = (app: string) =>
  new Trouble('nothing-runs', EXIT.usage, `no build of ${app} is running or waiting`, {
    hint: ['earlier builds: ', command('builds', app)],
  });

export const noBuild = ({ app, branch }: { app: string; branch: string }, build: string | undefined) =>
  build === undefined
    ? new Trouble('no-build', EXIT.usage, `${app} has no builds yet`, {
        hint: `to build what you have checked out: git push doskara HEAD:${escaped(branch)}`,
      })
    : new Trouble('no-build', EXIT.usage, `${app} has no build ${build}`, { hint: [command('builds', app)] });

export const noRollback = (app: string, revision: string | undefined) =>
  revision === undefined
    ? new Trouble('no-rollback', EXIT.usage, `${app} has no earlier image to roll back to`, {
        hint: ['its builds: ', command('builds', app)],
      })
    : new Trouble('no-rollback', EXIT.usage, `no build of ${app} made an image of that commit`, {
        hint: ['to build it: ', command('replay', app, revision)],
      });

export const noImage = (app: string, build: number, exists: boolean) =>
  new Trouble(
    'no-rollback',
    EXIT.usage,
    exists ? `build ${build} of ${app} has no image` : `${app} has no build ${build}`,
    {
      hint: ['its builds: ', command('builds', app)],
    },
  );

export const nothingLive = (app: string) =>
  new Trouble('nothing-live', EXIT.usage, `${app} has no image that is live, or its record is no longer kept`, {
    hint: ['name a build: ', command('builds', app)],
  });

export const archiveToTerminal = (app: string) =>
  new Trouble('archive-to-terminal', EXIT.usage, 'refusing to write an archive to a terminal', {
    hint: [command('archive', app, '-o', `${app}.tar.gz`)],
  });

export const archiveNotWritten = (app: string, file: string, owner: string, cause: NodeJS.ErrnoException) =>
  new Trouble('archive-not-written', EXIT.usage, `cannot write ${file}: ${cause.code ?? cause.message}`, {
    cause,
    hint: [`the repository's owner writes it; as ${owner}: `, command('archive', app), ` > ${file}`],
  });

export const whichRepositories = (action: string) =>
  new Trouble('which-repositories', EXIT.usage, 'name repositories, or all of them with --all', {
    hint: [command('hook', action, 'myapp'), ', or: ', command('hook', action, '--all')],
  });

// Over ssh

/** `near`: names that the key may use. */
export const noAppHere = (asked: string, near: readonly string[]) =>
  new Trouble('no-app', EXIT.usage, `there is no app ${JSON.stringify(escaped(asked))} here`, {
    hint:
      near.length > 0
        ? [`did you mean ${orList(near)}? all your apps: `, command('list')]
        : forAdmin(
            ['to create it: ', command('create', isAppName(asked) ? asked : '<app>')],
            'ask an admin to create it',
          ),
  });

export const appRenamedHere = (app: string, name: string, url: string) =>
  new Trouble('app-renamed', EXIT.usage, `${app} is now called ${name}`, { hint: `git remote set-url doskara ${url}` });

export const noRemoteArchives = () =>
  new Trouble('no-archives', EXIT.usage, 'git archive --remote is not available here', {
    hint: 'git clone, then git archive in the clone',
  });

export const unexpectedArgument = (shown: string) => `unexpected argument ${shown}`;
/** `wanted`: such as "an app's name". */
export const missingArgument = (verb: string, wanted: string) => `${verb} needs ${wanted}`;
export const badArgument = (shown: string, wanted: string) => `${shown} is not ${wanted}`;
export const badOption = (flag: string, wanted: string, shown: string) => `${flag} needs ${wanted}, not ${shown}`;

/** `usage`: of the command that was misspelt. */
export const wrongArgs = (verb: string, usage: readonly string[], message: string) =>
  new Trouble('wrong-words', EXIT.usage, message, { hint: [command(verb, ...usage)] });

/** `asked`: the ssh command, escaped and quoted. */
export const notServed = (asked: string, verbs: readonly string[]) =>
  new Trouble('not-served', EXIT.usage, `${asked} is not available here`, {
    hint: `you can git push, git fetch and git clone, and use ${verbs.join(', ')}`,
  });
