import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../proc-stat.ts';
import * as messages from './messages/build.ts';
import type { Output } from './output.ts';
import { listBuilds, type SpooledBuild } from './spool.ts';

/** For a build to stop docker and clean up before it is killed. */
const KILL_AFTER_MS = 8000;

/**
 * `build.sh --cancel [--tag <tag>] <app>`: cancels the builds of an app that run or wait, or those of them for one tag,
 * and returns when they have ended.
 */
export async function cancelBuilds(
  root: string,
  { app, tag }: { app: string; tag: string | undefined },
  output: Output,
): Promise<void> {
  const builds = (await listBuilds(root)).filter(
    (build) => build.app === app && (tag === undefined || build.tag === tag),
  );
  for (const { pid } of builds) send(pid, 'SIGINT');
  await Promise.all(builds.map(waitUntilGone));
  output.raw(messages.cancelledBuilds(app, builds.length));
}

async function waitUntilGone(build: SpooledBuild): Promise<void> {
  const end = Date.now() + KILL_AFTER_MS;
  while (await isAlive(build)) {
    if (Date.now() > end) send(build.pid, 'SIGKILL'); // docker ends with it, by its parent death signal
    await sleep(50);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended by itself
  }
}
