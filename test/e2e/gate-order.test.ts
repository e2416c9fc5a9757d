import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cloneOf, gatedApp, gitOnPort, headOf, untilLogged } from '../rig/gate.ts';
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
    await untilLogged(use.platform, 'gap', 3, 'Waiting');
    expect(use.platform.record('gap', 3)).toMatchObject({ outcome: 'running', archive: null });
    writeFileSync(open, '');
    expect((await first).exitCode).toBe(0);
    expect((await second).text).toContain(`error: main moved to ${head.slice(0, 12)} during the build`);
    expect(await use.platform.latestRevision('gap')).toBe(head);
  });

  test('the latest image is restored at once, and only once, if another hook rejected the push', async () => {
    const app = await gatedApp(use.platform, 'stray');
    await app.push();
    const head = await headOf(use.platform, 'stray');
    writeFileSync(join(use.platform.repository('stray'), 'hooks/update'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const never = await app.commit({ a: '1' });
    const { exitCode, text } = await app.push();
    expect(exitCode).not.toBe(0);
    expect(text).not.toContain('success: ');
    expect(use.platform.record('stray', 2)).toMatchObject({ outcome: 'built', landed: false, commit: never });
    await untilLogged(use.platform, 'stray', 3, 'success: stray build 3 built');
    expect(use.platform.record('stray', 3)).toMatchObject({ why: 'reconcile', commit: head });
    expect(await use.platform.latestRevision('stray')).toBe(head);

    // the clock was ahead when the stray image was built
    const time = '2999-12-31T23:59:59.000Z';
    const record = { ...use.platform.record('stray', 2), queued: time, started: time, finished: time };
    writeFileSync(join(use.platform.repository('stray'), 'doskara/builds/2.json'), JSON.stringify(record));
    expect((await use.platform.doskara('reconcile', 'stray')).all).toBe('');
    expect((await use.platform.doskara('doctor', '--all')).all).toMatch(/^ok: stray: /m);
  });

  test('the result is published even if git moves the branch and ends before it runs the next hook', async () => {
    const app = await gatedApp(use.platform, 'cut');
    await app.push();
    await gitOnPort(use.platform, 'cut', 'config', 'doskara.afterBuild', 'echo deployed $DOSKARA_COMMIT');
    const end = '#!/bin/sh\n[ "$1" = committed ] && grep -q refs/heads/main && kill -KILL $PPID\nexit 0\n';
    writeFileSync(join(use.platform.repository('cut'), 'hooks/reference-transaction'), end, { mode: 0o755 });
    const head = await app.commit({ a: '1' });
    expect((await app.push()).exitCode).not.toBe(0);
    expect(await headOf(use.platform, 'cut')).toBe(head);
    await untilLogged(use.platform, 'cut', 2, 'success: cut build 2 built');
    expect(use.platform.log('cut', 2)).toContain(`deployed ${head}`);
    for (const ref of ['refs/built/main', 'refs/deployed/main'])
      expect(await headOf(use.platform, 'cut', ref)).toBe(head);
    expect(use.platform.record('cut', 2)).toMatchObject({ landed: true });
    expect((await use.platform.doskara('reconcile', 'cut')).all).toBe('');
    expect(use.platform.hasRecord('cut', 3)).toBe(false);
  });
});

describe('what would keep git from moving the branch', () => {
  test('in another ref of the push is found before the build', async () => {
    const app = await gatedApp(use.platform, 'atomic');
    await app.push('main', 'main:held/by');
    const head = await headOf(use.platform, 'atomic');
    await app.commit({ a: '1' });
    const blob = (await app.git('rev-parse', 'HEAD:run.sh')).stdout;
    const cases: [string[], string][] = [
      [[`${blob}:refs/heads/blob`], 'trying to write non-commit object'],
      [['HEAD:refs/heads/held'], "'refs/heads/held/by' exists"],
      [['HEAD:refs/tags/v1', 'HEAD:refs/tags/v1/x'], "'refs/tags/v1'"],
    ];
    for (const [refs, reason] of cases) {
      const { exitCode, text } = await app.push('--atomic', 'main', ...refs);
      expect(exitCode).not.toBe(0);
      expect(text).toMatch(/^error: git would reject this push: .*; nothing was built$/m);
      expect(text).toContain(reason);
    }
    const deleted = await app.push('--atomic', 'main', ':held/by');
    expect(deleted.lines.at(-1)).toMatch(/^success: atomic build 2 built/);
    await gitOnPort(use.platform, 'atomic', 'config', 'receive.denyDeletes', 'true');
    await app.push('main:held/by');
    await app.commit({ b: '1' });
    expect((await app.push('--atomic', 'main', ':held/by')).text).toContain(
      'error: git would refuse to delete held/by (receive.denyDeletes); nothing was built',
    );
    expect(await use.platform.latestRevision('atomic')).toBe(await headOf(use.platform, 'atomic'));
    expect(await headOf(use.platform, 'atomic')).not.toBe(head);
    expect(use.platform.hasRecord('atomic', 3)).toBe(false);
  });

  test('such as a push with -o skip, is refused while a build runs', async () => {
    const one = await gatedApp(use.platform, 'beside');
    await one.push();
    const two = await cloneOf(use.platform, one);
    using go = await makeGo(use.platform);
    const head = await one.commit({ 'build.sh': `echo started; ${go.wait}\n` });
    const first = one.push();
    await untilLogged(use.platform, 'beside', 2, 'started');
    await two.commit({ b: '1' });
    const skipped = await two.push('-o', 'skip', 'HEAD:main');
    expect(skipped.exitCode).not.toBe(0);
    expect(skipped.text).toContain('error: main cannot move while a build of beside runs\nhint: push again when it');
    go.give();
    expect((await first).exitCode).toBe(0);
    expect(await headOf(use.platform, 'beside')).toBe(head);
    expect(await use.platform.latestRevision('beside')).toBe(head);
    await two.git('pull', '--quiet', '--rebase', 'doskara', 'main');
    expect((await two.push('-o', 'skip', 'HEAD:main')).exitCode).toBe(0);
  });
});
