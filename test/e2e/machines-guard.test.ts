import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { AS_ROOT } from '../rig/processes.ts';

const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
const WITHIN = { timeout: 60_000, interval: 100 };

/** What `npm run test:machines` has while a machine runs; a long-lived process takes the machine's place. */
const RUN = `
  import { spawn } from 'node:child_process';
  const { openNetwork } = await import(process.argv[1]);
  const [, , boot, folder, PATH] = process.argv;
  const { bridge } = await openNetwork(folder);
  spawn('unshare', ['--mount', 'sh', boot, 'doskara-' + process.pid + '-test', '--boot'], {
    env: { ...process.env, PATH }, detached: true, stdio: "inherit",
  });
  console.log(process.pid + ' ' + bridge);
  setInterval(() => {}, 1000);
`;

test('a run of test:machines that is killed leaves no machine, bridge, iptables rule or folder', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'guard-'));
  const folder = join(scratch, 'run');
  mkdirSync(folder);
  const nspawn = join(scratch, 'systemd-nspawn');
  writeFileSync(nspawn, '#!/bin/sh\necho machine $$\nexec sleep 600\n');
  chmodSync(nspawn, 0o755);
  const [network, boot] = [resolve('test/machines/network.ts'), resolve('test/machines/boot.sh')];
  const script = ['--input-type=module', '-e', RUN, network, boot, folder, `${scratch}:${PATH}`];
  const [program = '', ...args] = [...AS_ROOT, 'env', `PATH=${PATH}`, process.execPath, ...script];
  const run = execa(program, args, { reject: false, all: true });
  let said = '';
  run.all.on('data', (text) => (said += text));
  const find = (pattern: RegExp) => pattern.exec(said)?.[1] ?? '';
  await expect.poll(() => said, WITHIN).toMatch(/^machine (\d+)$/m);
  const [pid, bridge, machine] = [find(/^(\d+) /m), find(/ (dskm\d+)$/m), find(/^machine (\d+)$/m)];
  const left = async () => [
    ...[`/proc/${machine}`, folder].filter((path) => existsSync(path)),
    ...(await networkOf(bridge)),
  ];
  expect(await left()).toHaveLength(2 + 2 + 7);
  await execa([...AS_ROOT, 'kill'].join(' '), ['-KILL', pid], { shell: true, env: { PATH } });
  await expect.poll(left, WITHIN).toEqual([]);
});

/** The bridge and its address according to `ip`, and the iptables rules. */
async function networkOf(bridge: string): Promise<string[]> {
  const questions = ['ip -o link', 'ip -o -4 address', 'iptables -w -t nat -S', 'iptables -w -t filter -S'];
  const options = { shell: true, env: { PATH } } as const;
  const answers = await Promise.all(questions.map((args) => execa([...AS_ROOT, args].join(' '), options)));
  return answers.flatMap(({ stdout }) => stdout.split('\n')).filter((line) => line.includes(bridge));
}
