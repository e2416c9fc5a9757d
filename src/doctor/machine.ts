import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { exec } from '../exec.ts';
import { error, type Finding, ok, warning } from '../finding.ts';
import { ask, openGit } from '../port/git/git.ts';
import { formatBytes } from '../units.ts';
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
  return failed
    ? error(
        'locks',
        'locks-missing',
        'setpriv and flock are missing: nothing can be locked',
        'apt-get install util-linux',
      )
    : ok('locks', `setpriv and flock: ${stdout.trim().replace(/^flock from /, '')}`);
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

async function readTimer(): Promise<Timer> {
  const systemd = existsSync('/run/systemd/system');
  const { stdout } = await exec(['systemctl', 'is-active', UNIT]);
  const inactive = existsSync(`/etc/systemd/system/${UNIT}`) ? 'inactive' : 'missing';
  return {
    systemd,
    timer: stdout.trim() === 'active' ? 'active' : inactive,
    cronFile: existsSync('/etc/cron.d/doskara'),
    cronRuns: await isCronRunning(),
  };
}

/** Reads the pid file of Debian's cron and of cronie, which may be stale. */
async function isCronRunning(): Promise<boolean> {
  const pid = (await readFile('/run/crond.pid', 'utf8').catch(() => '')).trim();
  return /^\d+$/.test(pid) && /^cron/.test(await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''));
}

export function checkTimer({ systemd, timer, cronFile, cronRuns }: Timer): Finding {
  if (systemd && timer === 'active') return ok('timer', `timer: systemd runs doskara reconcile (${UNIT})`);
  if (cronFile && cronRuns) return ok('timer', 'timer: cron runs doskara reconcile (/etc/cron.d/doskara)');
  if (systemd && timer === 'inactive')
    return warning(
      'timer',
      'timer-inactive',
      `the timer ${UNIT} is not active: nobody runs doskara reconcile`,
      `systemctl enable --now ${UNIT}`,
    );
  if (cronFile)
    return warning('timer', 'cron-down', 'cron does not run: nobody runs doskara reconcile', 'service cron start');
  return warning(
    'timer',
    'timer-missing',
    'no timer: nobody runs doskara reconcile, lost builds stay lost',
    './install.sh port --factory USER@HOST sets it up (it needs systemd, or: apt-get install cron)',
  );
}

const MB = 1024 * 1024;
/** With less, the next pushes, records and logs may fail; with less than FULL_BYTES they do. */
const LOW_BYTES = 1024 * MB;
const FULL_BYTES = 32 * MB;

export function checkDisk(root: string, free: number): Finding {
  const text = `disk: ${formatBytes(free)} free at ${root}`;
  const hint = `free space; the largest repositories: du -xh --max-depth=1 ${root} | sort -h`;
  if (free < FULL_BYTES) return error('disk', 'disk-full', text, hint);
  return free < LOW_BYTES ? warning('disk', 'disk-low', text, hint) : ok('disk', text);
}
