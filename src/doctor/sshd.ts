import { exec } from '../exec.ts';
import { type Finding, ok, warning } from '../finding.ts';
import * as messages from '../port/messages.ts';

/** Output of `sshd -T`; undefined if there is no sshd, or if we are not root: it reads its host keys first. */
export async function readSshdSettings(): Promise<string | undefined> {
  const { failed, stdout } = await exec(['/usr/sbin/sshd', '-T'], { cwd: '/', timeoutMs: TIMEOUT_MS });
  return failed ? undefined : stdout;
}

const TIMEOUT_MS = 10_000;

/** Concurrent logins that sshd should accept before it begins to drop connections. */
const MIN_STARTUPS = 100;

/** `sshd -T` prints `maxstartups start:rate:full`; undefined if it does not. */
export function checkMaxStartups(settings: string): Finding | undefined {
  const [, value = '', start] = /^maxstartups ((\d+):\d+:\d+)$/m.exec(settings) ?? [];
  if (start === undefined) return undefined;
  if (Number(start) >= MIN_STARTUPS)
    return ok('sshd', `sshd lets ${start} pushers log in at the same time (MaxStartups ${value})`);
  return warning(
    'sshd',
    'max-startups',
    `sshd turns pushers away once ${start} log in at the same time (MaxStartups ${value})`,
    messages.setInSshd(messages.MAX_STARTUPS),
  );
}
