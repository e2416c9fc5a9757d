import { setTimeout as sleep } from 'node:timers/promises';
import { runnerCommand } from '../contract.ts';
import { EXIT } from '../exit-codes.ts';
import { LATEST } from '../image-tag.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { readCacheId } from '../port/cache-id.ts';
import { type Archive, openArchive } from '../port/git/archive.ts';
import * as messages from '../port/messages/connection.ts';
import { olderSecret } from '../port/messages/secrets.ts';
import { indented, warning } from '../port/messages/text.ts';
import type { Records } from '../port/records.ts';
import type { Relay } from '../port/relay.ts';
import type { Repository } from '../port/repository.ts';
import { secretsOfBuild } from '../port/secrets.ts';
import type { Connection } from '../port/ssh/connection.ts';
import type { BuiltRecord, Rollback } from './choose-rollback.ts';
import type { FactoryConnection } from './factory-connection.ts';
import { type BuildEnd, endFromExitCode, isExitCode } from './outcome.ts';
import type { PreflightResult } from './preflight/preflight.ts';
import type { BuildRequest, QueuedRequest } from './request.ts';
import { endStartTurn } from './start-turn.ts';

type RetagRequest = Pick<QueuedRequest, 'repository' | 'signal'> & Pick<Rollback, 'to'> & { commit?: string };

export type FactoryEnd = BuildEnd &
  Pick<BuildRecord, 'archive' | 'image' | 'digest' | 'imageBytes' | 'buildkit' | 'factory'>;

/** `verify`: what the image is to be compared with, instead of being pushed. */
type SendRequest = Pick<BuildRequest, 'repository' | 'commit' | 'noCache' | 'signal'> & {
  verify?: Pick<BuiltRecord, 'digest' | 'buildkit'>;
};

/**
 * Sends the commit to the factory and relays its output to the end, along with the preflight's remarks. Rejects with a
 * Trouble if the factory cannot be reached or the build is aborted.
 */
export async function sendCommit(
  { repository, commit, noCache, signal, verify }: SendRequest,
  factory: FactoryConnection,
  { layout, remarks }: PreflightResult,
  { records, relay }: { records: Records; relay: Relay },
): Promise<FactoryEnd> {
  const { app, check: checkSeconds, target, buildArgs, image } = repository.settings;
  const tag = tagOption(repository);
  const remarked = remarks.then((lines) => lines.forEach(relay.line));
  const lastSize = records.lastArchiveSize();

  const known = await secretsOfBuild(repository);
  using archive = await openArchive(repository, commit, signal, relay.heading); // git runs while ssh still connects
  using connection = await factory.open(relay, signal);
  for (const { name, older } of known)
    if (older.includes(connection.target.destination))
      relay.line(warning(olderSecret(name, connection.target.destination)));
  const upload = showUpload(archive, relay, await lastSize);
  const cacheId = await readCacheId(repository.state);
  const dockerfile = layout.kind === 'dockerfile' ? { file: layout.dockerfile, target, buildArgs } : undefined;
  const baseImage = dockerfile === undefined ? repository.settings.baseImage : undefined;
  const secrets = known.map(({ name }) => name);
  const options = { tag, noCache, cacheId, secrets, checkSeconds, baseImage, image, verify, dockerfile };
  const command = runnerCommand({ verb: 'build', app, ...options });
  const end = await runRunner(connection, repository, command, upload, relay, signal);
  await remarked;
  return { ...end, archive: { sha256: archive.sha256(), bytes: archive.bytes() } };
}

/**
 * Gives an image in the warehouse the tag of the repository, and that of `commit`, if given. Nothing is sent or built.
 * If the app had another name when it was built, that is where the image is; it then gets its commit's tag under the
 * new name, too.
 */
export async function retagRemotely(
  { repository, to, commit, signal }: RetagRequest,
  factory: FactoryConnection,
  relay: Relay,
): Promise<FactoryEnd> {
  const { app } = repository.settings;
  using connection = await factory.open(relay, signal);
  const from = to.app === app ? undefined : to.app;
  const tag = tagOption(repository);
  const tagged = commit ?? (from === undefined ? undefined : to.commit);
  const command = runnerCommand({ verb: 'retag', app, from, tag, digest: to.digest, commit: tagged });
  const end = await runRunner(connection, repository, command, undefined, relay, signal);
  const { imageBytes, buildkit } = end.exitCode === EXIT.built ? to : { imageBytes: null, buildkit: null };
  return { ...end, imageBytes, buildkit, archive: null };
}

/** Without one, it is latest. */
function tagOption({ tag }: Pick<Repository, 'tag'>): string | undefined {
  return tag === LATEST || tag === null ? undefined : tag;
}

/** How long a cancelled runner may take to report its end. */
const CANCEL_GRACE_MS = 1000;

/**
 * Runs the runner to its end. On abort it first tells the runner to cancel, and goes on reading until the runner has
 * ended: only the runner knows whether it has started to push.
 */
async function runRunner(
  connection: Connection,
  { tag, settings }: Repository,
  command: string,
  input: AsyncGenerator<Buffer> | undefined,
  relay: Relay,
  signal: AbortSignal,
): Promise<Omit<FactoryEnd, 'archive'>> {
  signal.throwIfAborted();
  const disconnect = new AbortController();
  let cancelled: Promise<void> | undefined;
  const cancel = () => {
    relay.muteFactory();
    cancelled = connection.tell(runnerCommand({ verb: 'cancel', app: settings.app, tag: tag ?? undefined }));
    void cancelled.then(() => sleep(CANCEL_GRACE_MS)).then(() => disconnect.abort(signal.reason));
  };
  signal.addEventListener('abort', cancel);
  let sent = input === undefined;
  async function* send() {
    if (input !== undefined) yield* input;
    sent = true;
  }
  const hear = (chunk: Buffer) => {
    endStartTurn();
    relay.factory(chunk);
  };
  const exit = await connection.run(command, send(), hear, disconnect.signal).catch(async (error: unknown) => {
    await cancelled;
    if (sent) relay.assumePushing();
    throw error;
  });
  signal.removeEventListener('abort', cancel);
  await cancelled;
  relay.factoryEnd();
  signal.throwIfAborted();
  if (exit.code === null) relay.assumePushing(); // the runner was killed
  if (exit.code === null || !isExitCode(exit.code)) throw messages.runnerEnded(exit.signal ?? `exit code ${exit.code}`);
  if (isOlder(exit.code, relay)) throw messages.runnerOlder(connection.target.destination);
  const {
    image = null,
    digest = null,
    bytes = null,
    buildkit = null,
  } = (exit.code === EXIT.built && relay.pushed) || {};
  return {
    ...endFromExitCode(exit.code, relay.error),
    image,
    digest,
    imageBytes: bytes,
    buildkit,
    factory: connection.target.destination,
  };
}

/** Whether the runner is from before events or before plain tars, or has refused arguments that it does not know. */
function isOlder(exitCode: number, { pushed, verified, errorCode }: Relay): boolean {
  if (exitCode === EXIT.built) return pushed === undefined && verified === undefined;
  return exitCode === EXIT.usage ? errorCode === null : errorCode === 'not-gzip';
}

/** A shorter upload shows no progress line. */
const PROGRESS_INTERVAL_MS = 1000;

/** Passes the archive's chunks on and shows the progress. `expected`: size in bytes, if known. */
export async function* showUpload(
  { chunks, bytes }: Archive,
  relay: Pick<Relay, 'line' | 'progress'>,
  expected: number | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const started = Date.now();
  let shown = started;
  for await (const chunk of chunks) {
    yield chunk;
    if (Date.now() - shown < PROGRESS_INTERVAL_MS) continue;
    shown = Date.now();
    relay.progress(messages.uploadProgress(bytes(), expected, shown - started));
  }
  if (shown > started) relay.line(indented(messages.uploaded(bytes(), Date.now() - started)));
}
