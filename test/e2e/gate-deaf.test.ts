/** A pusher who stops reading when the gate approves: git waits for them, the app's next push does not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { cloneOf, gatedApp, headOf } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();
const WAIT = { timeout: 60_000, interval: 100 };
/** Milliseconds. Many times what it takes, and well under the minute that a regression took. */
const SOON = 40_000;

const outcomeOf = (app: string, number: number) => use.platform.record(app, number)['outcome'];
/** When a build's commit arrived on the factory. */
const receivedAt = (app: string, number: number) =>
  Date.parse(/^(\S+) -----> Building on /m.exec(use.platform.log(app, number))?.[1] ?? '');

/** A push whose client reads nothing, so that only a pipe's capacity gets through. */
function pushUnread(app: string, update: string): ChildProcess {
  const command = `${update} refs/heads/main\0report-status side-band-64k`;
  const packet = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`;
  const pack = Buffer.from('5041434b0000000200000000', 'hex'); // empty, since port has all objects
  const child = spawn('sh', ['-c', 'git receive-pack "$0" | sleep 971', use.platform.repository(app)], {
    env: { PATH: process.env['PATH'], HOME: use.platform.portHome },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.stdin?.end(Buffer.concat([Buffer.from(packet), pack, createHash('sha1').update(pack).digest()]));
  return child;
}

test("a pusher who stops reading at the gate's approval delays the next push by seconds only, and updates nothing", async () => {
  const one = await gatedApp(use.platform, 'full');
  await one.push();
  const old = await headOf(use.platform, 'full');
  // 85 kB fit into two pipes but not into one: the gate can write all of it, git cannot
  const unread = await one.commit({ 'build.sh': 'yes 123456789 | head -n 5000\n' });
  await one.push('HEAD:side');
  const child = pushUnread('full', `${old} ${unread}`);
  try {
    await expect.poll(() => use.platform.hasRecord('full', 2) && outcomeOf('full', 2), WAIT).toBe('built');
    expect(await headOf(use.platform, 'full')).toBe(old);
    const two = await cloneOf(use.platform, one);
    const head = await two.commit({ b: '1' });
    expect((await two.push('HEAD:main')).lines.at(-1)).toMatch(/^success: full build 3 built/);
    const { started } = use.platform.record('full', 3);
    expect(receivedAt('full', 3) - Date.parse(String(started))).toBeLessThan(SOON);
    expect(await use.platform.latestRevision('full')).toBe(head);
    expect((await use.platform.doskara('reconcile', 'full')).all).toBe('');
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'exit');
  }
});
