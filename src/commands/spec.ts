import type { Command } from 'commander';
import type { Hint } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { InstalledPaths } from './installed-paths.ts';

/**
 * A command of `doskara`. The command line, --help, the man page, completion and what pushers may type over ssh all
 * come from it.
 */
export type CommandSpec = CommandGroup | AdminCommand | SharedCommand;

export type LeafSpec = AdminCommand | SharedCommand;

interface Named {
  name: string;
  /** One sentence for --help, without a capital letter or a full stop. */
  summary: string;
  hidden?: boolean;
  /** Another name that people try. */
  alias?: string;
}

/** A command that only has subcommands, such as `key`. */
export interface CommandGroup extends Named {
  subcommands: readonly AdminCommand[];
}

interface Leaf extends Named {
  arguments?: readonly ArgumentSpec[];
  options?: readonly OptionSpec[];
  /** The arguments as --help shows them, if that is not how they are parsed. */
  usage?: string;
  /** Shown below the options in --help. */
  notes?: string;
}

export interface AdminCommand extends Leaf {
  who: 'admin';
  /** Returns the exit code; nothing means 0. */
  run(args: unknown[], options: object, session: AdminSession): CommandResult;
}

export interface SharedCommand extends Leaf {
  who: 'pusher' | 'both';
  /** May take as long as a build does: a pusher's key may run only so many at once. */
  lasts?: boolean;
  /** Returns the exit code; nothing means 0. */
  run(args: unknown[], options: object, session: Session): CommandResult;
}

// biome-ignore lint/suspicious/noConfusingVoidType: most commands return nothing
type CommandResult = Promise<ExitCode | void>;

export interface ArgumentSpec {
  name: string;
  meaning?: string;
  optional?: boolean;
  variadic?: boolean;
  choices?: readonly string[];
  completes?: Completion;
  /** What a pusher may type here. An argument without a grammar is for admins only. */
  grammar?: Grammar;
}

export interface OptionSpec {
  /** As commander takes them: `-n, --limit <number>`. Pushers type the short flag where there is one. */
  flags: string;
  meaning: string;
  completes?: Completion;
  /** Of the value, if it takes one. Without a grammar such an option is for admins only. */
  grammar?: Grammar;
  default?: number;
}

export interface Grammar {
  fits(text: string): boolean;
  /** `a build's number`, as in "x is not a build's number". */
  wanted: string;
}

/**
 * What the shell offers on Tab. `repos`: apps or paths; `list`: apps separated by commas; the others but `files` are the
 * kinds that `doskara complete` knows.
 */
export type Completion =
  | 'apps'
  | 'builds'
  | 'commits'
  | 'files'
  | 'images'
  | 'keys'
  | 'list'
  | 'repos'
  | 'secrets'
  | 'settings'
  | 'topics';

/** Who runs a command, and from where: an admin on port, or a pusher over ssh. */
export interface Session {
  installed: InstalledPaths;
  /** Columns of the terminal; undefined in a pipe. */
  width: number | undefined;
  /** Finds an app and becomes its owner. A Trouble (exit code 2) if there is no such app, or the key may not use it. */
  openApp(app: string): Promise<OpenedApp>;
  /** Finds all apps that may be used, and becomes their owner. */
  openApps(): Promise<string[]>;
  /** Whether builds go on without this terminal. */
  outlivesTerminal: boolean;
  /** Aborts when a build that was started here has to end. */
  buildSignal(): AbortSignal;
  /** Aborts when nobody reads the output any more. */
  readerGone(): AbortSignal;
  commandNames: readonly string[];
  /** A hint with its commands as one types them here: `doskara …`, or `ssh git@port …`. */
  typed(hint: Hint): string;
  /** Prints the help of a command, or of all; returns false if there is no such command. */
  showHelp(...names: string[]): boolean;
}

export interface AdminSession extends Session {
  /** The whole command line. */
  program: Command;
}

export interface OpenedApp {
  folder: string;
  /** Who the build's record says did it. */
  who: string;
}
