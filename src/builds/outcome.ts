import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { BuildRecord, Outcome } from '../port/build-record.ts';

/** What a build came to, as it goes into its record. */
export type BuildEnd = Pick<BuildRecord, 'outcome' | 'exitCode' | 'error'>;

/** The commit is no longer the one to build; which is neither good nor bad. */
export class Superseded extends Error {}

/** `failed` and `refused` are the app's own fault; what is `lost` is built again by itself. */
const OUTCOMES: Record<ExitCode, Outcome> = {
  [EXIT.built]: 'built',
  [EXIT.failed]: 'failed',
  [EXIT.usage]: 'refused',
  [EXIT.refused]: 'refused',
  [EXIT.factory]: 'lost',
  [EXIT.warehouse]: 'lost',
  [EXIT.bug]: 'lost',
  [EXIT.cancelled]: 'cancelled',
};

export function isExitCode(code: number): code is ExitCode {
  return code in OUTCOMES;
}

/** The end that the runner's exit code means; `error` is what it said. */
export function endOfRunner(exitCode: ExitCode, error: string | null): BuildEnd {
  return { outcome: OUTCOMES[exitCode], exitCode, error };
}

/** The end that something thrown on port means. */
export function endOfError(error: unknown): BuildEnd {
  if (error instanceof Superseded) return { outcome: 'superseded', exitCode: null, error: error.message };
  if (error instanceof Trouble) return endOfRunner(error.exitCode, error.message);
  return endOfRunner(EXIT.bug, `a bug of doskara: ${error instanceof Error ? error.message : String(error)}`);
}
