import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { goThrough } from '../rig/faults.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { startWire } from '../rig/wire.ts';

const use = usePlatform();
/** How often each fault is tried; FAULT_ROUNDS in the environment raises it. */
const ROUNDS = Array.from({ length: Number(process.env['FAULT_ROUNDS'] ?? 1) }, (_, i) => i + 1);
const SCRIPTS = { 'build.sh': 'true\n', 'run.sh': 'true\n' };
const text = (megabytes: number) =>
  Array.from({ length: megabytes * 20_000 }, (_, i) => `line ${i} is as good as any other line here\n`).join('');

let plain = '';
const config = () => join(use.platform.portHome, 'ssh_config');
const compress = () => appendFileSync(config(), '  Compression yes\n');
beforeEach(() => {
  plain ||= readFileSync(config(), 'utf8');
  writeFileSync(config(), plain);
});

test('with Compression yes, the same archive takes fewer bytes on the wire', async () => {
  await using wire = await startWire(use.platform.factory.sshPort);
  const app = await use.platform.app('talkative', { ...SCRIPTS, 'text.txt': text(3) });
  goThrough(wire, use.platform);
  expect((await app.push()).lines.at(-1)).toMatch(/^success: /);
  const before = wire.sent();
  compress();
  expect((await use.platform.doskara('replay', 'talkative')).exitCode).toBe(0);

  const { archive } = use.platform.record('talkative', 1) as { archive: { bytes: number } };
  expect(use.platform.record('talkative', 2)).toMatchObject({ outcome: 'built', archive });
  expect(wire.sent() - before).toBeLessThan(archive.bytes / 3);
});

test.each(ROUNDS)('a broken compressed connection is not reported as a bug in Doskara (%i)', async (megabytes) => {
  const wire = await startWire(use.platform.factory.sshPort);
  const name = `broken-${megabytes}`;
  const app = await use.platform.app(name, { ...SCRIPTS, 'text.txt': text(60) });
  goThrough(wire, use.platform);
  compress();
  const pushing = app.push();
  await expect.poll(() => wire.sent(), { timeout: 30_000, interval: 5 }).toBeGreaterThan(megabytes * 500_000);
  await wire[Symbol.asyncDispose]();
  const { text: said } = await pushing;
  expect(said).toContain('error: the connection to the factory factory was lost');
  expect(use.platform.record(name, 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });
});

/** How the connection ends while a build runs. */
const ENDS: [string, (app: string, cut: () => Promise<void>) => Promise<unknown>, string][] = [
  ['is cancelled', (app) => use.platform.doskara('cancel', app), 'cancelled'],
  ['loses its connection', (_, cut) => cut(), 'lost'],
];

test.each(ENDS)(
  'a build over a compressed connection that %s has the right outcome in its record',
  async (title, end, outcome) => {
    for (const i of ROUNDS) {
      await using wire = await startWire(use.platform.factory.sshPort);
      const name = `${title.split(' ').at(-1)}-${i}`;
      const app = await use.platform.app(name, { 'build.sh': 'echo started; sleep 973\n', 'run.sh': 'true\n' });
      writeFileSync(config(), plain);
      goThrough(wire, use.platform);
      compress();
      const pushing = app.push();
      await expect
        .poll(() => use.platform.hasRecord(name, 1) && use.platform.log(name, 1), { timeout: 30_000 })
        .toContain('started');
      await end(name, async () => wire[Symbol.asyncDispose]());
      const { text: said } = await pushing;
      expect(said).not.toContain('Zlib');
      expect(use.platform.record(name, 1)).toMatchObject({ outcome });
    }
  },
);
