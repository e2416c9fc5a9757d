import type { Lock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import type { Output } from '../port/output.ts';
import type { Repository } from '../port/repository.ts';
import type { ProcessId } from '../proc-stat.ts';

/** One commit of one app, from a push, a replay or reconcile. */
export interface CommitRequest {
  repository: Repository;
  commit: string;
  /** The ref that it was pushed to, or the revision that an admin gave. */
  ref: string;
  who: string;
  why: BuildRecord['why'];
}

/** A push that git accepts only if its build succeeds. */
export interface Gate {
  /** Git's receive-pack, which waits for the result. */
  receivePack: ProcessId;
  /** The commit of the branch before the push; undefined if the branch is new. */
  old: string | undefined;
  /** Called with the app's lock held once the build has passed. */
  onPassed(lock: Lock): Promise<void>;
}

/** A build or a rollback: both wait for the app's lock, and print. */
export interface QueuedRequest extends CommitRequest {
  gate?: Gate;
  output: Output;
  /** Aborts the build; the reason is the Trouble to record. */
  signal: AbortSignal;
}

export interface BuildRequest extends QueuedRequest {
  noCache: boolean;
  /** Whether the build goes on after Ctrl-C; it then says so when it starts. */
  outlivesTerminal: boolean;
}
