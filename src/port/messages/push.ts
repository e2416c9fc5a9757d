/** What port says about a push. */
import { Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { some } from './text.ts';

export const unknownOptions = (options: readonly string[]) =>
  `${some(options.slice(0, 3).map(shortened), options.length)} ${options.length === 1 ? 'is not a push option' : 'are not push options'}; use detach, no-cache or skip`;

const shortened = (option: string) => (option.length > 100 ? `${option.slice(0, 100)}…` : option);
export const detached = (first: string) => `${first.replace(/^-----> /, '')}; it goes on in the background`;

/** The last line of a push that builds nothing. */
export const nothingBuilt = (app: string) => `warning: nothing to build; ${app} is unchanged`;

/** `reason`: of an executable file, `ENOENT` means that it names an interpreter that does not exist. */
export const previousHookFailed = (file: string, reason: string) =>
  new Trouble('kept-hook', EXIT.usage, `cannot run the repository's previous hook ${file}: ${reason}`, {
    hint: `an admin on port can ${reason === 'ENOENT' ? 'correct its first line (#!), or remove it' : 'fix it, or remove it'}`,
  });
