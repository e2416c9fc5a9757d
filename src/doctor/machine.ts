import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { exec } from '../exec.ts';
import type { Finding } from '../finding.ts';
import { ask, openGit } from '../port/git/git.ts';
import * as messages from '../port/messages/doctor-machine.ts';
import { checkGit, checkNode } from './versions.ts';

/** Called with each finding. */
export type ReportFinding = (finding: Finding) => void;

/** Checks this machine. `root`: the folder of the repositories. */
export async function checkMachine(root: string, report: ReportFinding): Promise<void> {
  report(checkNode(process.versions.node));
  report(checkGit(await ask(openGit('/'), 'version')));
  report(await checkLocks());
  report(checkTimer(await readTimer()));
  const { bavail, bsize } = await statfs(root);
  report(checkDisk(root, bavail * bsize));
}

/** lock.ts needs flock to lock, and setpriv so that it dies with this process. */
async function checkLocks(): Promise<Finding> {
  const { failed, stdout } = await exec(['flock', '--version'], { dieWithParent: true });
  return failed ? messages.lockProgramsMissing() : messages.lockPrograms(stdout.trim().replace(/^flock from /, ''));
}

/** What runs `doskara reconcile` regularly: a systemd timer or cron. */
export interface Timer {
  /** Whether systemd is the init system. */
  systemd: boolean;
  timer: 'active' | 'inactive' | 'missing';
  cronFile: boolean;
  cronRuns: boolean;
}

const UNIT = 'doskara-reconcile.timer';
const CRON_FILE = '/etc/cron.d/doskara-reconcile';

async function readTimer(): Promise<Timer> {
  const systemd = existsSync('/run/systemd/system');
  const { stdout } = await exec(['systemctl', 'is-active', UNIT]);
  const inactive = existsSync(`/etc/systemd/system/${UNIT}`) ? 'inactive' : 'missing';
  return {
    systemd,
    timer: stdout.trim() === 'active' ? 'active' : inactive,
    cronFile: existsSync(CRON_FILE),
    cronRuns: await isCronRunning(),
  };
}

/** Reads the pid file of Debian's cron and of cronie, which may be stale. */
async function isCronRunning(): Promise<boolean> {
  const pid = (await readFile('/run/crond.pid', 'utf8').catch(() => '')).trim();
  return /^\d+$/.test(pid) && /^cron/.test(await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''));
}

export function checkTimer({ systemd, timer, cronFile, cronRuns }: Timer): Finding {
  if (systemd && timer === 'active') return messages.systemdTimer(UNIT);
  if (cronFile && cronRuns) return messages.cronTimer(CRON_FILE);
  if (systemd && timer === 'inactive') return messages.timerInactive(UNIT);
  return cronFile ? messages.cronStopped() : messages.timerMissing();
}

const MB = 1024 * 1024;
/** With less, the next pushes, records and logs may fail; with less than FULL_BYTES they do. */
const LOW_BYTES = 1024 * MB;
const FULL_BYTES = 32 * MB;

export function checkDisk(root: string, free: number): Finding {
  if (free < FULL_BYTES) return messages.diskSpace('error', root, free);
  return messages.diskSpace(free < LOW_BYTES ? 'warning' : 'ok', root, free);
}

/** Output of `sshd -T`; undefined if there is no sshd, or if we are not root: it reads its host keys first. */
export async function readSshdSettings(): Promise<string | undefined> {
  const { failed, stdout } = await exec(['/usr/sbin/sshd', '-T'], { cwd: '/', timeoutMs: SSHD_TIMEOUT_MS });
  return failed ? undefined : stdout;
}

const SSHD_TIMEOUT_MS = 10_000;

/** Concurrent logins that sshd should accept before it begins to drop connections. */
const MIN_STARTUPS = 100;

/** `sshd -T` prints `maxstartups start:rate:full`; undefined if it does not. */
export function checkMaxStartups(settings: string): Finding | undefined {
  const [, value = '', start] = /^maxstartups ((\d+):\d+:\d+)$/m.exec(settings) ?? [];
  if (start === undefined) return undefined;
  return Number(start) >= MIN_STARTUPS ? messages.sshdLogins(start, value) : messages.sshdLoginsLow(start, value);
}
