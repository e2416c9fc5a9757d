import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Trouble } from '../../errors.ts';
import { type Lock, takeLock } from '../../lock.ts';
import * as messages from '../messages/warehouse.ts';
import type { Output } from '../output.ts';
import type { FactorySettings } from '../settings.ts';
import { lockFileOf } from '../spool.ts';
import { chooseObsolete, type StoredImages } from './choose-obsolete.ts';
import { listPushedApps, type Push, readPushes, writePushes } from './pushes.ts';
import { findReferred } from './referrers.ts';
import { openSkopeo, type Skopeo } from './skopeo.ts';

/** For a build of the app to end. */
const LOCK_TIMEOUT_MS = 60_000;
/** The warehouse is probably in trouble then. */
const MAX_FAILURES = 3;

/**
 * `build.sh --prune-tags`: removes from the warehouse the images that this factory pushed, beyond those to keep of each
 * app. Their bytes are freed when the registry collects its garbage. Goes on with the other apps where one fails;
 * rejects with the last failure, with exit code 4 or 5.
 */
export async function pruneTags(settings: FactorySettings, output: Output): Promise<void> {
  if (settings.keepTags === 0) return output.raw(messages.allTagsStay());
  const skopeo = await openSkopeo(settings);
  const failures: Trouble[] = [];
  let silent = true;
  for (const app of await listPushedApps(settings.spool)) {
    try {
      const lines = await pruneLocked(settings, skopeo, app);
      for (const line of lines) output.raw(line);
      silent &&= lines.length === 0;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      failures.push(error);
      if (STOPS.includes(error.code) || failures.length === MAX_FAILURES) throw error;
      output.raw(messages.tagsNotPruned(app, error));
    }
  }
  const failure = failures.at(-1);
  if (failure !== undefined) throw failure;
  if (silent) output.raw(messages.nothingPruned());
}

/** What is so for all apps. */
const STOPS = ['skopeo-missing', 'deletes-refused'];

/** Resolves to what it did, for people. */
async function pruneLocked(settings: FactorySettings, skopeo: Skopeo, app: string): Promise<string[]> {
  await using lock = await lockApp(settings.spool, app);
  return lock === undefined ? [messages.tagsBusy(app)] : await pruneApp(settings, skopeo, app);
}

/** No build and no rollback of the app may change what the warehouse has meanwhile. undefined if one runs. */
async function lockApp(spool: string, app: string): Promise<Lock | undefined> {
  const file = lockFileOf(spool, app);
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  const signal = AbortSignal.timeout(LOCK_TIMEOUT_MS);
  return takeLock(file, () => {}, signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
}

async function pruneApp(settings: FactorySettings, skopeo: Skopeo, app: string): Promise<string[]> {
  const { spool, keepTags } = settings;
  const pushes = await readPushes(spool, app);
  if (new Set(pushes.map(({ digest }) => digest)).size <= keepTags) return [];
  const stored = await readStored(skopeo, app, pushes);
  const choose = (images: StoredImages) => chooseObsolete(pushes, images, keepTags, Date.now());
  const referred = await findReferred(settings, skopeo, app, choose(stored).digests);
  const { digests, tags, unknown } = choose({ ...stored, subjects: new Set([...stored.subjects, ...referred]) });
  for (const digest of digests) await skopeo.remove(app, digest);
  const left = pushes.filter(({ digest }) => stored.manifests.has(digest) && !digests.includes(digest));
  if (left.length < pushes.length) await writePushes(spool, app, left);
  if (digests.length === 0) return [];
  const done = messages.prunedTags(app, tags.length, digests.length, stored.tags.size - tags.length);
  return [done, ...(unknown === 0 ? [] : [messages.unknownTags(app, unknown)])];
}

/** Reads what every tag stands for, what was pushed, and what is in these. */
async function readStored(skopeo: Skopeo, app: string, pushes: readonly Push[]): Promise<StoredImages> {
  const tags = new Map<string, string>();
  const manifests = new Map<string, string[]>();
  const subjects = new Set<string>();
  const read = async (reference: string): Promise<string | undefined> => {
    if (manifests.has(reference)) return reference;
    const manifest = await skopeo.readManifest(app, reference);
    if (manifest === undefined) return undefined;
    manifests.set(manifest.digest, manifest.lists);
    if (manifest.subject !== undefined) subjects.add(manifest.subject);
    return manifest.digest;
  };
  for (const tag of await skopeo.listTags(app)) {
    const digest = await read(tag);
    if (digest !== undefined) tags.set(tag, digest);
  }
  for (const { digest } of pushes) await read(digest);
  // a map that grows is walked to its end
  for (const lists of manifests.values()) for (const digest of lists) await read(digest);
  return { tags, manifests, subjects };
}
