import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { addBuilder } from '../rig/builder.ts';
import { type Engine, startEngine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'stops-'));
let engine: Engine;
let platform: Platform;

beforeAll(async () => {
  engine = await startEngine(folder, inject('release'));
  const { docker, env } = engine;
  platform = await Platform.start(mkdtempSync(join(tmpdir(), 'test-')), {
    docker,
    env,
    registry: inject('shared').registry,
  });
});
afterAll(async () => {
  await platform?.stop();
  await engine?.stop();
  await asRoot('rm', '-rf', folder);
});

/** A broken plugin hides the working one, so the CLI has only the classic builder. */
function breakBuildx(): void {
  const config = join(platform.folder, 'factory-home/.docker');
  writeFileSync(join(config, 'config.json'), '{}');
  const plugins = join(config, 'cli-plugins');
  mkdirSync(plugins, { recursive: true });
  writeFileSync(join(plugins, 'docker-buildx'), '#!/bin/sh\nexit 1\n');
  chmodSync(join(plugins, 'docker-buildx'), 0o755);
}

test('an engine that hangs is given up, and named; builders elsewhere build without it', async () => {
  const builder = await addBuilder(platform, 'north', inject('shared'));
  const app = await platform.app('hanging');
  const archive = await app.archive();
  await engine.send('STOP');
  const push = app.push();
  const elsewhere = await platform.runner(['elsewhere'], archive, { DOSKARA_BUILDERS: 'north' });
  const { text } = await push;
  await engine.send('CONT');
  await builder.cut();
  expect([elsewhere.exitCode, elsewhere.exitCode === 0 ? '' : elsewhere.all]).toEqual([0, '']);
  expect(text).toContain('the Docker Engine is not responding: no answer within 30 s');
  expect(platform.record('hanging', 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });
});

// the classic builder comes last, since buildx stays broken
test.each(['buildx', 'classic'])(
  'if the engine stops during a build by %s, the build is lost and leaves no container behind',
  async (builder) => {
    if (builder === 'classic') breakBuildx();
    const name = `stopped-${builder}`;
    const app = await platform.app(name, { 'build.sh': 'echo begun; sleep 600\n', 'run.sh': 'true\n' });
    const push = app.push();
    await expect.poll(() => logOf(name), { timeout: 60_000 }).toContain('       begun');
    expect(logOf(name).includes(' with the classic builder')).toBe(builder === 'classic');
    await engine.restart();
    expect((await push).lines.at(-1)).toMatch(new RegExp(`^error: ${name} build 1 lost`));
    expect(platform.record(name, 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });

    await app.commit({ 'build.sh': 'echo quick\n' });
    expect((await app.push()).lines.at(-1)).toMatch(new RegExp(`^success: ${name} build 2 built`));
    const { stdout } = await platform.docker('container', 'ls', '--all', '--quiet', '--filter', 'label=doskara.build');
    expect(stdout).toBe('');
  },
);

function logOf(app: string): string {
  return platform.hasRecord(app, 1) ? platform.log(app, 1) : '';
}
