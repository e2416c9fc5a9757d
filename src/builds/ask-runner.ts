import { type RunnerRequest, runnerCommand } from '../contract.ts';
import { LineSplitter, type OutputLine } from '../lines.ts';
import * as messages from '../port/messages/connection.ts';
import type { Connection, RemoteExit } from '../port/ssh/connection.ts';

/** Runs the runner for something short, and passes on its lines. Rejects with exit code 4 if it takes too long. */
export async function askRunner(
  connection: Connection,
  request: RunnerRequest,
  timeoutMs: number,
  onLine: (line: OutputLine) => void,
  input?: Buffer,
): Promise<RemoteExit> {
  const splitter = new LineSplitter();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(messages.runnerSilent(timeoutMs / 1000)), timeoutMs);
  try {
    const read = (chunk: Buffer) => splitter.split(chunk).forEach(onLine);
    const sent = input === undefined ? undefined : only(input);
    const exit = await connection.run(runnerCommand(request), sent, read, late.signal);
    splitter.end().forEach(onLine);
    return exit;
  } finally {
    clearTimeout(timer);
  }
}

async function* only(input: Buffer): AsyncGenerator<Buffer> {
  yield input;
}
