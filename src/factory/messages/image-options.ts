/** What the factory says where no builder can make the image that is asked for. */
import { command, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { printable } from '../../printable.ts';
import type { NamedTraits } from '../docker/builder-state.ts';
import { CHECK, fault } from './fault.ts';

/** `setting`: of port, such as `reproducible`. */
export const noImageExporter = (setting: string) =>
  fault(
    'no-image-exporter',
    `the factory cannot build: doskara.${setting} needs buildx 0.22 or later, and an engine with containerd's image store or a builder (DOSKARA_BUILDERS)`,
    'in /etc/docker/daemon.json: {"features": {"containerd-snapshotter": true}}, then: service docker restart',
  );

export const buildKitTooOld = (setting: string, from: string, found: readonly NamedTraits[]) =>
  fault(
    'buildkit-too-old',
    `the factory cannot build: doskara.${setting} needs BuildKit ${from} or later, and ${versionsOf(found)}`,
    CHECK,
  );

/** `missing`: platforms that none has, or none together. */
export const noPlatform = (missing: readonly string[], found: readonly NamedTraits[]) =>
  fault(
    'no-platform',
    `the factory cannot build for ${missing.join(', ')}: ${found.map(platformsOf).join('; ')}`,
    'apt-get install qemu-user-static binfmt-support, to emulate it; or add a builder that has it (DOSKARA_BUILDERS); --check shows what each builder has',
  );

const platformsOf = ({ name, platforms }: NamedTraits) =>
  `${nameOf(name)} ${platforms.length === 0 ? 'does not say what it has' : `has ${platforms.join(', ')}`}`;

/** `reason`: BuildKit's own. */
export const wrongBasePlatform = (reason: string, isOwnDockerfile: boolean) =>
  isOwnDockerfile
    ? new Trouble('wrong-base-platform', EXIT.failed, reason, {
        hint: 'name an image in the Dockerfile that has all platforms of doskara.platforms',
      })
    : fault(
        'wrong-base-platform',
        `the factory cannot build: ${reason}`,
        'set DOSKARA_BASE_IMAGE, or on port doskara.baseImage, to an image that has this platform; docker buildx imagetools inspect <image> shows what it has',
      );

/** `reason`: of the pull, or of the scanner itself. */
export const scannerFailed = (reason: string) =>
  fault(
    'sbom-scanner-failed',
    `the factory cannot make an SBOM with docker/buildkit-syft-scanner:stable-1: ${reason}`,
    'let the builder pull that image from docker.io or a mirror of it; or on port: doskara config <app> attest provenance',
  );

/** Of a base image with another platform: `InvalidBaseImagePlatform: Base image x was pulled with …`. */
export const basePlatformWarning = (text: string) => lowerFirst(printable(text.replace(/^\w+: /, ''), false));

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);

/** `wanted`: null if it is not known. */
export const otherBuildKit = (wanted: string | null, found: readonly NamedTraits[]) =>
  new Trouble(
    'other-buildkit',
    EXIT.factory,
    `cannot verify: the image was built by ${buildKit(wanted)}, and ${versionsOf(found)}`,
    { hint: ['to rebuild it with the current BuildKit: ', command('replay', '<app>', '<commit>')] },
  );

const buildKit = (version: string | null) =>
  version === null ? 'a BuildKit of unknown version' : `BuildKit ${version}`;

const versionsOf = (found: readonly NamedTraits[]) =>
  found.map(({ name, buildkit: version }) => `${nameOf(name)} has ${buildKit(version)}`).join(', ');

const nameOf = (builder: string) => (builder === '' ? 'the engine' : `builder ${builder}`);
