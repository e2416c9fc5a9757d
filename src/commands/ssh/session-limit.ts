import { readdir, readFile } from 'node:fs/promises';
import { tooManySessions } from '../../port/messages/keys.ts';
import { type ProcessStat, readStat } from '../../proc-stat.ts';

/** Per key, at once: each is a process that may last as long as a build. */
const MAX_SESSIONS = 20;

/**
 * Throws a Trouble if the key already has too many sessions (exit code 4). Counts the kernel's own list of processes,
 * which is right however a session ended. Of many that start at once, the older ones go first.
 */
export async function limitSessions(key: string): Promise<void> {
  const self = await readStat('self');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const sessions = await Promise.all(pids.map(async (pid) => ((await serves(pid, key)) ? readStat(pid) : undefined)));
  const older = sessions.filter((session) => session !== undefined && self !== undefined && isOlder(session, self));
  if (older.length >= MAX_SESSIONS) throw tooManySessions(key, older.length);
}

/** Whether a process is a session of the key: it runs the same forced command as this one, `doskara serve <name>`. */
async function serves(pid: number, key: string): Promise<boolean> {
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const verb = command.indexOf('serve');
  return verb > 0 && command[verb - 1] === process.argv[1] && command[verb + 1] === key;
}

function isOlder(one: ProcessStat, other: ProcessStat): boolean {
  const age = Number(one.pidStart) - Number(other.pidStart);
  return age < 0 || (age === 0 && one.pid < other.pid);
}
