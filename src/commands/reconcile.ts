import { type Deadline, openDeadline } from '../builds/deadline.ts';
import { reconcileApp } from '../builds/reconcile-app.ts';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openBranches } from '../port/branches.ts';
import { isOurs, readHookState } from '../port/git/hook-files.ts';
import * as messages from '../port/messages/build.ts';
import { troubleLines } from '../port/messages/text.ts';
import type { Output } from '../port/output.ts';
import { openRepository } from '../port/repository.ts';
import { asTrouble } from '../port/system-errors.ts';
import { APP } from './arguments.ts';
import type { AdminCommand, AdminSession } from './spec.ts';
import { outputOf } from './stdout.ts';

export const reconcile: AdminCommand = {
  name: 'reconcile',
  summary: 'build branch heads whose build is missing or was lost; a timer runs this',
  who: 'admin',
  arguments: [{ ...APP, meaning: 'only this app', optional: true }],
  async run([app]: [string?], _options, session) {
    return reconcileApps(app, session);
  },
};

/**
 * Level-triggered: it compares the present state and keeps no list of work, so it may run at any time, also beside
 * pushes and itself.
 */
async function reconcileApps(app: string | undefined, session: AdminSession): Promise<ExitCode> {
  const { hook } = session.installed;
  const repositories = app === undefined ? await session.openApps() : [(await session.openApp(app)).folder];
  const signal = session.buildSignal();
  const output = await outputOf('auto', session.typed);
  let worst: ExitCode = EXIT.built;
  for (const folder of repositories) {
    if (signal.aborted) break;
    if (!isOurs(await readHookState(folder, hook))) continue;
    const exitCode = await reconcileInTime(folder, output, signal).catch(report(folder));
    worst = Math.max(worst, exitCode) as ExitCode;
  }
  return worst;
}

/** Longest that reading an app's settings may take. */
const READ_TIMEOUT_S = 60;
/** How long an app may go on after its deadline. */
const GRACE_S = 30;

/** Gives up on an app that takes too long, so that those after it are not held up. */
async function reconcileInTime(folder: string, output: Output, signal: AbortSignal): Promise<ExitCode> {
  using limit = openDeadline(signal);
  limit.start(READ_TIMEOUT_S, messages.noTurn(folder, READ_TIMEOUT_S));
  const givenUp = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => {
      setTimeout(() => reject(limit.signal.reason), GRACE_S * 1000).unref();
    });
  });
  return await Promise.race([reconcileBranches(folder, output, limit), givenUp]);
}

/** Each has its own time. */
async function reconcileBranches(folder: string, output: Output, limit: Deadline): Promise<ExitCode> {
  let worst: ExitCode = EXIT.built;
  for (const repository of await openBranches(await openRepository(folder))) {
    if (limit.signal.aborted) break;
    const exitCode = await reconcileApp(repository, output, limit).catch(report(folder));
    worst = Math.max(worst, exitCode) as ExitCode;
  }
  return worst;
}

/** An error in one repository must not stop the others. */
function report(folder: string): (error: Error) => ExitCode {
  return (thrown) => {
    const error = asTrouble(thrown, folder);
    if (!(error instanceof Trouble)) process.stderr.write(`error: ${folder}: ${thrown.message}\n`);
    else for (const line of troubleLines(error)) process.stderr.write(`${line.replace(/^error: /, `$&${folder}: `)}\n`);
    return error instanceof Trouble ? error.exitCode : EXIT.bug;
  };
}
