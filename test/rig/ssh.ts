import type { Clone } from './clone.ts';

/** Port's address as ssh takes it, from the remote of a clone. */
export async function destinationOf(app: Clone): Promise<string[]> {
  const { stdout } = await app.git('remote', 'get-url', 'doskara');
  const [, user = '', host = '', sshPort = ''] = /^ssh:\/\/([^@]+)@([^:]+):(\d+)/.exec(stdout) ?? [];
  return ['-p', sshPort, `${user}@${host}`];
}
