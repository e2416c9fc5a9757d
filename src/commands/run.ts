import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { makeProgram, type Result } from './command-line.ts';
import { installedPaths } from './installed-paths.ts';

/** Runs the command that the words name. `bundle` is the URL of the running file. */
export async function runCommand(argv: string[], bundle: string): Promise<ExitCode> {
  const result: Result = { exitCode: EXIT.built };
  try {
    await makeProgram(installedPaths(bundle), result).parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.built : EXIT.usage;
  }
  return result.exitCode;
}
