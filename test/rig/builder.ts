import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { rankFor } from '../../src/rendezvous.ts';
import { BASE_IMAGE, type DockerCli } from './engine.ts';
import type { Platform } from './platform.ts';

/** Engines import a base image of their own each, and nothing that stands on it would be the same. */
export async function shareBaseImage(platform: Platform): Promise<string> {
  const baseImage = `${platform.shared.registry}/base:1`;
  await platform.docker('tag', BASE_IMAGE, baseImage);
  await platform.docker('push', baseImage);
  platform.setFactory({ DOSKARA_BASE_IMAGE: baseImage });
  await platform.factory.stop();
  await platform.startFactory();
  return baseImage;
}

/** The way to a builder. */
export interface Builder {
  /** Ends all connections, and refuses new ones. */
  cut(): Promise<void>;
  /** Carries nothing any more, on old and new connections, and neither end is told. */
  silence(): void;
  /** Ends both; what was held is lost. */
  mend(): Promise<void>;
}

/**
 * Adds a builder of buildx to a platform's factory: the BuildKit of an engine, reached by the remote driver through a
 * socket, as one is that runs elsewhere.
 */
export async function addBuilder(platform: Platform, name: string, { docker, env }: DockerCli): Promise<Builder> {
  const socket = join(platform.folder, `${name}.sock`);
  const held = new Set<Held>();
  let silent = false;
  const server = createServer((connection) => {
    const way: Held = { connection, dial: undefined };
    held.add(way);
    connection.on('error', () => {}).once('close', () => silent || end(way));
    if (silent) return;
    const dial = spawn(docker, ['buildx', 'dial-stdio'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    way.dial = dial;
    connection.pipe(dial.stdin.on('error', () => {}));
    dial.stdout.pipe(connection);
    dial.once('exit', () => silent || end(way));
  });
  const end = (way: Held) => {
    held.delete(way);
    way.connection.destroy();
    way.dial?.stdin.destroy(); // docker, which runs buildx, may not end at a signal
    way.dial?.stdout.destroy();
    way.dial?.kill();
  };
  const listen = () => once(server.listen(socket), 'listening');
  await listen();
  await execa(docker, ['buildx', 'create', '--name', name, '--driver', 'remote', `unix://${socket}`], {
    env: { DOCKER_CONFIG: dockerConfigOf(platform) },
  });
  return {
    async cut() {
      const closed = once(server, 'close');
      server.close();
      held.forEach(end);
      await closed;
      rmSync(socket, { force: true });
    },
    silence() {
      silent = true;
      for (const { connection, dial } of held) {
        connection.unpipe().pause();
        dial?.stdout.unpipe().pause();
      }
    },
    async mend() {
      silent = false;
      held.forEach(end);
      if (!server.listening) await listen();
    },
  };
}

/** A connection, and what carries it on; silence leaves the far end with one whose near end has gone. */
interface Held {
  connection: Socket;
  dial: ChildProcessByStdio<Writable, Readable, null> | undefined;
}

/** Builders belong to one user. */
export const dockerConfigOf = (platform: Platform): string => join(platform.folder, 'factory-home/.docker');

/** As after the minute in which a silent builder is not asked. */
export const forgetSilences = (platform: Platform): void =>
  rmSync(join(platform.folder, 'spool/silent-builders'), { recursive: true, force: true });

/** An app's name with its home there. */
export function nameFor(home: string, builders: readonly string[], what: string): string {
  for (let i = 1; ; i++) if (rankFor(`${what}-${i}`, builders)[0] === home) return `${what}-${i}`;
}
