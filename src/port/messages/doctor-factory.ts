/** What port's doctor finds about a factory; the factory words its own findings. */
import { command, type Hint } from '../../errors.ts';
import { error, ok, warning } from '../../finding.ts';
import type { SshTarget } from '../ssh/target.ts';
import { pinHostKey } from './connection.ts';
import { type AskedBranch, branchArgs } from './text.ts';

export const placeOf = ({ user, host, sshPort }: SshTarget) => `${user}@${host}:${sshPort}`;

export const sshTarget = (target: SshTarget) => ok('ssh', `ssh resolves ${target.destination} to ${placeOf(target)}`);
export const connected = (destination: string) => ok('connection', `${destination} accepts port's key`);

/** `keys`: type and fingerprint of each. */
export const hostKeyPinned = ({ knownAs }: SshTarget, keys: readonly string[]) =>
  ok('host-key', `the host key of ${knownAs} is pinned (${keys.join(', ')})`);
export const hostKeyNotPinned = (target: SshTarget) =>
  error(
    'host-key',
    'host-key-unknown',
    `no host key of ${target.knownAs} is pinned in ${target.knownHostsFiles.join(', ')}`,
    pinHostKey(target),
  );

export const identity = (file: string) => ok('identity', `identity file ${file}`);
export const identityAgent = (agent: string) => ok('identity', `identity: the keys in the ssh agent ${agent}`);
export const identityMissing = ({ destination, identityFiles }: SshTarget) =>
  error(
    'identity',
    'identity-missing',
    `no identity file for ${destination}: ${identityFiles.join(', ') || 'the ssh configuration names none'}`,
    `ssh-keygen -t ed25519 -N '' -f ${identityFiles[0] ?? '~/.ssh/id_ed25519'}; then on the factory: ./install.sh factory --registry HOST[:PORT] --authorize KEY.pub`,
  );
export const identityUnreadable = (file: string, code: string | undefined) =>
  error('identity', 'identity-unreadable', `cannot read identity file ${file}: ${code}`, `ls -l ${file}`);
/** `mode`: of the file, as stat(2) has it. */
export const identityOpen = (file: string, mode: number) =>
  error(
    'identity',
    'identity-open',
    `identity file ${file} is accessible to other users (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
    `chmod 600 ${file}`,
  );
export const identityUnusable = (file: string, problem: string) =>
  warning(
    'identity',
    'identity-unusable',
    `cannot use identity file ${file}: ${problem}`,
    `to remove its passphrase: ssh-keygen -p -f ${file}`,
  );

export const runnerVersion = (version: string) => ok('version', `runner ${version}, the same as port`);
export const runnerDiffers = (runner: string, port: string, fix: string) =>
  warning('version', 'version-differs', `the runner's version is ${runner}, port's is ${port}`, fix);
export const upgradePort = (place: string) => `on port, from a newer clone: ./install.sh port --factory ${place}`;
export const upgradeFactory = (isOlder: boolean) =>
  `on the factory, from ${isOlder ? 'a newer clone' : 'the same clone or release as port'}: ./install.sh factory --registry HOST[:PORT]`;

export const clockDiffers = (seconds: number, isAhead: boolean) =>
  warning(
    'clock',
    'clock-differs',
    `the factory's clock is ${seconds} s ${isAhead ? 'ahead of' : 'behind'} port's`,
    'on the machine whose time is wrong (date -u): timedatectl set-ntp true',
  );

/** `maxSending` and `maxBuilds`: builds at once. */
export const idlePlaces = (maxSending: number, maxBuilds: number) =>
  warning(
    'builds',
    'max-sending',
    `the factory can run ${maxBuilds} builds at once, but port sends it at most ${maxSending} (doskara.maxSending)`,
    `git config --system doskara.maxSending ${maxBuilds}`,
  );

// Latest images

export const replayHead = (asked: AskedBranch): Hint => [
  'to build the head again: ',
  command('replay', asked.app, ...branchArgs(asked)),
];
export const promoteAgain = (app: string, number: number, tag: string): Hint => [
  command('promote', app, String(number), tag),
];
/** An image, and the build that it should be of. */
interface Known {
  app: string;
  number: number;
  digest: string;
  fix: Hint;
}
const short = (digest: string) => digest.slice(0, 19);

/** `failed`: as the factory words it. */
export const latestUnknown = (app: string, { message, hint }: { message: string; hint: string | null }) =>
  warning('latest', 'latest-unknown', `${app}: ${message}`, hint ?? '');
export const latestMissing = ({ app, number, digest, fix }: Known, image: string) =>
  warning(
    'latest',
    'latest-missing',
    `${app}: ${image} is not in the warehouse; it should be the image of build ${number}, ${short(digest)}`,
    fix,
  );
export const latestOther = ({ app, number, digest, fix }: Known, image: string, found: string) =>
  warning(
    'latest',
    'latest-other',
    `${app}: ${image} in the warehouse is ${short(found)}, not the image of build ${number}, ${short(digest)}`,
    fix,
  );
