import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import { VERSION_AND_SOURCE } from '../version.ts';
import { archive } from './archive.ts';
import { builds } from './builds.ts';
import { cancel } from './cancel.ts';
import { create } from './create.ts';
import { destroy } from './destroy.ts';
import { doctor } from './doctor.ts';
import { help, topicsHelp } from './help.ts';
import { hook } from './hook.ts';
import type { Installed } from './installed-paths.ts';
import { keyAdd, keyList, keyRemove } from './key.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { man } from './man/man.ts';
import { reconcile } from './reconcile.ts';
import { renameApp } from './rename.ts';
import { replay } from './replay.ts';
import { rollback } from './rollback.ts';
import { completion, SHELLS } from './shell/completion.ts';

const json = () => new Option('--json', 'print JSON');

/** The command line as commander knows it: what runs, --help and the man page come from here. */
export function makeProgram(here: Installed, result: Result): Command {
  const doskara = new Command('doskara')
    .description('Keeps the apps of this port: git push doskara main builds an image on the factory.')
    .version(VERSION_AND_SOURCE)
    .helpCommand(false)
    .addHelpText('after', () => topicsHelp(here))
    .exitOverride();
  addAppCommands(doskara, here);
  addNameCommands(doskara, here);
  addBuildCommands(doskara, here, result);
  addDoctor(doskara, here, result);
  addHookCommands(doskara.command('hook').description('put the hook into repositories, take it out, look'), here);
  addKeyCommands(doskara.command('key').description("let pushers' ssh keys in and out"), here);
  addHelpCommands(doskara, here);
  return doskara;
}

/** Where a command that builds leaves how it ended. */
export interface Result {
  exitCode: ExitCode;
}

function addAppCommands(doskara: Command, here: Installed): void {
  doskara
    .command('create')
    .description('make a bare repository for an app')
    .argument('<app>')
    .option('--gate', 'git takes a push only when it has been built')
    .action((app, options) => create(app, options, here));
  doskara
    .command('list')
    .description('all apps: head, last build, size of the image')
    .addOption(json())
    .action((options) => list(options, here));
  doskara
    .command('archive')
    .description('the very bytes that a build of a commit would send')
    .argument('<app>')
    .argument('[commit]', COMMIT)
    .option('-o, --output <file>', 'write to a file; a name in .tar.gz or .tgz compresses it')
    .action((app, commit, options) => archive(app, commit, options));
}

function addNameCommands(doskara: Command, here: Installed): void {
  doskara
    .command('rename')
    .description('give an app another name; records, logs and keys limited to it move along')
    .argument('<app>')
    .argument('<new>', 'the name that it gets')
    .action((app, name) => renameApp(app, name, here));
  doskara
    .command('destroy')
    .description('take an app away; what it was is put aside, and it says where')
    .argument('<app>')
    .option('-y, --yes', 'without asking for its name first')
    .action((app, options) => destroy(app, options, here));
}

const COMMIT = "a commit id, a branch or a tag; the branch's head if none is named";

function addBuildCommands(doskara: Command, here: Installed, result: Result): void {
  doskara
    .command('replay')
    .description('build a commit again')
    .argument('<app>')
    .argument('[commit]', COMMIT)
    .option('--no-cache', 'build every step anew')
    .action(async (app, commit, options) => {
      result.exitCode = await replay(app, commit, options);
    });
  doskara
    .command('rollback')
    .description('make an image that was built before the latest again, without a build')
    .argument('<app>')
    .argument('[commit]', 'of which commit; the one before what is the latest now if none is named')
    .action(async (app, commit) => {
      result.exitCode = await rollback(app, commit);
    });
  doskara
    .command('builds')
    .description('the builds of an app, newest first')
    .argument('<app>')
    .addOption(json())
    .addOption(new Option('-n, --limit <number>', 'how many').default(20).argParser(readLimit))
    .action((app, options) => builds(app, options, here));
  doskara
    .command('logs')
    .description('what a build said, the last one if none is named')
    .argument('<app>')
    .argument('[build]', 'its number')
    .option('-f, --follow', 'until the build ends, and with its exit code')
    .option('-t, --timestamps', 'with the time of each line')
    .action(async (app, build, options) => {
      result.exitCode = await logs(app, build, options);
    });
  doskara
    .command('cancel')
    .description('end what runs or waits for an app, on the factory too')
    .argument('<app>')
    .action((app) => cancel(app, here));
  doskara
    .command('reconcile')
    .description('build the heads whose build is missing or was lost; a timer runs this')
    .argument('[app]', 'one app alone')
    .action(async (app) => {
      result.exitCode = await reconcile(app, here);
    });
}

function addDoctor(doskara: Command, here: Installed, result: Result): void {
  doskara
    .command('doctor')
    .description('look at this port, its apps and its factories: what is wrong, and what mends it')
    .addOption(json())
    .addHelpText(
      'after',
      '\nExit code: 0 without errors (warnings are none), else 2 or 4, as the first error is one of port or of a factory.',
    )
    .action(async (options) => {
      result.exitCode = await doctor(options, here);
    });
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('a number from 1 on');
  return Number(text);
}

function addHookCommands(hooks: Command, here: Installed): void {
  for (const [action, description] of [
    ['install', 'link the hook; one that is there is kept and runs first'],
    ['remove', 'take the hook out, and put back the one that was there'],
    ['status', 'say which hook a repository has'],
  ] as const) {
    hooks
      .command(action)
      .description(description)
      .argument('[repo...]', 'apps, or paths of bare repositories')
      .option('--all', 'all repositories of this port')
      .addOption(json())
      .action((repositories, options) => hook(action, repositories, options, here));
  }
}

function addKeyCommands(keys: Command, here: Installed): void {
  keys
    .command('add')
    .description('let a public key push; it is read from standard input without FILE')
    .argument('<name>', 'whose key it is')
    .argument('[file]')
    .option('--apps <apps>', 'for these apps alone, such as a,b')
    .action((name, file, options) => keyAdd(name, file, options, here));
  keys
    .command('list')
    .description('who may push')
    .addOption(json())
    .action((options) => keyList(options, here));
  keys
    .command('remove')
    .description('shut a key out')
    .argument('<name>')
    .action((name) => keyRemove(name, here));
}

/** `doskara man` is for packagers and install.sh, so --help hides it; so it does `complete`, which the scripts call. */
function addHelpCommands(doskara: Command, here: Installed): void {
  doskara
    .command('help')
    .description('print a page of the manual, or the help of a command')
    .argument('[topic]', 'a topic or a command')
    .argument('[subcommand]')
    .action((topic, subcommand) => help(doskara, topic, subcommand, here));
  doskara
    .command('completion')
    .description('print a script that completes commands, apps, commits and builds')
    .addArgument(new Argument('<shell>', 'for which shell').choices(SHELLS))
    .action((shell) => here.print(completion(shell, doskara)));
  doskara
    .command('man', { hidden: true })
    .description('print a man page: doskara(1), or doskara-<topic>(7)')
    .argument('[topic]')
    .action((topic) => man(doskara, topic, here));
}
