import { execFile } from 'node:child_process';

/** How a program ended, and what it said. */
export interface Ended {
  /** Its exit code; else the signal that ended it, or why it could not be started (`ENOENT`). */
  status: number | string;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program of which a build wants to know something, with nothing on its standard input. Never rejects. What
 * every build runs is run without execa: to load that takes 26 ms, twice in a push that takes a second.
 */
export function runProgram(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { maxBuffer: LONGEST }, (error, stdout, stderr) => {
      resolve({ status: error?.code ?? error?.signal ?? 0, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Bytes of an answer; with more the program is ended, and `status` is ERR_CHILD_PROCESS_STDIO_MAXBUFFER. */
const LONGEST = 16 * 1024 ** 2;
