import type { BuildRecord } from '../port/records.ts';
import type { Repository } from '../port/repository.ts';
import type { Terminal } from '../port/terminal.ts';

/** One commit of one app: by a push, a replay, or because it had been forgotten. */
export interface CommitRequest {
  repository: Repository;
  commit: string;
  /** The ref that it was pushed to, or what the admin named. */
  ref: string;
  who: string;
  why: BuildRecord['why'];
}

export interface BuildRequest extends CommitRequest {
  noCache: boolean;
  terminal: Terminal;
  /** Ends the build; its reason is the Trouble that goes into the record. */
  signal: AbortSignal;
}
