import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { ProcessId } from '../proc-stat.ts';

export type Outcome = 'running' | 'built' | 'failed' | 'refused' | 'superseded' | 'cancelled' | 'lost';

/** What is kept of a build, as JSON in `<repository>/doskara/builds/<number>.json`; its log lies beside it. */
export interface BuildRecord extends ProcessId {
  app: string;
  /** Per app, from 1. */
  number: number;
  commit: string;
  /** The full ref name. */
  ref: string;
  /** First line of the commit's message. */
  subject: string;
  /** Who pushed or replayed, as ssh and git tell. */
  who: string;
  why: 'push' | 'replay' | 'reconcile' | 'rollback';
  /** With the gate: git's receive-pack, which waits for the verdict and moves the branch then. */
  gate: ProcessId | null;
  /** With the gate: whether git has moved the branch. */
  landed: boolean | null;
  /** Its place in the order of the app's builds, counted in the lock; null where it never had it, or is older than this. */
  turn: number | null;
  /** Whether latest in the warehouse may have been made of it: the factory began to push, or was left before it said. */
  pushing: boolean;
  outcome: Outcome;
  /** Whether nothing more comes into its log: all that follows a build, such as doskara.afterBuild, is over. */
  logComplete: boolean;
  exitCode: ExitCode | null;
  /** ISO 8601, UTC; `started` when the lock was had. */
  queued: string;
  started: string | null;
  finished: string | null;
  archive: { sha256: string; bytes: number } | null;
  image: string | null;
  digest: string | null;
  /** Unpacked, as the factory's docker has it; null also where an older version made the record. */
  imageBytes: number | null;
  factory: string | null;
  /** Why it did not end well, in one line. */
  error: string | null;
}

export type NewBuild = Pick<BuildRecord, 'app' | 'commit' | 'ref' | 'subject' | 'who' | 'why'> &
  Partial<Pick<BuildRecord, 'gate'>>;

/** Whether what was read from a file is the record of a build: anybody may have written it, any version of ours too. */
export function isBuildRecord(value: unknown): value is BuildRecord {
  return hasShape(value, FIELDS);
}

/** Whether it is an object whose fields all are as they must be; it may have more. */
function hasShape(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
}

/** Whether a value read from JSON is what it should be. */
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTruth: Check = (value) => typeof value === 'boolean';
const isCommit: Check = (value) => isText(value) && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(String(value));
const isTime: Check = (value) => isText(value) && !Number.isNaN(Date.parse(String(value)));
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
/** What older versions did not keep. */
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    hasShape(value, fields);

const PROCESS = { pid: isCount, pidStart: isText };

/** Each as it must be. */
const FIELDS: Readonly<Record<keyof BuildRecord, Check>> = {
  app: isText,
  number: isCount,
  commit: isCommit,
  ref: isText,
  subject: isText,
  who: isText,
  why: oneOf('push', 'replay', 'reconcile', 'rollback'),
  gate: optional(orNull(object(PROCESS))),
  landed: optional(orNull(isTruth)),
  turn: optional(orNull(isCount)),
  pushing: optional(isTruth),
  outcome: oneOf('running', 'built', 'failed', 'refused', 'superseded', 'cancelled', 'lost'),
  logComplete: optional(isTruth),
  exitCode: orNull(oneOf(...Object.values(EXIT))),
  queued: isTime,
  started: orNull(isTime),
  finished: orNull(isTime),
  archive: orNull(object({ sha256: isText, bytes: isCount })),
  image: orNull(isText),
  digest: orNull(isText),
  imageBytes: optional(orNull(isCount)),
  factory: orNull(isText),
  error: orNull(isText),
  ...PROCESS,
};
