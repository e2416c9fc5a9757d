/** What the factory says about its own faults. */
import { forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';

/** `fix`: what an admin types on the factory. */
export const fault = (code: string, message: string, fix: string, cause?: unknown) =>
  new Trouble(code, EXIT.factory, message, { hint: forAdmin(`on the factory: ${fix}`), cause });

export const CHECK = '/usr/local/doskara/build.sh --check';
