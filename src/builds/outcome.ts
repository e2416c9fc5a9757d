import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { BuildRecord, Outcome } from '../port/build-record.ts';
import { bug } from '../port/messages/text.ts';
import type { PortSettings } from '../port/settings.ts';
import { isAlive } from '../proc-stat.ts';

/** How a build ended, as its record says. */
export type BuildEnd = Pick<BuildRecord, 'outcome' | 'exitCode' | 'error'>;

/** The commit need not be built any more. */
export class SupersededError extends Error {}

/** `failed` and `refused` are the app's own fault; reconcile builds again what is `lost`. */
const OUTCOME_BY_EXIT_CODE: Record<ExitCode, Outcome> = {
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
  return code in OUTCOME_BY_EXIT_CODE;
}

/** `error`: the runner's reason for a failure. */
export function endFromExitCode(exitCode: ExitCode, error: string | null): BuildEnd {
  return { outcome: OUTCOME_BY_EXIT_CODE[exitCode], exitCode, error };
}

export function endFromError(error: unknown): BuildEnd {
  if (error instanceof SupersededError) return { outcome: 'superseded', exitCode: null, error: error.message };
  if (error instanceof Trouble) return endFromExitCode(error.exitCode, error.message);
  return endFromExitCode(EXIT.bug, bug(error));
}

/** Whether nothing more becomes of a build, nor of its log. With the gate, post-receive continues after the build. */
export async function isOver(record: BuildRecord): Promise<boolean> {
  if (record.outcome === 'running') return false;
  if (record.logComplete) return true;
  return !((await isAlive(record)) || (record.gate !== null && (await isAlive(record.gate))));
}

/** Whether `doskara.afterBuild`, such as a deploy, runs now that the image is built. With the gate, git comes first. */
export async function runsAfterBuild(record: BuildRecord, { afterBuild }: Pick<PortSettings, 'afterBuild'>) {
  if (afterBuild === undefined || record.outcome !== 'built' || record.afterBuild !== null) return false;
  return record.landed !== false && !(await isOver(record));
}

/** Of a build that is over. One whose process died has none in its record. */
export function exitCodeOf({ exitCode, outcome, gate, landed }: BuildRecord): ExitCode {
  if (outcome === 'built' && gate !== null && landed !== true) return EXIT.refused;
  return exitCode ?? (outcome === 'superseded' ? EXIT.cancelled : EXIT.factory);
}
