/** What the factory says where no builder can make the image that is asked for. */
import { command, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
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

/** `wanted`: null if it is not known. */
export const otherBuildKit = (wanted: string | null, found: readonly NamedTraits[]) =>
  new Trouble(
    'other-buildkit',
    EXIT.factory,
    `cannot verify: the image was built by ${buildKit(wanted)}, and ${versionsOf(found)}`,
    { hint: ['to build it with the BuildKit that is there now: ', command('replay', '<app>', '<commit>')] },
  );

const buildKit = (version: string | null) =>
  version === null ? 'a BuildKit of unknown version' : `BuildKit ${version}`;

const versionsOf = (found: readonly NamedTraits[]) =>
  found
    .map(({ name, buildkit: version }) => `${name === '' ? 'the engine' : `builder ${name}`} has ${buildKit(version)}`)
    .join(', ');
