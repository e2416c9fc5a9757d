import { isIPv6 } from 'node:net';
import { hostname, userInfo } from 'node:os';

interface Address {
  host: string;
  sshPort: string;
}

const SSH_PORT = '22';

/** What pushers type before a command: `ssh git@port`. */
export function pusherSsh(env: NodeJS.ProcessEnv): string {
  const { host, sshPort } = readAddress(env);
  return `ssh ${sshPort === SSH_PORT ? '' : `-p ${sshPort} `}${userInfo().username}@${host}`;
}

/** What pushers give git as the URL of an app: `git@port:shop`. */
export function pusherUrl(env: NodeJS.ProcessEnv, app: string): string {
  const { host, sshPort } = readAddress(env);
  const user = userInfo().username;
  const inUrl = isIPv6(host) ? `[${host}]` : host;
  return sshPort === SSH_PORT ? `${user}@${inUrl}:${app}` : `ssh://${user}@${inUrl}:${sshPort}/${app}`;
}

/**
 * The address that the ssh client has connected to, which sshd tells (SSH_CONNECTION: client, its port, server, its
 * port): this machine's own name may mean nothing there. Without a session, or from this machine itself, its name.
 */
function readAddress(env: NodeJS.ProcessEnv): Address {
  const [, , host = '', sshPort = SSH_PORT] = (env['SSH_CONNECTION'] ?? '').split(' ');
  const isElsewhere = host !== '' && !/^(?:127\.|::1$)/.test(host);
  return isElsewhere ? { host, sshPort } : { host: hostname(), sshPort: SSH_PORT };
}
