import { homedir, userInfo } from 'node:os';
import { exec } from '../../exec.ts';
import * as messages from '../messages/connection.ts';
import type { SshTarget } from './target.ts';

/** Without keepalives only TCP would notice a dead factory, after a quarter of an hour. */
const ALIVE_INTERVAL_S = 10;
/** Three tries and their pauses take less than a minute. */
const CONNECT_TIMEOUT_S = 15;

/** Asks `ssh -G`, which applies the user's Host and Match blocks, includes and defaults. Rejects with exit code 4. */
export async function readSshConfig(destination: string, configFile: string | undefined): Promise<SshTarget> {
  const file = configFile === undefined ? [] : ['-F', configFile];
  const ssh = await exec(['ssh', ...file, '-G', '--', destination]);
  if (ssh.failed) throw messages.sshConfigUnreadable(destination, ssh.stderr || `ssh: ${ssh.reason}`);
  return parseSshConfig(destination, ssh.stdout, {
    home: userInfo().homedir || homedir(),
    agent: process.env['SSH_AUTH_SOCK'],
  });
}

/** `config` is the output of `ssh -G`: `key value` lines with keys in lower case, some of them repeated. */
export function parseSshConfig(
  destination: string,
  config: string,
  user: { home: string; agent: string | undefined },
): SshTarget {
  const values = new Map<string, string[]>();
  for (const line of config.split('\n')) {
    const space = line.indexOf(' ');
    const key = line.slice(0, space);
    if (space > 0) values.set(key, [...(values.get(key) ?? []), line.slice(space + 1)]);
  }
  const first = (key: string) => values.get(key)?.[0];
  const isSet = (key: string) => !['', 'none', 'no', undefined].includes(first(key));
  const unsupported = UNSUPPORTED.find(isSet);
  if (unsupported !== undefined) throw messages.sshOptionUnsupported(destination, unsupported);

  const host = first('hostname') ?? destination;
  const sshPort = Number(first('port') ?? 22);
  const login = first('user') ?? '';
  const tokens = { d: user.home, h: host, p: String(sshPort), r: login, '%': '%' };
  const paths = (all: readonly string[]) =>
    all.filter((path) => path !== 'none').map((path) => expand(path, user.home, tokens));
  return {
    destination,
    host,
    sshPort,
    user: login,
    knownAs: first('hostkeyalias') ?? (sshPort === 22 ? host : `[${host}]:${sshPort}`),
    knownHostsFiles: paths(
      ['userknownhostsfile', 'globalknownhostsfile'].flatMap((key) => first(key)?.split(' ') ?? []),
    ),
    identityFiles: paths(values.get('identityfile') ?? []),
    agent: agentSocket(first('identityagent'), user),
    identitiesOnly: first('identitiesonly') === 'yes',
    connectTimeout: Number(first('connecttimeout')) || CONNECT_TIMEOUT_S,
    aliveInterval: Math.min(Number(first('serveraliveinterval')) || ALIVE_INTERVAL_S, ALIVE_INTERVAL_S),
    compression: isSet('compression'),
    proxyJump: isSet('proxyjump') ? first('proxyjump') : undefined,
  };
}

/** A target with one of these is refused: they change which host we connect to or trust, in ways that we do not follow. */
const UNSUPPORTED = ['proxycommand', 'knownhostscommand', 'revokedhostkeys', 'pkcs11provider'];

function agentSocket(
  identityAgent: string | undefined,
  user: { home: string; agent: string | undefined },
): string | undefined {
  if (identityAgent === 'none') return undefined;
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return user.agent;
  return identityAgent.startsWith('$') ? process.env[identityAgent.slice(1)] : expand(identityAgent, user.home);
}

/** Expands `~` and tokens (ssh_config(5), TOKENS), which `ssh -G` leaves as written. */
function expand(path: string, home: string, tokens: Record<string, string> = { d: home }): string {
  return path
    .replace(/^~(?=\/)/, () => home)
    .replace(/%(.)/g, (written: string, token: string) => tokens[token] ?? written);
}
