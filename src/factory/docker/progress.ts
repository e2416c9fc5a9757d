/** What a builder's output means, as values: nothing here runs docker. */
import type { OutputLine } from '../../lines.ts';
import type { RunProblem } from '../image/run-check.ts';

/** What a line of a builder's output tells. */
export type Progress =
  /** Output of the app's own build: build.sh, and ONBUILD steps. */
  | ({ kind: 'output' } & OutputLine)
  /** A step of the Dockerfile that runs, before its output. Of several at once, each time that another one speaks. */
  | { kind: 'step'; name: string }
  /** A step that did not run: its result was in the cache. */
  | { kind: 'cached'; name: string }
  /** The image is built, and now goes to the warehouse. */
  | { kind: 'export' }
  /** The warehouse has it under one of its references. */
  | { kind: 'pushed'; digest: string }
  /** A base image for another platform than the one that is built, in BuildKit's words. */
  | { kind: 'base-platform'; text: string }
  /** The engine's line about output that it has dropped. The app's build may print the same, so it is output, too. */
  | ({ kind: 'clipped' } & OutputLine);

/** Why a build failed. */
export interface BuildFailure {
  /** The exit code of the command, such as build.sh, that made the build fail. */
  status: number | undefined;
  /** The step that failed, by docker's name for it. */
  step: string | undefined;
  /** Whether all was built, and it was the push that failed. */
  pushing: boolean;
  /** In docker's own words. */
  reason: string;
  /** Where in the Dockerfile, as docker shows it. */
  excerpt: string[];
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

/** BuildKit has never clipped less by default: it is what a step may print in its first second. */
const MIN_CLIPPED_CHARS = 100 * 1024;

/** A piece of a step's output, to which BuildKit may have added a line of its own. */
export function outputOf({ text, end }: OutputLine): Progress {
  return { kind: CLIPPED.test(text) ? 'clipped' : 'output', text, end };
}

/**
 * Finds out whether BuildKit has dropped output. Nothing sets its line apart from one that the build prints, but it comes
 * only after much output. So a build that prints much can still make us warn of a gap that its log does not have.
 */
export function makeClipDetector(): (progress: Progress) => boolean {
  let chars = 0;
  return (progress) => {
    if (progress.kind === 'clipped') return chars >= MIN_CLIPPED_CHARS;
    if (progress.kind === 'output') chars += progress.text.length + 1;
    return false;
  };
}
