import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cloneOf, gatedApp, headOf, untilLogged } from '../rig/gate.ts';
import { makeGo } from '../rig/go.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('of two simultaneous pushes one is accepted, and the other is told to pull before it is built', async () => {
  const one = await gatedApp(use.platform, 'race');
  await one.push();
  const two = await cloneOf(use.platform, one);
  using go = await makeGo(use.platform);
  const head = await one.commit({ 'build.sh': `echo started; ${go.wait}\n` });
  const first = one.push();
  await untilLogged(use.platform, 'race', 2, 'started');
  await two.commit({ b: '1' });
  const second = two.push();
  await untilLogged(use.platform, 'race', 3, 'Waiting');
  go.give();
  expect((await first).exitCode).toBe(0);
  const { exitCode, text, lines } = await second;
  expect(exitCode).not.toBe(0);
  expect(text).toContain(
    `error: main moved to ${head.slice(0, 12)} during the build\nhint: git pull --rebase doskara main, then push again\n`,
  );
  expect(lines.at(-1)).toMatch(/^warning: race build 3 superseded in/);
  expect(use.platform.record('race', 3)).toMatchObject({ outcome: 'superseded', archive: null, landed: false });
  await two.git('pull', '--quiet', '--rebase', 'doskara', 'main');
  await two.commit({ 'build.sh': 'true\n' });
  expect((await two.push()).lines.at(-1)).toMatch(/^success: race build 4 built/);
  expect(await use.platform.latestRevision('race')).toBe(await headOf(use.platform, 'race'));
});

describe("after the gate's approval", () => {
  test('the next build waits until the branch has moved', async () => {
    const one = await gatedApp(use.platform, 'gap');
    await one.push();
    const two = await cloneOf(use.platform, one);
    const open = join(use.platform.folder, 'gap-open');
    const update = `#!/bin/sh\nwhile [ ! -e ${open} ]; do sleep 0.1; done\n`;
    writeFileSync(join(use.platform.repository('gap'), 'hooks/update'), update, { mode: 0o755 });
    const head = await one.commit({ a: '1' });
    const first = one.push();
    await untilLogged(use.platform, 'gap', 2, '-----> Image size: ');
    await two.commit({ b: '1' });
    const second = two.push();
    await expect
      .poll(() => use.platform.hasRecord('gap', 3) && use.platform.record('gap', 3)['started'] !== null, {
        timeout: 30_000,
      })
      .toBe(true);
    expect(use.platform.record('gap', 3)).toMatchObject({ outcome: 'running', archive: null });
    writeFileSync(open, '');
    expect((await first).exitCode).toBe(0);
    expect((await second).text).toContain(`error: main moved to ${head.slice(0, 12)} during the build`);
    expect(await use.platform.latestRevision('gap')).toBe(head);
  });

  test('reconcile restores the latest image if another hook rejected the push', async () => {
    const app = await gatedApp(use.platform, 'stray');
    await app.push();
    const head = await headOf(use.platform, 'stray');
    writeFileSync(join(use.platform.repository('stray'), 'hooks/update'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const never = await app.commit({ a: '1' });
    const { exitCode, text } = await app.push();
    expect(exitCode).not.toBe(0);
    expect(text).not.toContain('success: ');
    expect(await use.platform.latestRevision('stray')).toBe(never);
    expect(use.platform.record('stray', 2)).toMatchObject({ outcome: 'built', landed: false });
    expect((await use.platform.doskara('reconcile', 'stray')).all).toMatch(/^success: stray build 3 built/m);
    expect(await use.platform.latestRevision('stray')).toBe(head);
    expect((await use.platform.doskara('reconcile', 'stray')).all).toBe('');
  });

  test('reconcile restores it once, even if the clock was ahead when the stray image was built', async () => {
    const app = await gatedApp(use.platform, 'future');
    await app.push();
    writeFileSync(join(use.platform.repository('future'), 'hooks/update'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await app.commit({ a: '1' });
    await app.push();
    const file = join(use.platform.repository('future'), 'doskara/builds/2.json');
    const time = '2999-12-31T23:59:59.000Z';
    const record = { ...use.platform.record('future', 2), queued: time, started: time, finished: time };
    writeFileSync(file, JSON.stringify(record));
    expect((await use.platform.doskara('reconcile', 'future')).all).toMatch(/^success: future build 3 built/m);
    expect((await use.platform.doskara('reconcile', 'future')).all).toBe('');
    expect(await use.platform.latestRevision('future')).toBe(await headOf(use.platform, 'future'));
    expect((await use.platform.doskara('doctor', '--all')).all).toMatch(/^ok: future: /m);
  });
});
