import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { Platform, type Shared } from '../rig/platform.ts';
import { bigTree } from './apps.ts';
import type { CaseResult } from './cases.ts';
import { type Spread, spread } from './measure.ts';

const SIZES = { '10 MB tree': 10, '1 GB tree': 1000 };
const WHO = { 'post-receive.cjs': 'hook', 'runner.cjs': 'runner' } as const;

/** Peak memory of the two processes that a push streams through, as the kernel reports it when they exit. */
export async function runMemory(shared: Shared): Promise<CaseResult> {
  process.stderr.write('peak memory\n');
  const folder = mkdtempSync(join(tmpdir(), 'doskara-bench-'));
  const peaks = join(folder, 'peaks');
  const preload = join(folder, 'peak.cjs');
  const env = { NODE_OPTIONS: `--require=${preload}` };
  const platform = await Platform.start(folder, shared, env);
  // only this program's: the kernel's maxrss includes the process it was forked from
  writeFileSync(
    preload,
    `const fs = require('fs');
process.on('exit', () => {
  const [, peak] = /^VmHWM:\\s+(\\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  fs.appendFileSync('${peaks}', process.argv[1] + ' ' + peak + '\\n');
});`,
  );
  try {
    const times: Record<string, Spread> = {};
    for (const [size, megabytes] of Object.entries(SIZES))
      for (const [who, peak] of await peaksOf(platform, `memory-${megabytes}`, megabytes, peaks, env))
        times[`${who}, ${size}`] = spread([peak]);
    const of = (who: string, size: string) => times[`${who}, ${size}`]?.median ?? Number.NaN;
    const ratio = Math.max(...Object.values(WHO).map((who) => of(who, '1 GB tree') / of(who, '10 MB tree')));
    return {
      name: 'peak memory, in MB (goal: 100), 1 GB against 10 MB',
      goal: { forky: 1.2, system: 1.2 },
      times,
      ratio,
    };
  } finally {
    await platform.stop();
  }
}

async function peaksOf(
  platform: Platform,
  app: string,
  megabytes: number,
  file: string,
  env: Record<string, string>,
): Promise<[who: string, megabytes: number][]> {
  const clone = await platform.app(app, bigTree(megabytes * 60, megabytes));
  const head = (await clone.git('rev-parse', 'HEAD')).stdout;
  const cwd = platform.repository(app);
  await execa('git', ['fetch', '--quiet', clone.folder, 'HEAD:main'], { cwd });
  writeFileSync(file, '');
  const input = `${'0'.repeat(head.length)} ${head} refs/heads/main\n`;
  await execa(join(cwd, 'hooks/post-receive'), { cwd, input, env: { HOME: platform.portHome, ...env } });
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([program = '', kilobytes]) => {
      const who = WHO[program.replace(/^.*\//, '') as keyof typeof WHO];
      return who === undefined ? [] : [[who, Number(kilobytes) / 1024] as [string, number]];
    });
}
