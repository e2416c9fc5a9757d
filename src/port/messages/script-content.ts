/** What port says about deps.sh, build.sh and run.sh. */
import type { Script } from '../../app-layout.ts';
import type { NeedProblem } from '../../dependencies.ts';
import { command, type Hint } from '../../errors.ts';
import { escaped } from '../../printable.ts';
import type { SyntaxProblem } from '../../shell-syntax.ts';
import { refused } from './text.ts';

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** `interpreter`: in the shebang, which counts only with the executable bit. */
export const syntaxError = (script: Script, { line, reason }: SyntaxProblem, interpreter: string | undefined) =>
  refused(
    'syntax-error',
    `${script} has a syntax error${line === undefined ? '' : ` in line ${line}`}: ${escaped(cut(reason, 200))}; nothing was sent`,
    interpreter === undefined
      ? `fix it (sh -n ${script} checks it), commit and push again`
      : `it is not executable, so sh runs it, not ${escaped(cut(interpreter, 50))}: git update-index --chmod=+x ${script}, commit and push again`,
  );

export const crlfShebang = (script: Script, text: string) =>
  refused(
    'crlf-shebang',
    `${script} has a CRLF line ending in line 1, ${escaped(cut(text.slice(0, text.indexOf('\r')), 100))}: no such interpreter; nothing was sent`,
    `sed -i 's/\\r$//' ${script}, commit and push again`,
  );

const FIX_NEEDS: Hint = ['fix its # needs: line, commit and push again; more about it: ', command('help', 'apps')];

export const needMissing = (word: string) =>
  refused('need-missing', `deps.sh needs ${escaped(word)}, which is not in the commit; nothing was sent`, FIX_NEEDS);

export const wrongNeeds = (problem: NeedProblem) =>
  problem.kind === 'too-many'
    ? refused(
        'too-many-needs',
        `deps.sh needs more than ${problem.limit} files; nothing was sent`,
        'name folders or use patterns, commit and push again',
      )
    : refused(
        'wrong-need',
        `deps.sh needs ${escaped(cut(problem.word, 100))}, which is not a plain relative path; nothing was sent`,
        FIX_NEEDS,
      );

/** `command`: the last line of run.sh. */
export const noExec = (command: string) => {
  const text = escaped(cut(command.replaceAll(/\s+/g, ' '), 60));
  return `use exec ${/^\w+=/.test(text) ? 'env ' : ''}${text} in run.sh, or your program won't get SIGTERM`;
};
