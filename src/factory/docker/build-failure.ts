import type { Trouble } from '../../errors.ts';
import { exec } from '../../exec.ts';
import type { BuildGroup } from '../cgroups.ts';
import { diskFull } from '../messages/disk.ts';
import * as messages from '../messages/docker.ts';
import { runProblem } from '../messages/run-check.ts';
import type { FactorySettings } from '../settings.ts';
import { serverVersion } from './commands.ts';
import type { ExplainedFailure } from './progress.ts';

const SIGKILL = 128 + 9;
/** An engine that stops kills its containers with these two: that is not the app's fault. */
const KILLED_EXIT_CODES = [SIGKILL, 128 + 15];

/** Why a build failed, from docker's output and the kernel's memory counters. */
export async function explainBuild(
  { docker, baseImage, buildMemory }: FactorySettings,
  group: BuildGroup | undefined,
  { status, reason, problem }: ExplainedFailure,
): Promise<Trouble> {
  if (problem !== undefined) return runProblem(problem);
  if (status === undefined) {
    if (/no space left on device/i.test(reason)) return diskFull();
    return isOf(baseImage, reason) ? messages.noBaseImage(baseImage, reason) : messages.dockerFailed('build', reason);
  }
  if (KILLED_EXIT_CODES.includes(status) && (await exec([docker, ...serverVersion()])).failed)
    return messages.engineStopped();
  if (await group?.ranOutOfMemory(status)) return messages.outOfMemory(buildMemory);
  return status === SIGKILL ? messages.buildKilled() : messages.buildFailed(status);
}

/** Whether an image could not be pulled: docker then names it, with its tag or, where access is denied, without. */
function isOf(image: string, reason: string): boolean {
  const [name = image] = image.split('@');
  return reason.includes(name) || reason.includes(`access denied for ${name.replace(/:[^:/]*$/, '')},`);
}
