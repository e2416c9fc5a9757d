/** Whether the image can start run.sh: checked by the image's own shell, at the end of the step that runs build.sh. */
import type { OutputLine } from '../../lines.ts';
import { SYNTAX_ERROR_EXIT_CODE } from '../../shell-syntax.ts';

/** Why a container of the image could not start run.sh. */
export type RunProblem =
  | { kind: 'gone' | 'not-executable' | 'crlf' }
  /** `program`: its path, or its name where env looks it up. */
  | { kind: 'no-interpreter'; program: string }
  /** `output`: of the shell, on one line. `bySh`: a shell runs it, whatever its shebang says. */
  | { kind: 'syntax'; output: string; bySh: boolean };

const MARK = 'doskara-run-check';
/** With the mark in front of it; a build that fakes both only changes its own error. */
const EXIT_CODE = 93;
const MAX_CHARS = 500;

/** Kept to what every shell has built in: build.sh may have removed all else. */
const REPORT = `no() { printf '%.${MAX_CHARS}s\\n' "${MARK} $*"; exit ${EXIT_CODE}; }`;
const FIND = `has() { case $1 in */*) [ -f "$1" ] && [ -x "$1" ];; *) p=$PATH:; while [ -n "$p" ]; do d=\${p%%:*}; p=\${p#*:}; [ -f "\${d:-.}/$1" ] && [ -x "\${d:-.}/$1" ] && return; done; false;; esac; }`;

/**
 * As Linux reads a shebang: interpreter, and the rest as one argument (execve(2)); env splits that with -S. Options of
 * env are not looked into.
 */
const READ_SHEBANG = [
  '[ -x run.sh ] || no not-executable',
  'IFS= read -r l <run.sh',
  `case $l in "#!"*"$(printf '\\r')") no crlf;; "#!"*) ;; *) exit 0;; esac`,
  `set -- \${l#??}`,
  '[ $# -gt 0 ] || exit 0',
  'i=$1',
  'has "$i" || no no-interpreter "$i"',
  `case $i in */env) shift; case \${1-} in -S) shift; while :; do case \${1-} in *=*) shift;; *) break;; esac; done; i=\${1-};; *) i=$*;; esac; case $i in -*|*=*|"") exit 0;; esac; has "$i" || no no-interpreter "$i";; esac`,
];

/** Shell code: the shell for scripts that do not run themselves. */
export const FIND_SHELL = '$(command -v bash || echo /bin/sh)';
const TAKE_SHELL = [`i=${FIND_SHELL}`, '[ -x $i ] || no no-interpreter $i'];

/** Bash takes `!(x)` for a syntax error until the script sets extglob. */
const CHECK_SYNTAX = [
  `case \${i##*/} in sh|ash|dash|bash) e=$(LC_ALL=C "$i" -n ./run.sh 2>&1); if [ $? = ${SYNTAX_ERROR_EXIT_CODE} ]`,
  'then case $i in *bash) "$i" -O extglob -n ./run.sh 2>/dev/null && exit 0;; esac',
];

/**
 * Shell code that runs the command in `"$@"`, then the check. `selfRunning`: by its shebang, and not by a shell of our
 * choice.
 */
export function runThenCheck(selfRunning: boolean): string {
  const find = selfRunning ? READ_SHEBANG : TAKE_SHELL;
  const report = `no ${selfRunning ? 'syntax' : 'sh-syntax'} $e; fi;; esac; exit 0`;
  const steps = [REPORT, FIND, '[ -f run.sh ] || no gone', ...find, ...CHECK_SYNTAX, report];
  return ['"$@" || exit', 'set -f', ...steps].join('; ');
}

/** Takes the report of the check out of a build's output. */
export interface RunCheckFilter {
  output(line: OutputLine): void;
  /** At the end of the output. `status`: of the step; undefined: it is not known to have failed. */
  end(status: number | undefined): RunProblem | undefined;
}

/** `show` gets all output but the report, also what only looks like one. */
export function openRunCheckFilter(show: (line: OutputLine) => void): RunCheckFilter {
  let held: OutputLine | undefined;
  const release = () => {
    if (held !== undefined) show(held);
    held = undefined;
  };
  return {
    output(line) {
      release();
      if (parseRunProblem(line.text) === undefined) show(line);
      else held = line;
    },
    end(status) {
      const problem = status === EXIT_CODE ? parseRunProblem(held?.text ?? '') : undefined;
      if (problem === undefined) release();
      return problem;
    },
  };
}

/** undefined: the line is the build's own. */
function parseRunProblem(line: string): RunProblem | undefined {
  const [mark, kind, ...words] = line.split(' ');
  const rest = words.join(' ');
  if (mark !== MARK) return undefined;
  if (kind === 'gone' || kind === 'not-executable' || kind === 'crlf') return { kind };
  if (kind === 'no-interpreter') return { kind, program: rest };
  return kind === 'syntax' || kind === 'sh-syntax'
    ? { kind: 'syntax', output: rest, bySh: kind === 'sh-syntax' }
    : undefined;
}
