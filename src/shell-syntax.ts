/** What a shell says of a syntax error. */
export interface SyntaxProblem {
  /** undefined: it names none. */
  line: number | undefined;
  reason: string;
}

/** The exit code of dash, bash and busybox's ash for a syntax error. */
export const SYNTAX_ERROR_EXIT_CODE = 2;

/** A shell shows a wrong line as a whole, and with a million spaces in it, these patterns take an hour. */
const MAX_OUTPUT_LENGTH = 4096;

/**
 * Reads what `sh -n` prints in the C locale. `script`: its path, as the shell was given it. dash: `run.sh: 3: Syntax
 * error: "fi" unexpected`; bash and busybox's ash: `run.sh: line 3: syntax error near unexpected token`, and bash also
 * shows the line behind the same prefix.
 */
export function parseSyntaxError(output: string, script: string): SyntaxProblem {
  const text = output
    .slice(0, MAX_OUTPUT_LENGTH)
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
  const [, line, said = text] = /: (?:line )?(\d+): (.*)$/.exec(text) ?? [];
  const [reason = ''] = said.replace(/^syntax error:? */i, '').split(` ${script}: line `);
  return { line: line === undefined ? undefined : Number(line), reason };
}
