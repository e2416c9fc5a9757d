import { EXIT, type ExitCode } from '../exit-codes.ts';
import { takeLock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages/verify.ts';
import type { Output } from '../port/output.ts';
import { Records } from '../port/records.ts';
import { makeRelay, type Relay } from '../port/relay.ts';
import type { Repository } from '../port/repository.ts';
import type { RunnerEvent } from '../runner-events.ts';
import { type BuiltRecord, buildsWithImage } from './choose-rollback.ts';
import { allowBuilding, openDeadline } from './deadline.ts';
import { connectInTurn } from './factory-connection.ts';
import { startPreflight } from './preflight/preflight.ts';
import { sendCommit } from './remote-build.ts';
import { settingsOf } from './unchanged.ts';

export interface VerifyRequest {
  repository: Repository;
  commit: string;
  output: Output;
  /** Aborts the build; the reason is a Trouble. */
  signal: AbortSignal;
}

/**
 * Builds a commit anew, with the settings that it was built with, and compares the image with the recorded one. It
 * takes the app's lock, but leaves no record: a record would be the app's latest build for all who look for that.
 * Rejects with a Trouble if it cannot be compared: exit code 2 or 3 before anything is sent, 4 if the factory has
 * another BuildKit.
 */
export async function verifyBuild(request: VerifyRequest): Promise<ExitCode> {
  const { repository, commit, output } = request;
  using deadline = openDeadline(request.signal);
  const { signal } = deadline;
  const records = new Records(repository.state);
  const build = chooseBuild(await records.latest(), repository.settings.app, commit);
  const asBuilt = { ...repository, settings: { ...repository.settings, ...settingsOf(build), check: undefined } };
  const relay = makeRelay(build, NO_LOG, output, ({ event }: RunnerEvent) => {
    if (event === 'building') allowBuilding(deadline, asBuilt.settings);
  });
  relay.heading(messages.verifying(build));
  await using _ = await takeLock(repository.lockFile, () => relay.heading(messages.waiting(build)), signal);
  allowBuilding(deadline, asBuilt.settings);
  using preflight = startPreflight({ repository: asBuilt, commit, signal });
  using factory = connectInTurn(asBuilt.settings, preflight.passed(), deadline);
  const order = { repository: asBuilt, commit, noCache: true, signal, verify: build };
  const { exitCode } = await sendCommit(order, factory, await preflight.passed(), { records, relay });
  report(build, exitCode, relay);
  return exitCode ?? EXIT.bug;
}

const NO_LOG = { add() {} };

/** The newest build of a commit whose image can be compared. */
function chooseBuild(all: readonly BuildRecord[], app: string, commit: string): BuiltRecord {
  // one without an archive only gave an image another tag
  const build = buildsWithImage(all).find(
    (each) => each.commit === commit && each.app === app && each.why !== 'rollback' && each.archive !== null,
  );
  if (build === undefined) throw messages.neverBuilt(app, commit);
  if (!build.imageOptions.reproducible) throw messages.notReproducible(build);
  return build;
}

/** The last lines. The factory has told any other trouble itself. */
function report(build: BuiltRecord, exitCode: ExitCode | null, relay: Relay): void {
  const { verified } = relay;
  if (verified === undefined) return;
  if (exitCode === EXIT.built) {
    relay.line(messages.reproduced(build));
    return;
  }
  relay.heading(messages.differences(verified.layers));
  for (const layer of verified.layers) relay.line(messages.differingLayer(layer));
  relay.line(messages.notReproduced(build, verified.digest));
}
