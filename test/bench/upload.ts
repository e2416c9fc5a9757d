import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Clone } from '../rig/clone.ts';
import type { Platform } from '../rig/platform.ts';
import { bigTree } from './apps.ts';
import { type CaseResult, summarise } from './cases.ts';
import { timeInTurn } from './measure.ts';
import type { Contender, Rivals } from './rivals.ts';

/** What each prints first once the archive has arrived: our runner after checking it, docker when it starts. */
const ARRIVED: Partial<Record<Contender, RegExp>> = {
  doskara: /^-----> Building on/m,
  before: /^-----> Building on/m,
  shell: /^#[01] /m,
};

/** From the start of the hook until the whole archive is on the factory. Runs the hook as git would, for the same head. */
export async function runUpload(rivals: Rivals, pairs: number): Promise<CaseResult> {
  process.stderr.write('upload alone\n');
  const heads = new Map<Contender, string>();
  for (const contender of ['doskara', 'shell', ...(rivals.before ? (['before'] as const) : [])] as const)
    heads.set(contender, await prepare(rivals, contender));
  const times = await timeInTurn([...heads.keys()], pairs, (contender) =>
    untilArrived(rivals.platformOf(contender), contender, heads.get(contender) ?? ''),
  );
  return summarise('upload alone, 218 MB tree', { forky: 0.3, system: 0.3 }, times);
}

async function prepare(rivals: Rivals, contender: Contender): Promise<string> {
  const app = `upload-${contender}`;
  await rivals.createRepository(app, contender);
  const clone: Clone = await rivals.platformOf(contender).app(app, bigTree(13_600, 218), ['--quiet']);
  await clone.push('HEAD:main');
  return (await clone.git('rev-parse', 'HEAD')).stdout;
}

async function untilArrived(platform: Platform, contender: Contender, head: string): Promise<number> {
  const cwd = platform.repository(`upload-${contender}`);
  const env = { PATH: process.env['PATH'], HOME: platform.portHome };
  const start = performance.now();
  const hook = spawn(join(cwd, 'hooks/post-receive'), { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  hook.stdin.end(`${'0'.repeat(head.length)} ${head} refs/heads/main\n`);
  let said = '';
  let arrived = Number.NaN;
  hook.stdout.on('data', (chunk) => {
    said += chunk;
    if (Number.isNaN(arrived) && ARRIVED[contender]?.test(said)) arrived = (performance.now() - start) / 1000;
  });
  await once(hook, 'close');
  if (Number.isNaN(arrived)) throw new Error(`the upload of ${contender} was not seen:\n${said}`);
  return arrived;
}
