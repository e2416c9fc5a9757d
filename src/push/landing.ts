import { closeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDeadline } from '../builds/deadline.ts';
import type { Lock } from '../lock.ts';
import { branchIn } from '../port/branch-patterns.ts';
import { openBranch } from '../port/branches.ts';
import { withoutGit } from '../port/git/git.ts';
import { makeOutput } from '../port/output.ts';
import { recordsOf } from '../port/records.ts';
import { openRepository, readHead } from '../port/repository.ts';
import { isAlive, type ProcessId } from '../proc-stat.ts';

/** Set in the environment of a hook that was started to wait for git. */
export const LANDING = 'DOSKARA_LANDING';

/** What git is to do with the branch once pre-receive has accepted a push. */
export interface Landing {
  ref: string;
  /** null: the branch is deleted. */
  commit: string | null;
  receivePack: ProcessId;
}

/** The lock's file in the process that waits; see `files` in exec.ts. */
const LOCK_FD = 3;

/**
 * Starts this hook again, in a session of its own, to hold the app's lock until git has moved the branch: only then may
 * another build begin, or another push move the branch. The lock belongs to the open file, which both processes share.
 */
export async function holdUntilLanded(
  lock: Lock,
  landing: Landing,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { start } = await import('../exec.ts'); // a push that builds nothing stays fast
  start([process.execPath, ...process.execArgv, ...process.argv.slice(1, 2)], {
    cwd: folder,
    env: { ...withoutGit(env), [LANDING]: JSON.stringify(landing) },
    files: [lock.file.fd],
    detached: true,
    output: 'ignore',
  }).unref();
}

const POLL_INTERVAL_MS = 50;
/** A pusher who does not read blocks git, but not the next push. */
const MAX_HOLD_MS = 10_000;

/**
 * In the process started by the function above: waits until git has moved the branch, or has ended without doing so. If
 * no post-receive hook has published the build, reconciles the app at once: either git rejected the push, and its image
 * must not stay the latest; or git accepted it, and was killed before it ran the hook.
 */
export async function awaitLanding(folder: string, landing: string): Promise<void> {
  const { ref, commit, receivePack }: Landing = JSON.parse(landing);
  const repository = await openBranch(await openRepository(folder), branchIn(ref) ?? '');
  const hasLanded = async () => (await readHead(repository, ref)) === (commit ?? undefined);
  const waitFor = async (isDone: () => Promise<boolean>) => {
    while (!(await isDone()) && (await isAlive(receivePack))) await sleep(POLL_INTERVAL_MS);
  };
  let held = true;
  const release = () => {
    if (held) closeSync(LOCK_FD);
    held = false;
  };
  const timer = setTimeout(release, MAX_HOLD_MS);
  await waitFor(hasLanded);
  clearTimeout(timer);
  release();

  const { findGatedBuild } = await import('../builds/gated-build.ts');
  const records = recordsOf(repository);
  const build = findGatedBuild(await records.latest(), commit ?? '', receivePack);
  if (build === undefined) return; // the push moved the branch without one
  const isPublished = async () => (await records.read(build.number)).landed === true;
  await waitFor(isPublished);
  if (await isPublished()) return;
  const { reconcileApp } = await import('../builds/reconcile-app.ts');
  using limit = openDeadline(new AbortController().signal);
  const nobody = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = makeOutput(nobody, (line) => line);
  await reconcileApp(repository, output, limit);
}
