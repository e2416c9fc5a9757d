/**
 * How an app's own Dockerfile is built, as port tells the factory on the runner's command line. Both sides check it:
 * nothing in it can be another option, or leave the app's folder.
 */
import { Trouble } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { takeOption } from './take-option.ts';

export interface DockerfileOptions {
  /** Its path in the app. */
  file: string;
  /** The stage to build; undefined: the last one. */
  target: string | undefined;
  /** `KEY=value` each. */
  buildArgs: readonly string[];
}

const PATH = /^[\w.][\w.-]*(?:\/[\w.][\w.-]*)*$/;
const MAX_PATH_LENGTH = 255;
const TARGET = /^[A-Za-z0-9][\w.-]{0,127}$/;

/** A plain relative path. */
export function isPlainPath(path: string): boolean {
  return PATH.test(path) && path.length <= MAX_PATH_LENGTH && !path.split('/').some((part) => /^\.\.?$/.test(part));
}

/** The name of a stage, or its number. */
export function isTarget(name: string): boolean {
  return TARGET.test(name);
}

const BUILD_ARG = /^[A-Za-z_]\w{0,63}=[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;
/** Some of these tell BuildKit to run another frontend, or to share caches. */
const RESERVED = /^(?:BUILDKIT|DOSKARA)_/i;
const MAX_BUILD_ARG_BYTES = 4096;
const MAX_BUILD_ARGS = 64;
/** Sshd accepts a command line ten times as long. */
const MAX_BUILD_ARGS_BYTES = 12 * 1024;

/** `KEY=value`, without control characters. */
export function isBuildArg(text: string): boolean {
  return BUILD_ARG.test(text) && !RESERVED.test(text) && Buffer.byteLength(text) <= MAX_BUILD_ARG_BYTES;
}

/** Whether the command line has room for them. */
export function doBuildArgsFit(buildArgs: readonly string[]): boolean {
  const bytes = buildArgs.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return buildArgs.length <= MAX_BUILD_ARGS && bytes <= MAX_BUILD_ARGS_BYTES;
}

/** Over ssh, arguments are one line, split at spaces. So build arguments, which may have spaces, go as base64url. */
export function dockerfileArgs(options: DockerfileOptions | undefined): string[] {
  if (options === undefined) return [];
  const { file, target, buildArgs } = check(options);
  return [
    '--dockerfile',
    file,
    ...(target === undefined ? [] : ['--target', target]),
    ...buildArgs.flatMap((text) => ['--build-arg', Buffer.from(text).toString('base64url')]),
  ];
}

/**
 * Takes `[--dockerfile FILE [--target STAGE] [--build-arg ARG]…]` from the start of the arguments. A build
 * argument typed by hand may be plain: base64url has no `=`. Throws (exit code 2) if one is invalid.
 */
export function takeDockerfileArgs(args: string[]): DockerfileOptions | undefined {
  const take = (option: string) => takeOption(args, option);
  const file = take('--dockerfile');
  if (file === undefined) return undefined;
  const target = take('--target');
  const buildArgs: string[] = [];
  for (let word = take('--build-arg'); word !== undefined; word = take('--build-arg'))
    buildArgs.push(isBuildArg(word) ? word : decode(word));
  return check({ file, target, buildArgs });
}

/** Only the canonical encoding counts; for any other text, the result is empty, which is no valid build argument. */
function decode(word: string): string {
  const bytes = Buffer.from(word, 'base64url');
  const text = bytes.toString();
  return bytes.toString('base64url') === word && Buffer.from(text).equals(bytes) ? text : '';
}

function check(options: DockerfileOptions): DockerfileOptions {
  const { file, target, buildArgs } = options;
  if (!isPlainPath(file)) throw wrong('dockerfile', JSON.stringify(file));
  if (target !== undefined && !isTarget(target)) throw wrong('target', JSON.stringify(target));
  if (!buildArgs.every(isBuildArg) || !doBuildArgsFit(buildArgs))
    throw wrong('build argument', `one of ${buildArgs.length}`);
  return options;
}

/** What a build argument may be. */
export const BUILD_ARG_WANTED =
  'KEY=value, of at most 4 KB, without control characters, and not BUILDKIT_… or DOSKARA_…; all together at most 64, of 12 KB';

const wrong = (what: 'dockerfile' | 'target' | 'build argument', value: string) =>
  new Trouble('bad-dockerfile-option', EXIT.usage, `${value} is not a valid ${what}`, { hint: WANTED[what] });

const WANTED = {
  dockerfile: 'a relative path of letters, digits, and . _ - between slashes',
  target: 'the name of a stage: letters, digits, and . _ -',
  'build argument': BUILD_ARG_WANTED,
};
