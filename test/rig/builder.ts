import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
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
  mend(): Promise<void>;
}

/**
 * Adds a builder of buildx to a platform's factory: the BuildKit of an engine, reached by the remote driver through a
 * socket, as one is that runs elsewhere.
 */
export async function addBuilder(platform: Platform, name: string, { docker, env }: DockerCli): Promise<Builder> {
  const socket = join(platform.folder, `${name}.sock`);
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    const dial = spawn(docker, ['buildx', 'dial-stdio'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    connections.add(connection);
    connection.on('error', () => {}).pipe(dial.stdin.on('error', () => {}));
    dial.stdout.pipe(connection);
    connection.once('close', () => {
      connections.delete(connection);
      dial.kill();
    });
    dial.once('exit', () => connection.destroy());
  });
  const mend = async () => {
    await once(server.listen(socket), 'listening');
  };
  await mend();
  const home = { DOCKER_CONFIG: join(platform.folder, 'factory-home/.docker') }; // builders belong to one user
  await execa(docker, ['buildx', 'create', '--name', name, '--driver', 'remote', `unix://${socket}`], { env: home });
  return {
    mend,
    async cut() {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) connection.destroy();
      await closed;
      rmSync(socket, { force: true });
    },
  };
}
