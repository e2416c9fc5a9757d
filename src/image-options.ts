/**
 * How an app's image is made, as port tells the factory on the runner's command line. Both sides check it: parts of it
 * end up in buildx's comma-separated options.
 */
import { Trouble } from './errors.ts';
import { EXIT } from './exit-codes.ts';

export interface ImageOptions {
  /** Whether the same commit has to give the same digest, whenever and wherever it is built. */
  reproducible: boolean;
}

export const PLAIN_IMAGE: ImageOptions = { reproducible: false };

/** What a build has to come to once more, and with which BuildKit; null: its version was not known. */
export interface Verification {
  digest: string;
  buildkit: string | null;
}

const BUILDKIT = /^v\d[\w.+~-]{0,63}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const UNKNOWN = 'unknown';

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** A version as buildx prints it. */
export function isBuildKit(version: unknown): version is string {
  return typeof version === 'string' && BUILDKIT.test(version);
}

export function imageArgs({ reproducible }: ImageOptions, verify: Verification | undefined): string[] {
  return [
    ...(reproducible ? ['--reproducible'] : []),
    ...(verify === undefined ? [] : ['--verify', verify.digest, verify.buildkit ?? UNKNOWN]),
  ];
}

/** Takes `[--reproducible] [--verify DIGEST VERSION]` from the start of the arguments. Throws (exit code 2) if one is invalid. */
export function takeImageArgs(args: string[]): { image: ImageOptions; verify: Verification | undefined } {
  const reproducible = args[0] === '--reproducible' && args.shift() !== undefined;
  return { image: { reproducible }, verify: takeVerification(args) };
}

function takeVerification(args: string[]): Verification | undefined {
  if (args[0] !== '--verify') return undefined;
  const [, digest = '', version = ''] = args.splice(0, 3);
  if (!isDigest(digest)) throw wrong('image digest', digest);
  if (version !== UNKNOWN && !isBuildKit(version)) throw wrong('version of BuildKit', version);
  return { digest, buildkit: version === UNKNOWN ? null : version };
}

const wrong = (what: string, value: string) =>
  new Trouble('bad-image-option', EXIT.usage, `${JSON.stringify(value)} is not a valid ${what}`, {
    hint: '--verify takes the digest of an image, and the version of BuildKit that built it, or unknown',
  });
