import { setTimeout as sleep } from 'node:timers/promises';
import { runnerCommand } from '../contract.ts';
import { EXIT } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { readCacheId } from '../port/cache-id.ts';
import { type Archive, openArchive } from '../port/git/archive.ts';
import * as messages from '../port/messages.ts';
import type { Records } from '../port/records.ts';
import type { Relay } from '../port/relay.ts';
import type { Connection } from '../port/ssh/connection.ts';
import { connect, connectTo, resolveFirstTarget } from './connect.ts';
import { joinSignals } from './deadline.ts';
import { type BuildEnd, endOfRunner, isExitCode } from './outcome.ts';
import { preflight } from './preflight/preflight.ts';
import type { BuildRequest, QueuedRequest } from './request.ts';
import type { Rollback } from './rollback.ts';

export type FactoryEnd = BuildEnd & Pick<BuildRecord, 'archive' | 'image' | 'digest' | 'imageBytes' | 'factory'>;

/** What can be done before a build has its turn. */
export interface EarlyStart extends Disposable {
  checked: ReturnType<typeof preflight>;
  /** To the first factory, once the commit is known to be an app. */
  connection: Promise<Connection>;
}

/**
 * Looks at the commit and connects; what comes of it is for who awaits it. Disposed of, it leaves no connection, and no
 * git that still looks.
 */
export function startEarly({ repository, commit, signal }: QueuedRequest): EarlyStart {
  const over = new AbortController();
  const checked = preflight(repository, commit, joinSignals(signal, over.signal));
  const resolved = resolveFirstTarget(repository.settings);
  const connection = checked.then(() => connectTo(resolved));
  connection.catch(() => {});
  return {
    checked,
    connection,
    [Symbol.dispose]() {
      over.abort();
      connection.then((opened) => opened[Symbol.dispose]()).catch(() => {});
    },
  };
}

/** Sends the commit to the factory and relays what it says, to the end. Throws a Trouble where that can't be done. */
export async function runRemoteBuild(
  request: BuildRequest,
  { checked, connection: begun }: EarlyStart,
  records: Records,
  relay: Relay,
): Promise<FactoryEnd> {
  const { repository, commit, noCache, signal } = request;
  const { app } = repository.settings;
  const warning = (await checked).warnings.then((list) => list.map(messages.warning).forEach(relay.line));
  const lastSize = records.lastArchiveSize();

  using archive = await openArchive(repository, commit, signal);
  using connection = await connect(repository.settings, begun, relay, signal);
  const upload = showUpload(archive, relay, await lastSize);
  const command = runnerCommand({ verb: 'build', app, noCache, cacheId: await readCacheId(repository.state) });
  const end = await runRunner(connection, app, command, upload, relay, signal);
  await warning;
  return { ...end, archive: { sha256: archive.sha256(), bytes: archive.bytes() } };
}

/** Makes an image that the warehouse has the latest again; nothing is sent, and nothing built. */
export async function retagRemotely(
  { repository, to, signal }: Pick<QueuedRequest, 'repository' | 'signal'> & Pick<Rollback, 'to'>,
  relay: Relay,
): Promise<FactoryEnd> {
  const { app } = repository.settings;
  const begun = connectTo(resolveFirstTarget(repository.settings));
  begun.catch(() => {}); // awaited where it is the turn of the first factory
  using connection = await connect(repository.settings, begun, relay, signal);
  const command = runnerCommand({ verb: 'retag', app, digest: to.digest });
  const end = await runRunner(connection, app, command, undefined, relay, signal);
  return { ...end, imageBytes: end.exitCode === EXIT.built ? to.imageBytes : null, archive: null };
}

/** Milliseconds for the end of a runner that was told to end to come to us. */
const GRACE = 1000;

/**
 * Runs the runner to its end; when the build is told to end, the runner is told first, and heard until it has ended:
 * whether it has begun to push is still to be known.
 */
async function runRunner(
  connection: Connection,
  app: string,
  command: string,
  input: AsyncGenerator<Buffer> | undefined,
  relay: Relay,
  signal: AbortSignal,
): Promise<Omit<FactoryEnd, 'archive'>> {
  signal.throwIfAborted();
  const cut = new AbortController();
  let told: Promise<void> | undefined;
  const cancel = () => {
    relay.hushFactory();
    told = connection.tell(runnerCommand({ verb: 'cancel', app }));
    void told.then(() => sleep(GRACE)).then(() => cut.abort(signal.reason));
  };
  signal.addEventListener('abort', cancel);
  let sent = input === undefined;
  async function* send() {
    if (input !== undefined) yield* input;
    sent = true;
  }
  const exit = await connection.run(command, send(), relay.factory, cut.signal).catch(async (error: unknown) => {
    await told;
    if (sent) relay.factoryLeft();
    throw error;
  });
  signal.removeEventListener('abort', cancel);
  await told;
  relay.factoryEnd();
  signal.throwIfAborted();
  if (exit.code === null) relay.factoryLeft(); // it was killed
  if (exit.code === null || !isExitCode(exit.code)) throw messages.runnerEnded(exit.signal ?? `exit code ${exit.code}`);
  // one from before plain tars, or from before events
  const isOlder = exit.code === EXIT.built ? relay.pushed === undefined : relay.errorCode === 'not-gzip';
  if (isOlder) throw messages.runnerOlder(connection.target.destination);
  const { image = null, digest = null, bytes = null } = (exit.code === EXIT.built && relay.pushed) || {};
  return {
    ...endOfRunner(exit.code, relay.error),
    image,
    digest,
    imageBytes: bytes,
    factory: connection.target.destination,
  };
}

/** Milliseconds between two states of the progress line; a short upload shows none. */
const INTERVAL = 1000;

/** The archive's chunks as they are; on their way it is told how far they got. `expected`: bytes, if known. */
export async function* showUpload(
  { chunks, bytes }: Archive,
  relay: Pick<Relay, 'line' | 'progress'>,
  expected: number | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const started = Date.now();
  let shown = started;
  for await (const chunk of chunks) {
    yield chunk;
    if (Date.now() - shown < INTERVAL) continue;
    shown = Date.now();
    relay.progress(messages.uploadProgress(bytes(), expected, shown - started));
  }
  if (shown > started) relay.line(messages.indented(messages.uploaded(bytes(), Date.now() - started)));
}
