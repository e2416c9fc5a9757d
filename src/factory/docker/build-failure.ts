import type { Trouble } from '../../errors.ts';
import { builderDiskFull, diskFull } from '../messages/disk.ts';
import * as messages from '../messages/docker.ts';
import { scannerFailed } from '../messages/image-options.ts';
import { runProblem } from '../messages/run-check.ts';
import { serverVersion } from './commands.ts';
import { inspectBuilder } from './inspect-builder.ts';
import { isBuilderLost } from './parse.ts';
import type { BuildFailure, ExplainedFailure } from './progress.ts';
import { ask } from './run.ts';
import type { Line, PublishOrder } from './run-build.ts';
import { isDeps } from './steps.ts';

const SIGKILL = 128 + 9;
/** An engine that stops kills its containers with these two: that is not the app's fault. */
const KILLED_EXIT_CODES = [SIGKILL, 128 + 15];

/** The steps that make an SBOM: https://github.com/moby/buildkit/blob/master/frontend/attestations/sbom/sbom.go */
const SCANNER = /^(?:resolve image config for docker-image:|\[[^\]]*\] generating sbom).*buildkit-syft-scanner/;

type Asked = Pick<Line, 'settings' | 'buildx'>;
type Ordered = Pick<PublishOrder, 'group' | 'dockerfile' | 'builderName' | 'ownBase'>;

/** Why a build failed, from docker's output and the kernel's memory counters. */
export async function explainBuild(line: Asked, order: Ordered, failure: ExplainedFailure): Promise<Trouble> {
  const { settings } = line;
  const { group, dockerfile, builderName } = order;
  const { status, step = 'RUN', reason, problem } = failure;
  if (problem !== undefined) return runProblem(problem);
  if (SCANNER.test(step)) return scannerFailed(reason);
  if (status === undefined && /no space left on device/i.test(reason))
    return builderName === '' ? diskFull() : builderDiskFull(builderName);
  const loss = await whyLost(line, order, failure);
  if (loss !== undefined) return messages.builderLost(builderName, loss);
  if (status === undefined) return explainDocker(settings, order, failure);
  if (KILLED_EXIT_CODES.includes(status) && (await ask([settings.docker, ...serverVersion()])).failure !== undefined)
    return messages.engineStopped();
  const script = isDeps(step) ? 'deps.sh' : 'build.sh';
  const what = dockerfile === undefined ? script : messages.step(step);
  if (await group?.ranOutOfMemory(status)) return messages.outOfMemory(what, settings.buildMemory);
  return status === SIGKILL ? messages.buildKilled(what) : messages.buildFailed(what, status);
}

/** For a failure that no command of the app caused. */
function explainDocker(
  { baseImage }: Line['settings'],
  { dockerfile, ownBase }: Ordered,
  failure: BuildFailure,
): Trouble {
  const { step = '', reason } = failure;
  if (dockerfile !== undefined) return explainDockerfile(failure);
  if (imageOf(step) === undefined) return messages.dockerFailed('build', reason);
  // our own Dockerfile has no other image
  if (ownBase && NO_SUCH_IMAGE.test(reason)) return messages.noSuchBaseImage(baseImage, reason);
  return messages.noBaseImage(baseImage, reason);
}

/** A registry that knows no such image, or doesn't show it. */
const NO_SUCH_IMAGE =
  /not found|manifest unknown|name unknown|does not exist|denied|unauthorized|authorization failed|insufficient_scope|no match for platform/i;
/** A network or a registry that does not work. */
const NETWORK =
  /dial tcp|lookup |no such host|connection (?:refused|reset)|i\/o timeout|timed out|deadline exceeded|TLS|x509|unreachable|toomanyrequests|\b(?:429|5\d\d) /i;
/** A host without an address is a wrong or a dead URL of ADD: the same commit would be built again and again. */
const isNotOfNetwork = (reason: string) => !NETWORK.test(reason) || /: no such host$/.test(reason);
/** The image has no such program; all else means that the container could not be made. */
const NO_SUCH_PROGRAM = /exec: |executable file not found/i;
/** Errors of the Dockerfile itself, which belong to no step. */
const WRONG_DOCKERFILE =
  /^failed to create LLB definition|parse error|cannot be empty|no instructions|should not be blank|stage|build target|is not allowed|circular/i;

/**
 * What BuildKit wraps around a reason: it names layers by number, and the image once more
 * (`node:9: failed to resolve source metadata for docker.io/library/node:9: …`).
 */
const WRAPPING =
  /^(?:failed to create LLB definition|failed to (?:compute|load) cache key|failed to calculate checksum of ref \S+|\S+(?=: failed to resolve)|failed to resolve source metadata(?: for \S+)?|failed to do request): /;

function unwrapped(reason: string): string {
  const inner = reason.replace(WRAPPING, '');
  return inner === reason ? reason : unwrapped(inner);
}

/** What BuildKit and the classic builder say of a file that COPY or ADD wants from the build context. */
const NOT_IN_CONTEXT = /^"\/?(?<path>[^"]+)": not found$|excluded by \.dockerignore: stat (?<name>[^:]+): /;

/**
 * For an app's own Dockerfile, if no command failed: either the Dockerfile is at fault (exit code 1), or Docker, the
 * network or a registry (4), and then the same commit may build later.
 */
export function explainDockerfile(failure: Omit<BuildFailure, 'status' | 'pushing'>): Trouble {
  const { step = '', excerpt } = failure;
  const reason = unwrapped(failure.reason);
  const image = imageOf(step);
  if (image !== undefined && NO_SUCH_IMAGE.test(reason)) return messages.noSuchImage(image, reason);
  if (image !== undefined && NETWORK.test(reason)) return messages.imageUnreachable(image, reason);
  const { path, name = path } = NOT_IN_CONTEXT.exec(reason)?.groups ?? {};
  if (name !== undefined && !step.includes('--from=')) return messages.notInContext(name);
  const isInstructionsFault = /(?:\]|:) RUN\b/.test(step) ? NO_SUCH_PROGRAM.test(reason) : isNotOfNetwork(reason);
  if (step !== '' && !/^\[(?:\S+ )?internal\]/.test(step) && !step.startsWith('exporting'))
    return isInstructionsFault ? messages.dockerfileFailed(reason) : messages.dockerFailed('build', reason);
  return excerpt.length > 0 || WRONG_DOCKERFILE.test(failure.reason)
    ? messages.dockerfileFailed(reason)
    : messages.dockerFailed('build', reason);
}

/** The image that a step looks for; undefined if it does something else. */
function imageOf(step: string): string | undefined {
  const [, loaded, from] =
    /^\[(?:\S+ )?internal\] load metadata for (\S+)$|^(?:\[[^\]]+\]|Step \d+\/\d+ :) FROM (\S+)/.exec(step) ?? [];
  return loaded ?? from;
}

/** Buildx words a broken connection in many ways, so the builder itself is asked, too. undefined: it is not lost. */
async function whyLost(
  { buildx }: Asked,
  { builderName }: Ordered,
  { status, reason }: ExplainedFailure,
): Promise<string | undefined> {
  if (builderName === '' || buildx === undefined) return undefined;
  if (status !== undefined && !KILLED_EXIT_CODES.includes(status)) return undefined;
  if (status === undefined && isBuilderLost(reason)) return reason;
  return (await inspectBuilder(buildx, builderName)).trouble;
}
