/** The one door to other programs. Nothing here goes through a shell. */
import type { Readable, Writable } from 'node:stream';
import { execa, type Options } from 'execa';

export interface StartOptions {
  cwd?: string;
  /** The whole environment; by default that of this process. */
  env?: NodeJS.ProcessEnv;
  /** Ends the program. */
  signal?: AbortSignal;
  /** Milliseconds after which the program is ended. */
  timeoutMs?: number;
  /** What ends the program: by default SIGTERM, and SIGKILL five seconds later. */
  killSignal?: NodeJS.Signals;
  /** Has the kernel kill the program if this process dies, however it dies (PR_SET_PDEATHSIG in prctl(2)). */
  dieWithParent?: boolean;
  /** Open files that become the program's descriptors 3, 4, and so on. */
  files?: readonly number[];
  /** By default the program's stdout and stderr are pipes; `inherit` gives it ours. */
  output?: 'pipe' | 'inherit' | 'ignore';
  /** The same for stderr alone. */
  stderr?: 'pipe' | 'inherit' | 'ignore';
  /** Lets the program outlive this process, in a session of its own. */
  detached?: boolean;
}

export interface ExecOptions extends StartOptions {
  /** Standard input; by default there is none. */
  input?: string | Buffer;
}

/** How a program ended. */
export interface ExecResult {
  /** undefined: a signal or its time limit ended it, or it could not be started. */
  exitCode: number | undefined;
  failed: boolean;
  /** Why it failed, in a few words: `exit code 1`, `SIGKILL`, `ENOENT`, `no answer within 10 s`. Empty if it did not. */
  reason: string;
}

export interface ExecOutput extends ExecResult {
  stdout: string;
  stderr: string;
}

/** A running program. Its streams are the caller's to read and write. */
export interface Running {
  pid: number | undefined;
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  kill(signal?: NodeJS.Signals): void;
  /** Lets this process end before the program does. */
  unref(): void;
  /** Resolves once the program has exited, even if a process that it left behind holds its streams; never rejects. */
  exited: Promise<void>;
  /** Resolves once the program has ended and closed its streams; never rejects. */
  ended: Promise<ExecResult>;
}

/** Bytes of stdout or of stderr; a program that prints more is ended. */
const MAX_BUFFERED_BYTES = 16 * 1024 ** 2;
const KILL_AFTER_MS = 5000;

/** Runs a program to its end and returns what it printed. Never rejects: a failure is a value. */
export async function exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecOutput> {
  const { input } = options;
  const result = await execa(...programAndArgs(command, options), {
    ...execaOptions(options, input === undefined ? 'ignore' : 'pipe'),
    ...(input === undefined ? {} : { input }),
    maxBuffer: MAX_BUFFERED_BYTES,
    stripFinalNewline: false,
  });
  const { stdout, stderr } = result as { stdout?: unknown; stderr?: unknown };
  return { ...describeEnd(result, options), stdout: String(stdout ?? ''), stderr: String(stderr ?? '') };
}

/** Starts a program whose output is read, and whose input is written, while it runs. Nothing is buffered. */
export function start(command: readonly string[], options: StartOptions = {}): Running {
  const child = execa(...programAndArgs(command, options), { ...execaOptions(options, 'pipe'), buffer: false });
  const ended = child.then((result) => describeEnd(result, options));
  const exited = new Promise<void>((resolve) => {
    child.nodeChildProcess.once('exit', () => resolve());
    void ended.then(() => resolve()); // it could not be started
  });
  return {
    pid: child.pid,
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    kill: (signal) => void child.kill(signal),
    unref: () => child.nodeChildProcess.unref(),
    exited,
    ended,
  };
}

function programAndArgs(command: readonly string[], { dieWithParent = false }: StartOptions): [string, string[]] {
  const [program = '', ...args] = dieWithParent ? ['setpriv', '--pdeathsig', 'KILL', '--', ...command] : command;
  return [program, args];
}

function execaOptions(options: StartOptions, stdin: 'pipe' | 'ignore'): Options & { reject: false } {
  const {
    cwd,
    env,
    signal,
    timeoutMs,
    killSignal = 'SIGTERM',
    files = [],
    output = 'pipe',
    stderr = output,
    detached = false,
  } = options;
  return {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env, extendEnv: false }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(detached ? { detached } : {}),
    // execa's own clean-up listens to SIGTERM, and would end this process once its own listeners have run
    cleanup: false,
    killSignal,
    forceKillAfterDelay: KILL_AFTER_MS,
    // a descriptor's number is taken at any place, but typed for the first three only
    stdio: [stdin, output, stderr, ...files] as unknown,
    reject: false,
  } as Options & { reject: false };
}

interface ExecaResult {
  exitCode?: number | undefined;
  signal?: string | undefined;
  failed: boolean;
  timedOut: boolean;
  code?: string | undefined;
  originalMessage?: string | undefined;
}

function describeEnd(result: ExecaResult, { timeoutMs = 0 }: StartOptions): ExecResult {
  const { exitCode, failed, signal, timedOut, code } = result;
  const reasons = timedOut
    ? `no answer within ${timeoutMs / 1000} s`
    : (code ?? signal ?? (exitCode === undefined ? result.originalMessage : `exit code ${exitCode}`));
  return {
    exitCode: timedOut ? undefined : exitCode,
    failed,
    reason: failed ? (reasons ?? 'it could not be started') : '',
  };
}
