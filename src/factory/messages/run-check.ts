/** What the factory says of an image that cannot start run.sh. */
import { Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { parseSyntaxError } from '../../shell-syntax.ts';
import { formatDuration } from '../../units.ts';
import type { RunProblem } from '../image/run-check.ts';
import { fault } from './fault.ts';

export function runProblem(problem: RunProblem): Trouble {
  const failed = (message: string, hint: string) =>
    new Trouble(`run-${problem.kind}`, EXIT.failed, message, { hint: `${hint}, commit and push again` });
  switch (problem.kind) {
    case 'gone':
      return failed('run.sh is not in the image: build.sh removed it', 'keep run.sh in /app');
    case 'not-executable':
      return failed('run.sh is not executable in the image: build.sh changed it', 'chmod +x run.sh in build.sh');
    case 'crlf':
      return failed('run.sh has a CRLF line ending in line 1: no such interpreter', "sed -i 's/\\r$//' run.sh");
    case 'no-interpreter': {
      const program = escaped(problem.program);
      return failed(
        `run.sh needs ${program}, which is not in the image`,
        program.includes(' ')
          ? `start run.sh with #!/usr/bin/env -S ${program}`
          : 'fix the shebang, or install it in build.sh',
      );
    }
    case 'syntax': {
      const { line, reason } = parseSyntaxError(problem.output, './run.sh');
      return failed(
        `run.sh has a syntax error${line === undefined ? '' : ` in line ${line}`}: ${escaped(reason)}`,
        problem.bySh
          ? 'fix it; if it is not a shell script: add a shebang, git update-index --chmod=+x run.sh'
          : 'fix it',
      );
    }
  }
}

/** `what`: run.sh, or the image's command. */
export const checking = (what: string, seconds: number) =>
  `Checking the image: ${what} must run for ${seconds} s, without network`;

export const noCommand = () =>
  new Trouble('check-failed', EXIT.failed, 'the image has no command to start it with (doskara.check)', {
    hint: 'add CMD or ENTRYPOINT to the Dockerfile, commit and push again',
  });

/** `how`: the exit code, or why there is none. */
export const checkFailed = (what: string, how: number | string, afterMs: number, seconds: number) =>
  new Trouble(
    'check-failed',
    EXIT.failed,
    `${what} ended after ${formatDuration(afterMs)} with ${typeof how === 'number' ? `exit code ${how}` : how}, but must run for ${seconds} s (doskara.check)`,
    { hint: 'see its output above; fix it, commit and push again' },
  );

export const noEngineForCheck = (reason: string) =>
  fault(
    'no-check-engine',
    `the factory's own Docker Engine cannot start the image for doskara.check: ${reason}`,
    'service docker status',
  );
