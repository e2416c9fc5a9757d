import { expect, test } from 'vitest';
import { gatedApp, headOf, untilLogged } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { asRoot } from '../rig/processes.ts';
import { startPush } from '../rig/pusher.ts';

const use = usePlatform();
const WAIT = { timeout: 150_000, interval: 100 };

/** Silently drops everything to and from sshd from now on. */
async function cutOff(sshPort: string): Promise<void> {
  for (const end of ['--dport', '--sport'])
    await asRoot('iptables', '--wait', '--insert', 'INPUT', '--protocol', 'tcp', end, sshPort, '--jump', 'DROP');
}

test("gated builds, silent and loud ones, end when their pushers' network goes silent", {
  timeout: 240_000,
}, async () => {
  const silent = await gatedApp(use.platform, 'silent');
  const loud = await gatedApp(use.platform, 'loud');
  for (const app of [silent, loud]) await app.push();
  await silent.commit({ 'build.sh': 'echo started; sleep 971\n' });
  await loud.commit({ 'build.sh': 'echo started; while true; do sleep 0.2; date; done\n' });
  const { port: sshPort } = new URL((await loud.git('remote', 'get-url', 'doskara')).stdout);
  await using _silent = startPush(silent, use.platform.pusherEnv);
  await using _loud = startPush(loud, use.platform.pusherEnv);
  for (const { app } of [silent, loud]) await untilLogged(use.platform, app, 2, '       started');

  const following = use.platform.doskara('logs', 'silent', '-f');
  await cutOff(sshPort);
  for (const { app } of [silent, loud]) {
    await expect.poll(() => use.platform.record(app, 2)['outcome'], WAIT).toBe('cancelled');
    expect(use.platform.record(app, 2)).toMatchObject({
      error: expect.stringMatching(/^the pusher disconnected: /),
      landed: false,
    });
    expect(await use.platform.latestRevision(app)).toBe(await headOf(use.platform, app));
  }

  // at its first half minute the silent build had a reader: its log has nothing of that
  const { stdout, stderr } = await following;
  expect(stderr).toMatch(/^ {7}still building: [34]\d s$/m);
  expect(stdout).toBe((await use.platform.doskara('logs', 'silent')).stdout);
  expect(use.platform.log('silent', 2)).not.toContain('still building');
});
