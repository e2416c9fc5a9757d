/** How a commit is built, as port tells the factory on the runner's command line; both sides check it. */
import { isCacheId } from './cache-id.ts';
import { type DockerfileOptions, dockerfileArgs, takeDockerfileArgs } from './dockerfile-options.ts';
import { type ImageOptions, imageArgs, takeImageArgs, type Verification } from './image-options.ts';
import { isImageReference } from './image-reference.ts';
import { isImageTag, isReservedTag } from './image-tag.ts';
import { parseSecretNames, secretNamesArgs } from './secrets.ts';
import { takeOption } from './take-option.ts';

export interface BuildOptions {
  /** The image's tag; undefined: latest. */
  tag: string | undefined;
  /** Builds every step anew. */
  noCache: boolean;
  /**
   * Whose CACHE_DIR and secrets the build gets, one for each life of an app, so that whoever takes the name of a
   * destroyed one finds none; undefined: the name's CACHE_DIR, and no secrets.
   */
  cacheId: string | undefined;
  /** Names of the secrets that the build gets. */
  secrets: readonly string[];
  /** How long the image must run before it is pushed; undefined: it is not started. */
  checkSeconds: number | undefined;
  /** What an app with scripts is built on; undefined: the factory's own. */
  baseImage: string | undefined;
  image: ImageOptions;
  /**
   * What it has to come to: the image is compared with that, and nothing is pushed; undefined: it is built and pushed.
   */
  verify: Verification | undefined;
  /** How to build an app with a Dockerfile of its own; undefined: the one in its root, if it has no scripts. */
  dockerfile: DockerfileOptions | undefined;
}

/**
 * `[--tag TAG] [--no-cache] [--cache-id ID [--secrets A,B]] [--check-run SECONDS] [--base-image IMAGE] [--reproducible …]
 * [--dockerfile …]`
 */
export function buildOptionArgs(options: BuildOptions): string[] {
  const { tag, noCache, cacheId, secrets, checkSeconds, baseImage, image, verify, dockerfile } = options;
  return [
    ...(tag === undefined ? [] : ['--tag', tag]),
    ...(noCache ? ['--no-cache'] : []),
    ...(cacheId === undefined ? [] : ['--cache-id', cacheId]),
    ...secretNamesArgs(secrets),
    ...(checkSeconds === undefined ? [] : ['--check-run', String(checkSeconds)]),
    ...(baseImage === undefined ? [] : ['--base-image', baseImage]),
    ...imageArgs(image, verify),
    ...dockerfileArgs(dockerfile),
  ];
}

/**
 * Takes the options from the start of the arguments; undefined if one is invalid. Throws (exit code 2) for those that
 * have a file of their own.
 */
export function takeBuildOptions(args: string[]): BuildOptions | undefined {
  const take = (option: string) => takeOption(args, option);
  const tag = take('--tag');
  const noCache = args[0] === '--no-cache' && args.shift() !== undefined;
  const cacheId = take('--cache-id');
  const secrets = parseSecretNames(take('--secrets'));
  const seconds = take('--check-run');
  const baseImage = take('--base-image');
  const { image, verify } = takeImageArgs(args);
  const dockerfile = takeDockerfileArgs(args);
  if (tag !== undefined && (!isImageTag(tag) || isReservedTag(tag))) return undefined;
  if (cacheId === undefined ? secrets.length > 0 : !isCacheId(cacheId)) return undefined;
  if (seconds !== undefined && !/^[1-9]\d{0,3}$/.test(seconds)) return undefined;
  if (baseImage !== undefined && !isImageReference(baseImage)) return undefined;
  const checkSeconds = seconds === undefined ? undefined : Number(seconds);
  return { tag, noCache, cacheId, secrets, checkSeconds, baseImage, image, verify, dockerfile };
}
