/** Docker's builders, and how they print and push. */

/**
 * Which builder the docker CLI can drive. `buildx` builds and pushes in one command; `buildkit` (inside a CLI before 23)
 * and `classic` build first, then push.
 */
export type Builder = 'buildx' | 'buildkit' | 'classic';

/**
 * Who pushes what buildx has built: BuildKit itself (`image`), or the engine (`moby`), which keeps a local image
 * and knows no choice of compression.
 */
export type Exporter = 'image' | 'moby';

/**
 * How buildx prints its progress. `rawjson` is data, from 0.13 on. `plain` is for people: it now and
 * then drops the rest of a line where 32 KiB of output end (seen with 0.29), and it announces later steps too early.
 * https://docs.docker.com/reference/cli/docker/buildx/build/#progress
 */
export type ProgressFormat = 'rawjson' | 'plain';

/**
 * A CLI before 23 has BuildKit inside, behind DOCKER_BUILDKIT=1; from 23 on `docker build` is buildx, a plugin that
 * may be missing, and then only the classic builder is left (https://docs.docker.com/engine/release-notes/23.0/).
 */
export function chooseBuilder(clientVersion: string, hasBuildx: boolean): Builder {
  if (hasBuildx) return 'buildx';
  return Number.parseInt(clientVersion, 10) < 23 ? 'buildkit' : 'classic';
}

/** By what `docker buildx version` prints, or the engine's CLI knows of it. */
export function chooseProgress(buildxVersion: string): ProgressFormat {
  return isFrom(13, buildxVersion) ? 'rawjson' : 'plain';
}

/**
 * Before 0.22 buildx has an engine with containerd's image store push once more what BuildKit has pushed, and the engine
 * doesn't have it: https://github.com/docker/buildx/commit/4f7d145c0ee052286b7dcb94d98d2a371a818c6c
 */
export function chooseExporter({ hasImageStore, ownBuildKit, buildxVersion }: ExporterFacts): Exporter {
  return ownBuildKit || (hasImageStore && isFrom(22, buildxVersion)) ? 'image' : 'moby';
}

interface ExporterFacts {
  /** Whether the engine keeps images in containerd's store. */
  hasImageStore: boolean;
  ownBuildKit: boolean;
  /** undefined: there is no buildx. */
  buildxVersion: string | undefined;
}

/** Whether a version of buildx or BuildKit is 0.`minor` or later. */
export function isFrom(minor: number, version = ''): boolean {
  const [, major, its] = /(?:^|[ v])(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 0 || Number(its) >= minor;
}
