import { execa } from 'execa';
import { type Finding, ok, warning } from '../finding.ts';
import * as messages from '../port/messages.ts';

/**
 * The settings of this machine's sshd, as itself tells them. undefined: there is none, or it tells us nothing, for it
 * reads its host keys first, and those are for root alone.
 */
export async function readSshdSettings(): Promise<string | undefined> {
  const { failed, stdout } = await execa('/usr/sbin/sshd', ['-T'], {
    cwd: '/',
    reject: false,
    stdin: 'ignore',
    timeout: PATIENCE,
  });
  return failed ? undefined : stdout;
}

/** Milliseconds. */
const PATIENCE = 10_000;

/** How many of its pushers may log in at the same time, before sshd begins to turn some away. */
const ENOUGH = 100;

/** undefined where the settings don't say: `sshd -T` prints `maxstartups start:rate:full`. */
export function judgeMaxStartups(settings: string): Finding | undefined {
  const [, value = '', start] = /^maxstartups ((\d+):\d+:\d+)$/m.exec(settings) ?? [];
  if (start === undefined) return undefined;
  if (Number(start) >= ENOUGH)
    return ok('sshd', `sshd lets ${start} pushers log in at the same time (MaxStartups ${value})`);
  return warning(
    'sshd',
    'max-startups',
    `sshd turns pushers away once ${start} log in at the same time (MaxStartups ${value})`,
    messages.setInSshd(messages.MAX_STARTUPS),
  );
}
