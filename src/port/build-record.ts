import { isCommitId } from '../commit-id.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type ImageOptions, isBuildKit } from '../image-options.ts';
import type { ProcessId } from '../proc-stat.ts';

export type Outcome = 'running' | 'built' | 'failed' | 'refused' | 'superseded' | 'cancelled' | 'lost';

/** The record of a build, kept as JSON in `<repository>/doskara/builds/<number>.json` beside its log. */
export interface BuildRecord extends ProcessId {
  app: string;
  /** Per app, from 1. */
  number: number;
  commit: string;
  /** The full ref name. */
  ref: string;
  /**
   * The image tag that it moves: that of a branch, or one that an admin gave. `latest` is the main branch's, and that of
   * older records. null: the branch has none, and is not built.
   */
  tag: string | null;
  /** The folder of the repository that is the app; null: all of it, and in older records. */
  folder: string | null;
  /** The settings for the app's own Dockerfile; null in older records. */
  dockerfile: DockerfileSettings | null;
  /** How its image was to be made. */
  imageOptions: ImageOptions;
  /** What the app asks to be built on; null: the factory's own, and in older records. */
  baseImage: string | null;
  /** Whether the files of submodules were sent; false in older records. */
  submodules: boolean;
  /** First line of the commit's message. */
  subject: string;
  /** Who pushed or replayed, according to ssh and git. */
  who: string;
  why: 'push' | 'replay' | 'reconcile' | 'rollback' | 'promote';
  /** With the gate: git's receive-pack, which updates the branch once the build has succeeded. */
  gate: ProcessId | null;
  /** With the gate: whether git has updated the branch. */
  landed: boolean | null;
  /** Its place in the order in which the app's builds took the lock; null if it never did, and in older records. */
  turn: number | null;
  /** Whether it may have become latest in the registry: the factory began to push, or was cut off before it could say. */
  pushing: boolean;
  outcome: Outcome;
  /** How `doskara.afterBuild` ended; null if it did not run or has not ended. */
  afterBuild: AfterBuildEnd | null;
  /** Whether its log is complete: doskara.afterBuild has ended, too. */
  logComplete: boolean;
  exitCode: ExitCode | null;
  /** ISO 8601, UTC; `started` is when it took the lock. */
  queued: string;
  started: string | null;
  finished: string | null;
  archive: { sha256: string; bytes: number } | null;
  image: string | null;
  digest: string | null;
  /** Compressed size in the registry; null if it could not be read, or a busy factory did not ask. */
  imageBytes: number | null;
  /** The version of the BuildKit that built the image; null if it is not known, and in older records. */
  buildkit: string | null;
  factory: string | null;
  /** Why it was not built, in one line. */
  error: string | null;
}

/** `doskara.dockerfile`, `doskara.target` and `doskara.buildArg`. */
export interface DockerfileSettings {
  file: string;
  target: string | null;
  buildArgs: readonly string[];
}

/** `exitCode`: null if a signal ended the command, or if it ran out of time. */
export interface AfterBuildEnd {
  exitCode: number | null;
  seconds: number;
}

export type NewBuild = Pick<BuildRecord, 'app' | 'commit' | 'ref' | 'subject' | 'who' | 'why'> &
  Partial<Pick<BuildRecord, 'gate' | 'tag' | 'folder' | 'dockerfile' | 'baseImage' | 'imageOptions' | 'submodules'>>;

/** Whether parsed JSON is a build record: anyone may have written the file, and any version of Doskara. */
export function isBuildRecord(value: unknown): value is BuildRecord {
  return hasShape(value, FIELDS);
}

/** Whether a value is an object whose fields pass their checks; it may have more fields. */
function hasShape(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
}

/** Checks a value from JSON. */
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isSeconds: Check = (value) => typeof value === 'number' && value >= 0;
const isTruth: Check = (value) => typeof value === 'boolean';
const isCommit: Check = (value) => isText(value) && isCommitId(String(value));
const isTime: Check = (value) => isText(value) && !Number.isNaN(Date.parse(String(value)));
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
/** For fields that older versions did not write. */
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    hasShape(value, fields);

const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);

const PROCESS = { pid: isCount, pidStart: isText };

const FIELDS: Readonly<Record<keyof BuildRecord, Check>> = {
  app: isText,
  number: isCount,
  commit: isCommit,
  ref: isText,
  tag: optional(orNull(isText)),
  folder: optional(orNull(isText)),
  dockerfile: optional(orNull(object({ file: isText, target: orNull(isText), buildArgs: areTexts }))),
  imageOptions: optional(object({ reproducible: isTruth, platforms: optional(areTexts), attest: optional(areTexts) })),
  baseImage: optional(orNull(isText)),
  submodules: optional(isTruth),
  subject: isText,
  who: isText,
  why: oneOf('push', 'replay', 'reconcile', 'rollback', 'promote'),
  gate: optional(orNull(object(PROCESS))),
  landed: optional(orNull(isTruth)),
  turn: optional(orNull(isCount)),
  pushing: optional(isTruth),
  outcome: oneOf('running', 'built', 'failed', 'refused', 'superseded', 'cancelled', 'lost'),
  afterBuild: optional(orNull(object({ exitCode: orNull(isCount), seconds: isSeconds }))),
  logComplete: optional(isTruth),
  exitCode: orNull(oneOf(...Object.values(EXIT))),
  queued: isTime,
  started: orNull(isTime),
  finished: orNull(isTime),
  archive: orNull(object({ sha256: isText, bytes: isCount })),
  image: orNull(isText),
  digest: orNull(isText),
  imageBytes: optional(orNull(isCount)),
  buildkit: optional(orNull(isBuildKit)),
  factory: orNull(isText),
  error: orNull(isText),
  ...PROCESS,
};
