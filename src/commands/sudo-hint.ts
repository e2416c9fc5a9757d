import { Trouble, withHint } from '../errors.ts';
import { asRoot } from '../port/messages/system.ts';

/** By code: what someone else than the owner of the repositories runs into. */
const OWNERS_ONLY: readonly string[] = [
  'hooks-unwritable',
  'not-allowed',
  'not-key-owner',
  'not-made',
  'not-moved',
  'not-owner',
  'not-trusted',
  'state-unusable',
];

/** As root, this process may have become the owner since. */
const STARTED_AS_ROOT = process.getuid?.() === 0;

/**
 * The same error, with the command for root as its hint, if that helps: root becomes the owner of what a command works
 * on. `args`: of the command that failed.
 */
export function withSudo(thrown: unknown, args: readonly string[]): unknown {
  const helps = thrown instanceof Trouble && OWNERS_ONLY.includes(thrown.code) && !STARTED_AS_ROOT;
  return helps ? withHint(thrown, asRoot(args)) : thrown;
}
