/** What port says about the factory and the connection to it. */
import type { Trouble } from '../../errors.ts';
import { formatBytes, formatDuration } from '../../units.ts';
import type { Mismatch } from '../ssh/algorithms.ts';
import type { Verdict } from '../ssh/host-key.ts';
import type { SshTarget } from '../ssh/target.ts';
import { factory, firstLine, REPLAY } from './text.ts';

export const sshConfigUnreadable = (destination: string, detail: string) =>
  factory(
    'ssh-config',
    `ssh cannot read its configuration for ${destination}: ${firstLine(detail)}`,
    `on port: ssh -G ${destination}`,
  );

export const sshOptionUnsupported = (destination: string, option: string) =>
  factory(
    'ssh-option',
    `the ssh configuration for ${destination} sets ${option}, which Doskara does not support`,
    'reach the factory without it; ProxyJump is supported',
  );

export function hostKeyRefused(
  verdict: Verdict,
  { destination, host, sshPort, knownAs, knownHostsFiles }: SshTarget,
  type: string,
  print: string,
) {
  const file = knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  const compare = `compare it with the factory's own (there: ssh-keygen -lf /etc/ssh/ssh_host_…_key.pub)`;
  const pin = `ssh-keyscan -p ${sshPort} ${host} >> ${file}`;
  if (verdict === 'revoked')
    return factory(
      'host-key-revoked',
      `the host key of ${destination} is revoked (${type} ${print})`,
      `give the factory a new host key; the revoked one is listed in ${file}`,
    );
  if (verdict === 'changed')
    return factory(
      'host-key-changed',
      `the host key of ${destination} has CHANGED: possible man-in-the-middle attack (${type} ${print})`,
      `${compare}; if it matches: ssh-keygen -R '${knownAs}' -f ${file}, then ${pin}`,
    );
  if (verdict === 'other-type')
    return factory(
      'host-key-other-type',
      `the host key of ${destination} has another type than the pinned ones: possible man-in-the-middle attack (${type} ${print})`,
      `${compare}; if it matches: ${pin}`,
    );
  if (verdict === 'authority')
    return factory(
      'host-key-authority',
      `the host key of ${destination} is signed by a certificate authority, which Doskara cannot verify (${type} ${print})`,
      `pin the key itself: ${compare}; if it matches: ${pin}`,
    );
  return factory(
    'host-key-unknown',
    `the host key of ${destination} is unknown (${type} ${print})`,
    `${compare}; if it matches: ${pin}`,
  );
}

const placeOf = ({ destination, host, sshPort, user }: SshTarget) => `${destination} (${user}@${host}:${sshPort})`;

export const connectFailed = (target: SshTarget, error: Error & { level?: string }) =>
  error.level === 'client-authentication'
    ? factory(
        'ssh-auth',
        `the factory ${placeOf(target)} does not accept port's key`,
        'on the factory: ./install.sh factory --authorize KEY.pub',
        error,
      )
    : factory(
        'ssh-connect',
        `the factory ${placeOf(target)} cannot be reached: ${firstLine(error.message)}`,
        `on port: ssh ${target.destination} /usr/local/doskara/build.sh --check`,
        error,
      );

/** Debian's and Ubuntu's sshd_config begins by including it, and sshd keeps to the first value that it meets. */
const SSHD_CONFIG = '/etc/ssh/sshd_config.d/doskara.conf';

/** What an admin does on the machine whose sshd it is; behind a Match the line would be for some users alone. */
export const setInSshd = (line: string) => `put first in ${SSHD_CONFIG}: ${line}; then: systemctl reload ssh`;

export const MAX_STARTUPS = 'MaxStartups 200:30:400';

export const factoryBusy = (target: SshTarget, cause: Error) =>
  factory(
    'ssh-busy',
    `the factory ${placeOf(target)} closes the connection before the ssh handshake, as sshd does under too many new connections`,
    `on the factory, ${setInSshd(MAX_STARTUPS)}`,
    cause,
  );

export const waitingForFactory = ({ message }: Trouble) => `${message}; retrying for up to 1 minute`;

export const noCommonAlgorithm = (target: SshTarget, { what, keyword, known, offered }: Mismatch, cause: Error) =>
  factory(
    'ssh-algorithm',
    `the factory ${placeOf(target)} has no ${what} in common with doskara: its sshd offers ${offered.join(', ') || 'none'}`,
    `on the factory, ${setInSshd(`${keyword} ${[...offered, known].join(',')}`)}`,
    cause,
  );

/** For a key that nobody has shown yet. */
export const pinHostKey = ({ host, sshPort, knownHostsFiles: [file = '~/.ssh/known_hosts'] }: SshTarget) =>
  `ssh-keyscan -p ${sshPort} ${host} >> ${file}; then compare what ssh-keygen -lf ${file} prints with the factory's own`;

export const connectionLost = ({ destination }: SshTarget, cause?: Error) =>
  factory(
    'connection-lost',
    `the connection to the factory ${destination} was lost${cause === undefined ? '' : `: ${firstLine(cause.message)}`}`,
    REPLAY,
    cause,
  );

export const tryingAgain = (error: Trouble, pause: number) => `${error.message}; retrying in ${pause / 1000} s`;
export const nextFactory = (factory: string, trouble: unknown) => `${(trouble as Trouble).message}; trying ${factory}`;

/** `expected`: bytes, where a build before tells; a bar and the time that is left are guesses from it. */
export function uploadProgress(bytes: number, expected: number | undefined, milliseconds: number): string {
  const rate = bytes / Math.max(milliseconds, 1);
  const sent = `${formatBytes(bytes)} so far, ${formatBytes(1000 * rate)}/s`;
  if (expected === undefined || bytes === 0) return sent;
  const share = Math.min(0.99, bytes / expected);
  const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
  const left = formatDuration(Math.max(0, expected - bytes) / rate);
  return `[${bar}] ${Math.round(share * 100)} % of about ${formatBytes(expected)}: ${sent}, ${left} left`;
}

const BAR_WIDTH = 20;

export const uploaded = (bytes: number, milliseconds: number) =>
  `${formatBytes(bytes)} in ${formatDuration(milliseconds)}`;

export const runnerEnded = (how: string) =>
  factory(
    'runner-ended',
    `the runner on the factory ended unexpectedly (${how})`,
    'on the factory: /usr/local/doskara/build.sh --check',
  );

export const runnerOlder = (destination: string) =>
  factory(
    'runner-older',
    `the runner on ${destination} is older than port`,
    'upgrade the factory first, from a newer clone there: ./install.sh factory',
  );

export const runnerSilent = (seconds: number) =>
  factory(
    'runner-silent',
    `the runner on the factory did not answer within ${seconds} s`,
    'on the factory: /usr/local/doskara/build.sh --check',
  );

export const noRunner = (destination: string, said: string) =>
  factory(
    'no-runner',
    `no Doskara runner answers on ${destination}: ${firstLine(said)}`,
    'on the factory: ./install.sh factory --registry HOST[:PORT] --authorize KEY.pub',
  );
