import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { gatedApp, gitOnPort } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('with the gate, -o skip is accepted without a build, -o detach is refused, and -o no-cache rebuilds', async () => {
  const app = await gatedApp(use.platform, 'options');
  const detach = await app.push('-o', 'detach', 'main');
  expect(detach.exitCode).not.toBe(0);
  expect(detach.lines[0]).toBe('error: options has a gate: pushes wait for their build, so -o detach is not available');
  const skip = await app.push('-o', 'skip', 'main');
  expect(skip.exitCode).toBe(0);
  expect(skip.text).toContain('warning: not built, as requested (-o skip)');
  expect(use.platform.record('options', 1)).toMatchObject({ outcome: 'cancelled', gate: null });
  await app.commit({ a: '1' });
  await app.push();
  await app.git('commit', '--amend', '--quiet', '--no-edit', '--date=now');
  const { text, exitCode } = await app.push('--force', '-o', 'no-cache', '-o', 'quick', 'main');
  expect(exitCode).toBe(0);
  expect(text.match(/warning: "quick" is not a push option/g)).toHaveLength(1);
  expect(text).toContain('       built options at');
});

describe("the gate's hook", () => {
  test('is installed and removed according to the setting, and status reports a mismatch', async () => {
    await use.platform.create('linked');
    const link = join(use.platform.repository('linked'), 'hooks/pre-receive');
    const hook = async (action: string) => (await use.platform.doskara('hook', action, 'linked')).stdout.split('\t')[1];
    expect(existsSync(link)).toBe(false);
    await gitOnPort(use.platform, 'linked', 'config', 'doskara.gate', 'yes');
    expect(await hook('status')).toBe("hook installed; warning: doskara.gate is on, but the gate's hook is missing");
    expect(await hook('install')).toBe('hook installed; gate');
    expect(existsSync(link)).toBe(true);
    await gitOnPort(use.platform, 'linked', 'config', 'doskara.gate', 'no');
    expect(await hook('status')).toContain("; warning: the gate's hook is installed, but doskara.gate is not set");
    expect(await hook('install')).toBe('hook installed');
    expect(existsSync(link)).toBe(false);
    await gitOnPort(use.platform, 'linked', 'config', 'doskara.gate', 'true');
    await hook('install');
    expect(await hook('remove')).toBe('no hook');
    expect(existsSync(link)).toBe(false);
  });

  test('is missing: the push is built as without the gate, and says so', async () => {
    const app = await use.platform.app('unlinked', { 'build.sh': 'exit 3\n', 'run.sh': 'true\n' });
    await gitOnPort(use.platform, 'unlinked', 'config', 'doskara.gate', 'true');
    const { exitCode, lines } = await app.push();
    expect(exitCode).toBe(0);
    expect(lines.slice(0, 2)).toEqual([
      'warning: the gate of unlinked is on, but its hook is not installed: git accepted this push before it was built',
      'hint: tell an admin',
    ]);
    expect(lines.at(-1)).toMatch(/^error: unlinked build 1 failed/);
  });

  test('runs a foreign pre-receive hook first, with its input and environment, and lets it reject', async () => {
    const path = use.platform.repository('foreign');
    await use.platform.create('foreign');
    const own = '#!/bin/sh\n[ -d "$GIT_QUARANTINE_PATH" ] && echo "own hook saw $(cat)"\n[ ! -e refused ]\n';
    writeFileSync(join(path, 'hooks/pre-receive'), own, { mode: 0o755 });
    await gitOnPort(use.platform, 'foreign', 'config', 'doskara.gate', 'true');
    await use.platform.doskara('hook', 'install', 'foreign');
    const app = await use.platform.app('foreign');
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    writeFileSync(join(path, 'refused'), '');
    const refused = await app.push();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.lines[0]).toBe(`own hook saw ${'0'.repeat(40)} ${head} refs/heads/main`);
    expect(use.platform.hasRecord('foreign', 1)).toBe(false);
    await execa('rm', [join(path, 'refused')]);
    expect((await app.push()).lines.at(-1)).toMatch(/^success: foreign build 1 built/);
    await use.platform.doskara('hook', 'remove', 'foreign');
    expect(readFileSync(join(path, 'hooks/pre-receive'), 'utf8')).toBe(own);
  });
});

test('the gate rejects pushes if its setting cannot be read', async () => {
  const app = await gatedApp(use.platform, 'misread');
  await gitOnPort(use.platform, 'misread', 'config', 'doskara.gate', 'perhaps');
  const { exitCode, text } = await app.push();
  expect(exitCode).not.toBe(0);
  expect(text).toContain('error: doskara.gate="perhaps" should be true or false');
  expect((await use.platform.doskara('hook', 'install', 'misread')).stdout).toContain('hook installed; gate');
});
