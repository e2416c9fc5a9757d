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

export const previousHookFailed = (file: string, cause: Error) =>
  new Trouble('kept-hook', EXIT.usage, `cannot run the repository's own hook: ${cause.message}`, {
    cause,
    hint: `an admin on port: chmod +x ${file}, or remove it`,
  });
