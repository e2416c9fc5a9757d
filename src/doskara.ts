/** What admins type: words → one command → exit code. */
import { Trouble } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { troubleLines } from './port/words.ts';

process.exitCode = await main(process.argv.slice(2)).catch(explain);

/** A pusher's key runs `serve` at every push and fetch, and Tab runs `complete`: these load nothing else. */
async function main(argv: string[]): Promise<ExitCode> {
  const [verb, name, ...limit] = argv;
  if (verb === 'serve' && name !== undefined) {
    const { serve } = await import('./commands/serve.ts');
    return serve(name, limit, process.env);
  }
  if (verb === 'complete') {
    const { complete } = await import('./commands/complete.ts');
    return complete(name, limit[0]);
  }
  const { runCommand } = await import('./commands/run.ts');
  return runCommand(argv, import.meta.url);
}

function explain(error: unknown): ExitCode {
  if (error instanceof Trouble) {
    for (const line of troubleLines(error)) process.stderr.write(`${line}\n`);
    return error.exitCode;
  }
  process.stderr.write(`error: a bug of doskara\n${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.bug;
}
