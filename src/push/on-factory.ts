import { runnerCommand } from '../contract.ts';
import { EXIT } from '../exit-codes.ts';
import { openArchive } from '../port/archive.ts';
import type { PreparedConnection } from '../port/connection.ts';
import type { BuildRecord, Records } from '../port/records.ts';
import type { Relay } from '../port/relay.ts';
import * as words from '../port/words.ts';
import { connect } from './connect.ts';
import { type BuildEnd, endOfRunner, isExitCode } from './outcome.ts';
import { preflight } from './preflight.ts';
import type { BuildRequest, CommitRequest } from './request.ts';
import { showUpload } from './upload.ts';

type FactoryEnd = BuildEnd & Pick<BuildRecord, 'archive' | 'image' | 'digest' | 'imageBytes' | 'factory'>;

/** What can be found out while a build waits for its turn; nothing is sent for it. */
export interface LookAhead {
  checked: ReturnType<typeof preflight>;
  /** How ssh would reach the first factory. */
  prepared: Promise<PreparedConnection>;
}

/** Starts looking: git at the tree, ssh at its configuration; ssh2 takes as long to load as both. */
export function lookAhead({ repository, commit }: CommitRequest): LookAhead {
  const { factories, sshConfig } = repository.settings;
  const checked = preflight(repository, commit);
  const prepared = checked
    .then(() => import('../port/connection.ts'))
    .then(({ prepareConnection }) => prepareConnection(factories[0] ?? 'factory', sshConfig));
  checked.catch(() => {}); // whoever awaits them hears of it
  prepared.catch(() => {});
  return { checked, prepared };
}

/** Sends the commit to the factory and relays what it says, to the end. Throws a Trouble where that can't be done. */
export async function buildOnFactory(
  request: BuildRequest,
  { checked, prepared }: LookAhead,
  records: Records,
  relay: Relay,
): Promise<FactoryEnd> {
  const { repository, commit, noCache } = request;
  const { app, timeout } = repository.settings;
  const warning = (await checked).warnings.then((list) => list.map(words.warning).forEach(relay.line));
  const lastSize = records.lastArchiveSize();

  using ending = endOf(request.signal, timeout);
  const archive = await openArchive(repository, commit);
  try {
    using connection = await connect(repository.settings, prepared, relay, ending.signal);
    const upload = showUpload(archive, relay, await lastSize);
    const command = runnerCommand({ verb: 'build', app, noCache });
    const running = connection.run(command, upload, relay.factory, ending.signal);
    const { code, signal } = await running.catch(async (error: unknown) => {
      if (ending.signal.aborted) await connection.tell(runnerCommand({ verb: 'cancel', app }));
      throw error;
    });
    relay.factoryEnd();
    await warning;
    if (code === null || !isExitCode(code)) throw words.runnerEnded(signal ?? `exit code ${code}`);
    const { image = null, digest = null } = (code === EXIT.built && relay.pushed) || {};
    const factory = connection.target.destination;
    return {
      ...endOfRunner(code, relay.error),
      image,
      digest,
      imageBytes: code === EXIT.built ? relay.imageBytes : null,
      factory,
      archive: { sha256: archive.sha256(), bytes: archive.bytes() },
    };
  } finally {
    await archive.chunks.return();
  }
}

/** Aborts with the caller's signal, or with a Trouble after so many seconds. */
function endOf(signal: AbortSignal, timeout: number): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(words.timedOut(timeout)), timeout * 1000);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
