import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCommitId } from '../../commit-id.ts';
import { isAppName } from '../../contract.ts';
import { isDigest } from '../../image-options.ts';
import { parseList } from '../../json.ts';
import { replaceFile } from '../../replace-file.ts';
import { type ImagePlan, revisionOf } from '../image/tags-and-labels.ts';

/** An image that this factory has made an app's latest. */
export interface Push {
  /** Milliseconds since 1970. */
  time: number;
  /** Empty: of a tarball that doesn't say. */
  commit: string;
  digest: string;
}

/** Of one app; an image that is older than all these is no longer known, and stays in the warehouse. */
const MAX_PUSHES = 2000;

const folderIn = (spool: string) => join(spool, 'pushes');
const fileOf = (spool: string, app: string) => join(folderIn(spool), `${app}.json`);

/** The apps that this factory has pushed. */
export async function listPushedApps(spool: string): Promise<string[]> {
  const files = await readdir(folderIn(spool)).catch(() => []);
  return files.flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []).filter(isAppName);
}

/**
 * What this factory has pushed of an app, newest first: a registry does not tell when an image came. Read and write it
 * under the app's lock. What is damaged counts as not there.
 */
export async function readPushes(spool: string, app: string): Promise<Push[]> {
  return parseList(await readFile(fileOf(spool, app), 'utf8').catch(() => ''), isPush);
}

function isPush(value: unknown): value is Push {
  const { time, commit, digest } = { ...(value as { [key in keyof Push]?: unknown } | null) };
  if (!Number.isSafeInteger(time) || typeof commit !== 'string' || typeof digest !== 'string') return false;
  return (commit === '' || isCommitId(commit)) && isDigest(digest);
}

export async function writePushes(spool: string, app: string, pushes: readonly Push[]): Promise<void> {
  await mkdir(folderIn(spool), { recursive: true, mode: 0o700 });
  await replaceFile(fileOf(spool, app), JSON.stringify(pushes.slice(0, MAX_PUSHES)));
}

/** The image is in the warehouse: if this fails, it only stays there. */
export async function rememberPush(spool: string, app: string, image: ImagePlan, digest: string): Promise<void> {
  const push = { time: Date.now(), commit: revisionOf(image) ?? '', digest };
  const earlier = (await readPushes(spool, app)).filter((old) => old.commit !== push.commit || old.digest !== digest);
  await writePushes(spool, app, [push, ...earlier]).catch(() => {});
}
