import { isDeepStrictEqual } from 'node:util';
import type { BuildRecord } from '../port/build-record.ts';
import { openBoundedGit } from '../port/git/bounded-git.ts';
import type { Records } from '../port/records.ts';
import type { PortSettings } from '../port/settings.ts';
import { type BuiltRecord, buildsWithImage } from './choose-rollback.ts';
import type { BuildRequest } from './request.ts';

/**
 * For an app that is a folder of its repository: the build of the latest image, if its commit has the same folder and
 * watched paths as this one, and port's settings are the same, so that the image serves both. Undefined if there is
 * something to build.
 */
export async function findUnchanged(request: BuildRequest, records: Records): Promise<BuiltRecord | undefined> {
  const { repository, commit, noCache, why, signal } = request;
  const { folder, watch } = repository.settings;
  if (folder === undefined || noCache || why === 'replay') return undefined;
  const [latest] = buildsWithImage(await records.latest());
  if (latest === undefined || !hasSameSettings(latest, request)) return undefined;
  const git = openBoundedGit(repository.path, repository.quarantine, signal);
  const paths = ['--', folder, ...watch];
  const changes = git.list(
    '--literal-pathspecs',
    'diff-tree',
    '-r',
    '--name-only',
    '-z',
    latest.commit,
    commit,
    ...paths,
  );
  try {
    const { done } = await changes.next();
    return done ? latest : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined; // the commit of that build may be gone
  } finally {
    await changes.return();
  }
}

/** An app that was renamed has its images under the old name. */
function hasSameSettings(build: BuildRecord, { repository }: BuildRequest): boolean {
  return isDeepStrictEqual({ ...build, ...recordedSettings(repository.settings) }, build);
}

/** Their names; a change of the others changes no image. */
export const IMAGE_SETTINGS: readonly string[] = [
  ...['app', 'folder', 'dockerfile', 'target', 'buildArg', 'baseImage', 'submodules'],
  ...['reproducible', 'platforms', 'attest'],
];

type RecordedSettings = Pick<
  BuildRecord,
  'app' | 'folder' | 'dockerfile' | 'baseImage' | 'imageOptions' | 'submodules'
>;

/** The settings that decide what an image is, and what it is called. */
export function recordedSettings(settings: PortSettings): RecordedSettings {
  const { app, folder = null, dockerfile: file, target = null, buildArgs } = settings;
  const { baseImage = null, image: imageOptions, submodules } = settings;
  return { app, folder, dockerfile: { file, target, buildArgs }, baseImage, imageOptions, submodules };
}

/** Those of a build, as settings. */
export function settingsOf(build: BuildRecord): Partial<PortSettings> {
  const { folder, dockerfile, baseImage, imageOptions, submodules } = build;
  const { file, target, buildArgs } = dockerfile ?? {};
  return {
    folder: folder ?? undefined,
    ...(file === undefined ? {} : { dockerfile: file, target: target ?? undefined, buildArgs: buildArgs ?? [] }),
    baseImage: baseImage ?? undefined,
    image: imageOptions,
    submodules,
  };
}
