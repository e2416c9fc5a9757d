import { exec } from '../exec.ts';
import type { Finding } from '../finding.ts';
import * as messages from '../port/messages/doctor-machine.ts';

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
  return Number(start) >= MIN_STARTUPS ? messages.sshdLogins(start, value) : messages.sshdLoginsLow(start, value);
}
