/** What a builder's output means, as values: nothing here runs docker. */
import type { OutputLine } from '../../lines.ts';
import type { RunProblem } from '../image/run-check.ts';

/** What a line of a builder's output tells. */
export type Progress =
  /** Output of the app's own build: build.sh, and ONBUILD steps. */
  | ({ kind: 'output' } & OutputLine)
  /** build.sh did not run: its result was in the cache. */
  | { kind: 'cached' }
  /** The image is built, and now goes to the warehouse. */
  | { kind: 'export' }
  /** The engine says that it has dropped output. The app's build may print the same line, so it is output, too. */
  | ({ kind: 'clipped' } & OutputLine);

/** Why a build failed. */
export interface BuildFailure {
  /** The status with which build.sh ended, when it was build.sh that made the build fail. */
  status: number | undefined;
  /** Whether all was built, and it was the push that failed. */
  pushing: boolean;
  /** In docker's own words. */
  reason: string;
}

/** `problem`: what the image's own check of run.sh has found. */
export type ExplainedFailure = BuildFailure & { problem: RunProblem | undefined };

/** Reads a builder's output line by line; what is only docker's own chatter tells nothing. */
export interface ProgressReader {
  read(line: string): Progress[];
  /** What is left when the output has ended. */
  end(): Progress[];
  /** Of a build that failed, at its end. */
  failure(): BuildFailure;
}

/** https://github.com/moby/buildkit/blob/master/util/progress/logs/logs.go */
const CLIPPED = /^\[output clipped, log limit [^\]]+ reached\]$/;

/** A piece of a step's output, to which BuildKit may have added a line of its own. */
export function outputOf({ text, end }: OutputLine): Progress {
  return { kind: CLIPPED.test(text) ? 'clipped' : 'output', text, end };
}
