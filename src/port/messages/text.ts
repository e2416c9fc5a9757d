/** Text that several messages share. */
import { command, forAdmin, formatHint, type Hint, isForAdmin, Trouble, type Words } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { LATEST } from '../../image-tag.ts';
import { escaped } from '../../printable.ts';

export const short = (commit: string) => commit.slice(0, 12);
/** Without refs/heads/. */
export const branchOf = (ref: string) => escaped(ref.replace(/^refs\/heads\//, ''));

/** An app, and one of its branches: see PortSettings. */
export interface AskedBranch {
  app: string;
  branch: string;
  branches: readonly string[];
}

/** For a command that is about another branch than the main one. */
export const branchArgs = ({ branch, branches }: AskedBranch) =>
  branch === branches[0] ? [] : ['--branch', escaped(branch)];

/** Not the app's fault. A hint that is plain text is for admins. */
export const factory = (code: string, message: string, hint: Hint, cause?: unknown) =>
  new Trouble(code, EXIT.factory, message, { hint: typeof hint === 'string' ? forAdmin(hint) : hint, cause });

export const refused = (code: string, message: string, hint: Hint) =>
  new Trouble(code, EXIT.refused, message, { hint });
/**
 * Messages that know no app say `<app>` and `<commit>`, as those of the factory do; the app of the build is filled in.
 */
export const REPLAY: Hint = ['to build it again: ', command('replay', '<app>')];

export function some(paths: readonly string[], count: number): string {
  const shown = paths.map((path) => JSON.stringify(escaped(path)));
  return shown.join(', ') + (count > shown.length ? ` and ${count - shown.length} more` : '');
}

export const usage = (code: string, message: string, hint: string, cause?: unknown) =>
  new Trouble(code, EXIT.usage, message, { hint, cause });

export const troubleLines = ({ message, hint }: Trouble, typed: (hint: Hint) => string = formatHint) => [
  error(message),
  ...(hint === undefined ? [] : hintLines(typed(hint))),
];

type BuildNames = { app: string; commit: string; ref: string; tag: string | null };

/**
 * A hint with the app and the commit of a build in place of `<app>` and `<commit>`, and with the branch where a replay
 * would be of another one.
 */
export function filledIn(what: Hint, { app, commit, ref, tag }: BuildNames): Hint {
  const more = tag === LATEST || !/^refs\/heads\//.test(ref) ? [] : ['--branch', branchOf(ref)];
  const fill = (text: string) => text.replaceAll('<app>', app).replaceAll('<commit>', short(commit));
  const fillWords = (words: Words): Words =>
    typeof words === 'string'
      ? fill(words)
      : words.map((part) =>
          typeof part === 'string'
            ? fill(part)
            : command(part.verb, ...part.args.map(fill), ...(part.verb === 'replay' ? more : [])),
        );
  if (!isForAdmin(what)) return fillWords(what);
  return { forAdmin: fillWords(what.forAdmin), forPusher: fill(what.forPusher) };
}

/** An error that is not a Trouble. */
export const bug = (error: unknown) => `a bug in doskara: ${error instanceof Error ? error.message : String(error)}`;
export const bugLines = (error: unknown) => [
  `error: ${firstLine(bug(error))}`,
  'hint: please report it, with the log of this build',
];

export const indented = (text: string) => `       ${text}`;
/** A hint may have several lines. */
export const hintLines = (text: string) => text.split('\n').map(hint);
export const hint = (what: Hint) => `hint: ${formatHint(what)}`;
export const error = (text: string) => `error: ${text}`;
export const warning = (text: string) => `warning: ${text}`;

export function firstLine(text: string): string {
  return escaped(text.trim().split('\n').at(0) ?? '');
}
export const notPrinted = (reason: string) => `error: cannot write to standard output: ${reason}`;
