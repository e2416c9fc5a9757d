import type { Trouble } from '../../errors.ts';
import { exec } from '../../exec.ts';
import type { BuildGroup } from '../cgroups.ts';
import * as messages from '../messages.ts';
import type { FactorySettings } from '../settings.ts';
import { serverVersion } from './commands.ts';
import type { BuildFailure } from './progress.ts';

const SIGKILL = 128 + 9;
/** An engine that stops ends what runs in it by these two: that is not the app's fault. */
const KILLED = [SIGKILL, 128 + 15];

/** Why a build failed, by what docker tells of it and what the kernel says of its memory. */
export async function explainBuild(
  { docker, buildMemory }: FactorySettings,
  { app, group }: { app: string; group: BuildGroup | undefined },
  { status, reason }: BuildFailure,
): Promise<Trouble> {
  if (status === undefined)
    return /no space left on device/i.test(reason) ? messages.diskFull() : messages.dockerFailed('build', reason);
  if (KILLED.includes(status) && (await exec([docker, ...serverVersion()])).failed) return messages.engineStopped();
  if (await group?.ranOutOfMemory(status)) return messages.outOfMemory(app, buildMemory);
  return status === SIGKILL ? messages.buildKilled(app) : messages.buildFailed(app, status);
}
