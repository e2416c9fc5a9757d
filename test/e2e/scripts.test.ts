import { describe, expect, test } from 'vitest';
import { pushToOlderRunner } from '../rig/older-factory.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

describe('a command of build.sh that fails', () => {
  test('ends the build, and the old image stays the latest', async () => {
    const app = await use.platform.app('stops', { 'build.sh': 'true\n', 'run.sh': 'true\n' });
    const good = (await app.git('rev-parse', 'HEAD')).stdout;
    await app.push();
    await app.commit({ 'build.sh': 'no-such-program ci\necho still building\n' });
    const { text, lines } = await app.push();
    expect(text).toContain('no-such-program: not found');
    expect(text).not.toContain('still building');
    expect(lines).toContain('error: build.sh failed with exit code 127');
    expect(lines.at(-1)).toMatch(/^error: stops build 2 failed/);
    expect(await use.platform.latestRevision('stops')).toBe(good);
  });

  test('ends nothing in a script with a shebang, which decides for itself, nor in run.sh', async () => {
    const app = await use.platform.app('goes-on', {
      'build.sh': '#!/bin/sh\nfalse\necho still building\n',
      'run.sh': 'false\necho still running\n',
    });
    await app.git('update-index', '--chmod=+x', 'build.sh');
    await app.git('commit', '--amend', '--quiet', '--no-edit');
    const { text, lines } = await app.push();
    expect(text).toContain('       still building');
    expect(lines.at(-1)).toMatch(/^success: goes-on build 1 built/);
    const image = `${use.platform.shared.registry}/goes-on`;
    expect((await use.platform.docker('run', '--rm', '--network=none', image)).stdout).toBe('still running');
  });
});

describe('an image that cannot start run.sh is not pushed', () => {
  test.each([
    ['typo', '#!/bin/hs\ntrue\n', 'run.sh needs /bin/hs, which is not in the image'],
    ['env', '#!/bin/env node\ntrue\n', 'run.sh needs node, which is not in the image'],
  ])('%s', async (name, run, message) => {
    const app = await use.platform.app(name, { 'build.sh': 'echo built\n', 'run.sh': run });
    await app.git('update-index', '--chmod=+x', 'run.sh');
    await app.git('commit', '--amend', '--quiet', '--no-edit');
    const { lines, text } = await app.push();
    expect(lines).toContain('       built');
    expect(lines).toContain(`error: ${message}`);
    expect(text).toMatch(/^hint: fix the shebang, or install it in build\.sh/m);
    expect(text).not.toContain('doskara-run-check');
    expect(lines.at(-1)).toMatch(new RegExp(`^error: ${name} build 1 failed in`));
    expect(use.platform.record(name, 1)).toMatchObject({ outcome: 'failed', exitCode: 1, error: message });
    expect(await use.platform.latestRevision(name)).toBe('');
  });

  test('what build.sh installs counts, and what it breaks', async () => {
    const app = await use.platform.app('made', {
      'build.sh': 'mkdir /opt; ln -s /bin/sh /opt/sh\n',
      'run.sh': '#!/opt/sh\necho made\n',
    });
    await app.git('update-index', '--chmod=+x', 'run.sh');
    await app.git('commit', '--amend', '--quiet', '--no-edit');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: made build 1 built/);
    const image = `${use.platform.shared.registry}/made`;
    expect((await use.platform.docker('run', '--rm', '--network=none', image)).stdout).toBe('made');
    await app.commit({ 'build.sh': 'echo "if true; then" >>run.sh; mkdir /opt; ln -s /bin/sh /opt/sh\n' });
    expect((await app.push()).text).toMatch(/^error: run\.sh has a syntax error/m);
    await app.commit({ 'build.sh': 'rm run.sh\n' });
    expect((await app.push()).lines).toContain('error: run.sh is not in the image: build.sh removed it');
  });
});

test('a runner that is too old for what port sends loses the build, and port says what to upgrade', async () => {
  const app = await use.platform.app('older');
  const { text, lines } = await pushToOlderRunner(use.platform, app);
  expect(text).toContain('error: the runner on factory is older than port');
  expect(lines.at(-1)).toMatch(/^error: older build 1 lost/);
});
