import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import ssh2, { type AnyAuthMethod, type ClientChannel } from 'ssh2';
import { fingerprint, keyType } from '../../ssh-key.ts';
import * as messages from '../messages/connection.ts';
import { type Mismatch, makeMismatchReader } from './algorithms.ts';
import { dial } from './dial.ts';
import { checkHostKey, orderAlgorithms, type Verdict } from './host-key.ts';
import type { ResolvedTarget } from './resolve-target.ts';
import type { SshTarget } from './target.ts';

export interface RemoteExit {
  /** null if a signal or the network ended it. */
  code: number | null;
  signal: string | null;
}

/** An ssh connection to a factory whose host key is pinned. */
export interface Connection extends Disposable {
  target: SshTarget;
  /**
   * Runs a command with `input` as its stdin, and calls `onOutput` with its stdout and stderr. Resolves once the command
   * has ended, even if it has not read all of its input. Rejects with what `input` throws, with the signal's reason (both
   * close the channel), or with exit code 4 if the connection breaks.
   */
  run(
    command: string,
    input: AsyncGenerator<Buffer> | undefined,
    onOutput: (chunk: Buffer) => void,
    signal: AbortSignal,
  ): Promise<RemoteExit>;
  /** Runs a short command, for at most 15 seconds. Never rejects. */
  tell(command: string): Promise<void>;
}

/** zlib, started after authentication. */
const COMPRESSION = 'zlib@openssh.com';

/** Connects as the user's ssh would, but never accepts an unknown host key. Rejects with exit code 4. */
export async function openConnection({ target, known, sshConfig }: ResolvedTarget): Promise<Connection> {
  const auth = await readIdentities(target);
  const ssh = new NodeSSH();
  const algorithms = makeMismatchReader();
  let begun = false;
  let refusal: Error | undefined;
  const { sock, isNear } = await dial(target, sshConfig).catch((error: Error) => {
    throw messages.connectFailed(target, error);
  });
  await ssh
    .connect({
      sock,
      username: target.user,
      authHandler: auth,
      readyTimeout: target.connectTimeout * 1000,
      keepaliveInterval: target.aliveInterval * 1000,
      keepaliveCountMax: 3,
      algorithms: {
        serverHostKey: orderAlgorithms(known) as never,
        // the archive is not compressed
        compress: isNear && !target.compression ? ['none', COMPRESSION] : [COMPRESSION, 'none'],
      },
      debug: algorithms.hear,
      hostVerifier: (key: Buffer) => {
        begun = true;
        const verdict: Verdict = checkHostKey(key, known);
        if (verdict !== 'known') refusal = messages.hostKeyRefused(verdict, target, keyType(key), fingerprint(key));
        return verdict === 'known';
      },
    })
    .catch((error: Error) => {
      ssh.dispose();
      throw refusal ?? explain(target, error, begun, algorithms.read(error));
    });
  const line = { ssh, sock, target };
  return {
    target,
    run: (...order) => run(line, ...order),
    tell: async (command) => {
      await run(line, command, undefined, () => {}, AbortSignal.timeout(15_000)).catch(() => {});
    },
    [Symbol.dispose]: () => ssh.dispose(),
  };
}

/**
 * sshd drops unauthenticated connections above a limit (MaxStartups in sshd_config(5)); one through a jump host may have
 * been dropped there for other reasons. `begun`: the server has sent a host key.
 */
function explain(target: SshTarget, error: SshError, begun: boolean, mismatch: Mismatch | undefined): Error {
  if (mismatch !== undefined) return messages.noCommonAlgorithm(target, mismatch, error);
  const hasEnded =
    error.level === 'client-socket' || // a reset
    error.message === 'Connection lost before handshake' ||
    error.code === 'ETIMEDOUT'; // node-ssh's code for a connection that ended without an error of ssh2's
  return hasEnded && !begun && target.proxyJump === undefined
    ? messages.factoryBusy(target, error)
    : messages.connectFailed(target, error);
}

/** An error of ssh2 or node-ssh. */
type SshError = Error & { level?: string; code?: string };

interface Line {
  ssh: NodeSSH;
  sock: Duplex;
  target: SshTarget;
}

/** Uses ssh2's client directly: execCommand of node-ssh keeps all output in memory. */
async function run(
  line: Line,
  ...[command, input = nothing(), onOutput, signal]: Parameters<Connection['run']>
): Promise<RemoteExit> {
  signal.throwIfAborted();
  const { ssh, target } = line;
  const client = ssh.connection;
  if (client === null) throw messages.connectionLost(target);
  const broken = new Promise<never>((_, reject) => {
    client.on('error', (error) => reject(messages.connectionLost(target, error)));
    client.on('close', () => reject(messages.connectionLost(target)));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  broken.catch(() => {}); // raced below; a close after the end is expected
  const exit: RemoteExit = { code: null, signal: null };
  const channel = await Promise.race([openChannel(ssh, command, exit), broken]);
  channel.on('data', onOutput);
  channel.stderr.on('data', onOutput);
  const closed = once(channel, 'close');
  const sending = send(channel, input, line);
  try {
    await Promise.race([closed, broken, sending.then(() => closed)]);
  } finally {
    await input.return(undefined);
    try {
      channel.destroy();
    } catch {
      // the error that led here is being thrown
    }
  }
  if (exit.code === null && exit.signal === null) throw messages.connectionLost(target);
  return exit;
}

async function* nothing(): AsyncGenerator<Buffer> {}

/** A quick command's exit code may arrive with the packet that opens the channel: await nothing before listening. */
function openChannel(ssh: NodeSSH, command: string, exit: RemoteExit): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    ssh.connection?.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error);
      channel.on('exit', (code: number | null, signal?: string) =>
        Object.assign(exit, { code, signal: signal ?? null }),
      );
      closeQuietly(channel);
      resolve(channel);
    });
  });
}

/**
 * A channel closes itself when its output ends, outside of any call of ours: on a compressed connection that has just
 * broken, that would throw (see ifUnbroken) and end this process.
 */
function closeQuietly(channel: ClientChannel): void {
  for (const name of ['eof', 'close'] as const) {
    const say = channel[name].bind(channel);
    channel[name] = () => {
      try {
        say();
      } catch {
        // the connection is already broken
      }
    };
  }
}

/** Corks the socket, so that the packets of a chunk are sent together. */
async function send(channel: ClientChannel, input: AsyncIterable<Buffer>, { sock, target }: Line): Promise<void> {
  const closing = new AbortController();
  channel.once('close', () => closing.abort());
  for await (const chunk of input) {
    if (!channel.writable) return; // the command ended before it read everything: its exit code says why
    sock.cork();
    const goesOn = ifUnbroken(target, () => channel.write(chunk));
    sock.uncork();
    if (!goesOn) await once(channel, 'drain', closing).catch(() => {});
  }
  ifUnbroken(target, () => channel.end());
}

/** A compressed connection throws if it has just broken: https://github.com/mscdex/ssh2/issues/1178 */
function ifUnbroken<T>(target: SshTarget, work: () => T): T {
  try {
    return work();
  } catch {
    throw messages.connectionLost(target);
  }
}

/** Keys in the order in which ssh tries them: with IdentitiesOnly the files first, else the agent. */
async function readIdentities({ user, identityFiles, agent, identitiesOnly }: SshTarget): Promise<AnyAuthMethod[]> {
  const files = await Promise.all(identityFiles.map((file) => readFile(file).catch(() => undefined)));
  const keys = files.filter((key) => key !== undefined && !(ssh2.utils.parseKey(key) instanceof Error));
  return [
    ...(agent === undefined || identitiesOnly ? [] : [{ type: 'agent' as const, username: user, agent }]),
    ...keys.map((key) => ({ type: 'publickey' as const, username: user, key: key as Buffer })),
    ...(agent === undefined || !identitiesOnly ? [] : [{ type: 'agent' as const, username: user, agent }]),
  ];
}
