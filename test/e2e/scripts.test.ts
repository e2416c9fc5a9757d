import { describe, expect, test } from 'vitest';
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
