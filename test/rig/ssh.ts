import { join } from 'node:path';
import { execa } from 'execa';
import type { Clone } from './clone.ts';
import type { Platform } from './platform.ts';

/** Port's address as ssh takes it, from the remote of a clone. */
export async function destinationOf(app: Clone): Promise<string[]> {
  const { stdout } = await app.git('remote', 'get-url', 'doskara');
  const [, user = '', host = '', sshPort = ''] = /^ssh:\/\/([^@]+)@([^:]+):(\d+)/.exec(stdout) ?? [];
  return ['-p', sshPort, `${user}@${host}`];
}

/** What alice types after `ssh git@port`. */
export async function ssh(platform: Platform, app: Clone, ...args: string[]) {
  const config = join(platform.folder, 'pusher/ssh_config');
  return execa('ssh', ['-T', '-F', config, ...(await destinationOf(app)), ...args], {
    all: true,
    reject: false,
    input: '',
  });
}
