/** What admins run: arguments → one command → exit code. */
import { getSystemErrorMessage } from 'node:util';
import { Trouble } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { bug, notPrinted, troubleLines } from './port/messages/text.ts';
import { asTrouble } from './port/system-errors.ts';

const lostOutput = watchOutput(process);
process.once('exit', reportLostOutput);
const args = process.argv.slice(2);
process.exitCode = await main(args).catch((thrown: unknown) => explain(thrown, args).then(reportError));

/** `serve` runs at every push and fetch, and `complete` at every Tab: they load only what they need. */
async function main(argv: string[]): Promise<ExitCode> {
  const [verb, name, ...limit] = argv;
  if (verb === 'serve' && name !== undefined) {
    const { serve } = await import('./commands/ssh/serve.ts');
    return serve(name, limit, process.env, import.meta.url);
  }
  if (verb === 'complete') {
    const { complete } = await import('./commands/shell/complete.ts');
    return complete(import.meta.url, name, limit[0]);
  }
  const { runCommand } = await import('./commands/command-line.ts');
  return runCommand(argv, import.meta.url);
}

/** Of a command that an admin typed: an error may have another hint. */
async function explain(thrown: unknown, argv: string[]): Promise<unknown> {
  if (thrown === lostOutput()) return thrown;
  const error = asTrouble(thrown);
  if (!(error instanceof Trouble) || argv[0] === 'serve' || argv[0] === 'complete') return error;
  const { withSudo } = await import('./commands/sudo-hint.ts');
  return withSudo(error, argv);
}

function reportError(error: unknown): ExitCode {
  if (error === lostOutput()) return EXIT.cancelled; // reportLostOutput reports it, if at all
  if (error instanceof Trouble) {
    for (const line of troubleLines(error)) process.stderr.write(`${line}\n`);
    return error.exitCode;
  }
  process.stderr.write(`error: ${bug(error)}\n${error instanceof Error ? error.stack : ''}\n`);
  return EXIT.bug;
}

/**
 * The reader may close the pipe (`| head -1`), or the disk may be full (`> /dev/full`). The command still finishes what
 * it does; the rest of its output is dropped. Returns a function that gives the first error, if any.
 */
function watchOutput({ stdout, stderr }: NodeJS.Process): () => NodeJS.ErrnoException | undefined {
  let first: NodeJS.ErrnoException | undefined;
  stdout.on('error', (error) => {
    first ??= error;
  });
  stderr.on('error', () => {}); // there is nowhere to report it
  return () => first;
}

/** At exit, when nothing more is written. EPIPE is no error: a reader may stop early. */
function reportLostOutput(exitCode: number): void {
  const lost = lostOutput();
  if (lost === undefined || lost.code === 'EPIPE') return;
  process.stderr.write(`${notPrinted(getSystemErrorMessage(lost.errno ?? 0))}\n`);
  if (exitCode === EXIT.built) process.exitCode = EXIT.factory;
}
