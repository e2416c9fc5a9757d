import { exec } from '../../exec.ts';
import * as messages from '../../port/messages/script-content.ts';
import { parseSyntaxError, SYNTAX_ERROR_EXIT_CODE, type SyntaxProblem } from '../../shell-syntax.ts';
import type { CommitScript } from './commit-scripts.ts';

type Shell = 'sh' | 'bash';

/** Throws a Trouble (exit code 3) if a script cannot run: CRLF after its shebang, or a syntax error. */
export async function checkSyntax(scripts: readonly CommitScript[], signal: AbortSignal): Promise<void> {
  for (const { name, text } of scripts) if (/^#![^\n]*\r(?:\n|$)/.test(text)) throw messages.crlfShebang(name, text);
  const errors = await Promise.all(scripts.map((script) => findSyntaxError(script, signal)));
  for (const [index, error] of errors.entries()) {
    const script = scripts[index];
    if (error !== undefined && script !== undefined) throw messages.syntaxError(script.name, error, misses(script));
  }
}

/** The interpreter in the shebang of a script that lacks the executable bit, if it isn't sh. */
function misses(script: CommitScript): string | undefined {
  const program = programOf(script.text);
  return script.executable || program === undefined || shellNamed(program) === 'sh' ? undefined : program;
}

/** Which shell runs a script; undefined: another program does. */
export function shellOf({ text, executable }: Pick<CommitScript, 'text' | 'executable'>): Shell | undefined {
  if (text.includes('\0')) return undefined;
  const program = executable ? programOf(text) : undefined;
  return program === undefined ? 'sh' : shellNamed(program);
}

const shellNamed = (program: string): Shell | undefined =>
  program === 'bash' ? 'bash' : ['sh', 'dash', 'ash'].includes(program) ? 'sh' : undefined;

/** The name of the program in the shebang; undefined without a shebang. */
function programOf(text: string): string | undefined {
  const [, line] = /^#![ \t]*([^\r\n]*)/.exec(text) ?? [];
  if (line === undefined) return undefined;
  const [interpreter = '', ...args] = line.split(/[ \t]+/);
  const program = nameOf(interpreter);
  return program === 'env' ? nameOf(args.find((arg) => !/^-|=/.test(arg)) ?? '') : program;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The error that the shell finds in a script; of a script for sh only if all shells here find one. */
async function findSyntaxError(script: CommitScript, signal: AbortSignal): Promise<SyntaxProblem | undefined> {
  const shell = shellOf(script);
  let error: SyntaxProblem | undefined;
  for (const parser of shell === undefined ? [] : PARSERS[shell]) {
    const { exitCode, stderr } = await parse(parser, script.text, signal);
    if (exitCode === NOT_INSTALLED_EXIT_CODE) continue;
    if (exitCode !== SYNTAX_ERROR_EXIT_CODE) return undefined;
    if (error?.line === undefined) error = parseSyntaxError(stderr, STDIN);
  }
  return error;
}

const NOT_INSTALLED_EXIT_CODE = 127;
const STDIN = '/dev/stdin';

/**
 * Bash tells lines only of a file, and cannot open the socket that node makes of a pipe, hence cat. The kernel kills it
 * when sh, its parent, is killed.
 */
const bash = (...options: string[]) => [
  ...['sh', '-c', 'cat | exec setpriv --pdeathsig KILL -- "$@"', 'sh'],
  ...['bash', '--norc', '--noprofile', ...options, '-n', STDIN],
];
/** Bash takes `!(x)` for a syntax error until the script sets extglob. */
const BASH = [bash(), bash('-O', 'extglob')];
/** The image's sh may be bash. */
const PARSERS: Record<Shell, string[][]> = { sh: [['sh', '-n'], ...BASH], bash: BASH };

const LIMITS = [`--data=${256 * 1024 ** 2}`, '--cpu=5', '--core=0'];
const TIMEOUT_MS = 5000;

/**
 * Has a shell read a script that anybody may have pushed. It executes nothing (-n), reads no file of its own, and gets
 * nothing of our environment.
 */
async function parse(parser: readonly string[], text: string, signal: AbortSignal) {
  const result = await exec(['prlimit', ...LIMITS, ...parser], {
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    input: text,
    killSignal: 'SIGKILL',
    signal,
    timeoutMs: TIMEOUT_MS,
  });
  signal.throwIfAborted();
  return result;
}
