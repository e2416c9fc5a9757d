/**
 * How an app's image is made, as port tells the factory on the runner's command line. Both sides check it: parts of it
 * end up in buildx's comma-separated options.
 */
import { Trouble } from './errors.ts';
import { EXIT } from './exit-codes.ts';

export interface ImageOptions {
  /** Whether the same commit has to give the same digest, whenever and wherever it is built. */
  reproducible: boolean;
  /** `os/arch[/variant]` each, for an image of several; none: the builder's own. */
  platforms: readonly string[];
  /** What BuildKit tells of the image, beside it in the registry. */
  attest: readonly Attestation[];
}

const ATTESTATIONS = ['provenance', 'sbom'] as const;
export type Attestation = (typeof ATTESTATIONS)[number];

export const PLAIN_IMAGE: ImageOptions = { reproducible: false, platforms: [], attest: [] };

/** undefined if there is no such attestation. */
export function readAttestation(word: string): Attestation | undefined {
  return ATTESTATIONS.find((known) => known === word);
}

const PLATFORM = /^[a-z]{1,16}\/[a-z0-9]{1,16}(?:\/v\d{1,2}(?:\.\d)?)?$/;
const MAX_PLATFORMS = 8;
/** As buildx calls them: https://github.com/containerd/platforms/blob/main/database.go */
const SAME: Record<string, string> = {
  'linux/amd64/v1': 'linux/amd64',
  'linux/arm': 'linux/arm/v7',
  'linux/arm64/v8': 'linux/arm64',
};

export const PLATFORMS_WANTED = 'platforms such as linux/amd64,linux/arm64, at most 8';

/** `linux/amd64,linux/arm64`; undefined if it is invalid. */
export function readPlatforms(list: string): string[] | undefined {
  const platforms = [...new Set(list.split(',').map((each) => SAME[each] ?? each))];
  return platforms.length <= MAX_PLATFORMS && platforms.every((each) => PLATFORM.test(each)) ? platforms : undefined;
}

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

export function imageArgs(
  { reproducible, platforms, attest }: ImageOptions,
  verify: Verification | undefined,
): string[] {
  return [
    ...(reproducible ? ['--reproducible'] : []),
    ...(platforms.length === 0 ? [] : ['--platforms', platforms.join(',')]),
    ...(attest.length === 0 ? [] : ['--attest', attest.join(',')]),
    ...(verify === undefined ? [] : ['--verify', verify.digest, verify.buildkit ?? UNKNOWN]),
  ];
}

/**
 * Takes `[--reproducible] [--platforms LIST] [--attest LIST] [--verify DIGEST VERSION]` from the start of the
 * arguments. Throws (exit code 2) if one is invalid.
 */
export function takeImageArgs(args: string[]): { image: ImageOptions; verify: Verification | undefined } {
  const reproducible = args[0] === '--reproducible' && args.shift() !== undefined;
  const platforms = takePlatforms(args);
  const attest = takeAttestations(args);
  return { image: { reproducible, platforms, attest }, verify: takeVerification(args) };
}

function takePlatforms(args: string[]): string[] {
  if (args[0] !== '--platforms') return [];
  const [, list = ''] = args.splice(0, 2);
  const platforms = readPlatforms(list);
  if (platforms === undefined) throw wrong('list of platforms', list, PLATFORMS_WANTED);
  return platforms;
}

function takeAttestations(args: string[]): Attestation[] {
  if (args[0] !== '--attest') return [];
  const [, list = ''] = args.splice(0, 2);
  const attest = list.split(',').map(readAttestation);
  if (attest.every((each) => each !== undefined)) return attest;
  throw wrong('list of attestations', list, ATTESTATION_WANTED);
}

function takeVerification(args: string[]): Verification | undefined {
  if (args[0] !== '--verify') return undefined;
  const [, digest = '', version = ''] = args.splice(0, 3);
  if (!isDigest(digest)) throw wrong('image digest', digest, VERIFICATION_WANTED);
  if (version !== UNKNOWN && !isBuildKit(version)) throw wrong('version of BuildKit', version, VERIFICATION_WANTED);
  return { digest, buildkit: version === UNKNOWN ? null : version };
}

export const ATTESTATION_WANTED = 'provenance or sbom';
const VERIFICATION_WANTED =
  '--verify takes the digest of an image, and the version of BuildKit that built it, or unknown';

const wrong = (what: string, value: string, hint: string) =>
  new Trouble('bad-image-option', EXIT.usage, `${JSON.stringify(value)} is not a valid ${what}`, { hint });
