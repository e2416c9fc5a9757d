import type { BuildRecord } from '../port/build-record.ts';
import type { Output } from '../port/output.ts';
import type { Repository } from '../port/repository.ts';
import type { ProcessId } from '../proc-stat.ts';

/** One commit of one app: by a push, a replay, or because it had been forgotten. */
export interface CommitRequest {
  repository: Repository;
  commit: string;
  /** The ref that it was pushed to, or what the admin named. */
  ref: string;
  who: string;
  why: BuildRecord['why'];
}

/** A push that git has not taken yet, and takes only if its build is good. */
export interface Gate {
  /** Git's receive-pack, which waits for the verdict. */
  receivePack: ProcessId;
  /** What the branch was at when it was pushed; undefined: it is new. */
  old: string | undefined;
}

/** A build, or what stands for one, that waits for its turn and speaks to somebody. */
export interface QueuedRequest extends CommitRequest {
  gate?: Gate;
  output: Output;
  /** Ends the build; its reason is the Trouble that goes into the record. */
  signal: AbortSignal;
}

export interface BuildRequest extends QueuedRequest {
  noCache: boolean;
  /** Ctrl-C leaves the terminal, not the build; its reader is told so. */
  leavable: boolean;
}
