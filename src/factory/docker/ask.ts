import { execa } from 'execa';
import { lastLine } from './parse.ts';

/** Milliseconds that docker gets to answer a question: an engine that hangs must not make the check hang. */
const ANSWER_MS = 10_000;

export interface Answer {
  stdout: string;
  /** Why there is none, in one line. */
  failure: string | undefined;
}

/** One question to docker or buildx, bounded in time. Never rejects. */
export async function askBounded(
  [program = '', ...args]: readonly string[],
  { milliseconds = ANSWER_MS, input }: { milliseconds?: number; input?: Buffer | string } = {},
): Promise<Answer> {
  const { failed, timedOut, stdout, stderr, code } = await execa(program, args, {
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    env: { BUILDX_NO_DEFAULT_ATTESTATIONS: '1', BUILDX_METADATA_PROVENANCE: 'disabled' },
    timeout: milliseconds,
    forceKillAfterDelay: 1000,
    reject: false,
  });
  if (!failed) return { stdout: stdout.trim(), failure: undefined };
  return {
    stdout: '',
    failure: timedOut ? `no answer within ${milliseconds / 1000} s` : (code ?? lastLine(stderr.split('\n'))),
  };
}
