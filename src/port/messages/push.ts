/** What port says about a push. */
import { Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { some } from './text.ts';

export const unknownOptions = (options: readonly string[]) =>
  `${some(options.slice(0, 3).map(shortened), options.length)} ${options.length === 1 ? 'is not a push option' : 'are not push options'}; use detach, no-cache or skip`;

const shortened = (option: string) => (option.length > 100 ? `${option.slice(0, 100)}…` : option);
/** `more`: builds that follow the first one. */
export const detached = (first: string, more: number) =>
  `${first.replace(/^-----> /, '')}; it goes on in the background${more === 0 ? '' : `, and ${more} more ${more === 1 ? 'branch' : 'branches'} after it`}`;

export const refStored = (ref: string, isNew: boolean, app: string, branches: readonly string[]) =>
  `${describeRef(ref)} was ${isNew ? 'stored' : 'updated'} but not built (${app} builds ${branches.map(escaped).join(', ')})`;
export const moreRefsStored = (count: number) =>
  `${count} more ${count === 1 ? 'ref was' : 'refs were'} stored but not built`;
/** `ref`: the main branch. */
export const branchDeleted = (ref: string, app: string) =>
  `${describeRef(ref)} was deleted; the image of ${app} is unchanged`;
/** `ref`: of another branch that is built. */
export const imagesStay = (ref: string) =>
  `${describeRef(ref)} was deleted; the images that were built of it stay in the warehouse`;
export const refDeleted = (ref: string) => `${describeRef(ref)} was deleted; there is nothing to build`;
export const toBuildHead = (branch: string) =>
  `to build what you have checked out: git push doskara HEAD:${escaped(branch)}`;

function describeRef(ref: string): string {
  const name = escaped(ref);
  if (name.startsWith('refs/heads/')) return `branch ${name.slice('refs/heads/'.length)}`;
  return name.startsWith('refs/tags/') ? `tag ${name.slice('refs/tags/'.length)}` : name;
}

/** The last line of a push that builds nothing. */
export const nothingBuilt = (app: string) => `warning: nothing to build; ${app} is unchanged`;

/** `reason`: of an executable file, `ENOENT` means that it names an interpreter that does not exist. */
export const previousHookFailed = (file: string, reason: string) =>
  new Trouble('kept-hook', EXIT.usage, `cannot run the repository's previous hook ${file}: ${reason}`, {
    hint: `an admin on port can ${reason === 'ENOENT' ? 'correct its first line (#!), or remove it' : 'fix it, or remove it'}`,
  });
