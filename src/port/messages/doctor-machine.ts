/** What doctor finds on port: the machine and its programs. */
import { basename } from 'node:path';
import { error, type Finding, ok, warning } from '../../finding.ts';
import { formatBytes } from '../../units.ts';
import { MAX_STARTUPS, setInSshd } from './connection.ts';

export const nodeVersion = (version: string) => ok('node', `node ${version}`);
export const nodeTooOld = (version: string, floor: string) =>
  error(
    'node',
    'node-too-old',
    `node ${version} is too old: Doskara needs ${floor} or later`,
    './install.sh port installs its own node',
  );

export const gitVersion = (version: string) => ok('git', `git ${version}`);
export const gitMissing = () => error('git', 'git-missing', 'cannot run git', 'apt-get install git');
export const gitTooOld = (version: string, floor: string) =>
  error(
    'git',
    'git-too-old',
    `git ${version} is too old: Doskara needs ${floor} or later`,
    'apt-get install git, on Debian 12, Ubuntu 24.04 or later',
  );

export const lockPrograms = (version: string) => ok('locks', `setpriv and flock: ${version}`);
export const lockProgramsMissing = () =>
  error('locks', 'locks-missing', 'setpriv or flock is missing: no build can start', 'apt-get install util-linux');

const NOT_REBUILT = 'lost builds are not rebuilt automatically';

export const systemdTimer = (unit: string) => ok('timer', `timer: systemd runs doskara reconcile (${unit})`);
export const cronTimer = (file: string) => ok('timer', `timer: cron runs doskara reconcile (${file})`);
export const timerInactive = (unit: string) =>
  warning(
    'timer',
    'timer-inactive',
    `the timer ${unit} is not active, so ${NOT_REBUILT}`,
    `systemctl enable --now ${unit}`,
  );
export const cronStopped = () =>
  warning('timer', 'cron-down', `cron is not running, so ${NOT_REBUILT}`, 'service cron start');
export const timerMissing = () =>
  warning(
    'timer',
    'timer-missing',
    `no timer for doskara reconcile, so ${NOT_REBUILT}`,
    './install.sh port --factory USER@HOST installs one (it needs systemd, or: apt-get install cron)',
  );

/** `free`: bytes. */
export function diskSpace(level: Finding['level'], root: string, free: number): Finding {
  const text = `disk: ${formatBytes(free)} free at ${root}`;
  const hint = `free some space; largest repositories: du -xh --max-depth=1 ${root} | sort -h`;
  if (level === 'ok') return ok('disk', text);
  return level === 'error' ? error('disk', 'disk-full', text, hint) : warning('disk', 'disk-low', text, hint);
}

/** `value`: of MaxStartups, which begins with `logins`. */
export const sshdLogins = (logins: string, value: string) =>
  ok('sshd', `sshd accepts ${logins} logins at the same time (MaxStartups ${value})`);
export const sshdLoginsLow = (logins: string, value: string) =>
  warning(
    'sshd',
    'max-startups',
    `sshd drops connections when more than ${logins} pushers log in at the same time (MaxStartups ${value})`,
    setInSshd(MAX_STARTUPS),
  );

export const headMissing = (folder: string) =>
  error(
    'repository',
    'head-missing',
    `${basename(folder, '.git')}: HEAD is missing, so git does not see a repository`,
    `to restore it, as its owner: git init --bare --initial-branch=main ${folder}`,
  );

export const giveToOneUser = (root: string) => `give them all to one user: ls -l ${root}; chown -R USER: ${root}/*.git`;
