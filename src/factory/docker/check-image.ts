import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { start } from '../../exec.ts';
import { LineSplitter, type OutputLine } from '../../lines.ts';
import { tryLock } from '../../lock.ts';
import { spoolUnusable } from '../messages/disk.ts';
import * as messages from '../messages/docker.ts';
import * as checkMessages from '../messages/run-check.ts';
import { type FactorySettings, limitsOf } from '../settings.ts';
import { explainBuild } from './build-failure.ts';
import * as checkCommands from './check-commands.ts';
import * as commands from './commands.ts';
import { lastLine } from './parse.ts';
import { ask, run } from './run.ts';
import { cacheOf, type Line, type Listener, type PublishOrder, runBuild } from './run-build.ts';

const MAX_SHOWN_LINES = 20;

/**
 * Builds an image without pushing it, and starts it: it must run for `seconds`, or exit with 0. Rejects with exit code 1
 * if it does not, or if it cannot be built. Dispose of the result after the push: the classic builder's cache is the
 * image.
 */
export async function checkImage(
  line: Line,
  order: PublishOrder,
  seconds: number,
  listener: Listener,
): Promise<AsyncDisposable> {
  const { docker, spool } = line.settings;
  const { app } = order;
  await mark(docker, spool, app);
  const leftovers = { [Symbol.asyncDispose]: () => removeCheck(docker, spool, app) };
  try {
    await build(line, order, listener);
    const what = order.dockerfile === undefined ? 'run.sh' : 'its command';
    listener.heading(checkMessages.checking(what, seconds));
    await tryRun(line, order, { what, seconds }, listener);
    await ask([docker, ...checkCommands.remove(app)]); // it still runs, and a push may take long
  } catch (error) {
    await leftovers[Symbol.asyncDispose]();
    throw error;
  }
  return leftovers;
}

/** There while the app has a container or an image to check: a runner may be killed before it removes them. */
const markOf = (spool: string, app: string) => join(spool, 'checks', app);

async function mark(docker: string, spool: string, app: string): Promise<void> {
  const file = markOf(spool, app);
  if (existsSync(file)) await removeCheck(docker, spool, app);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, '');
  } catch (error) {
    throw spoolUnusable(file, error as NodeJS.ErrnoException);
  }
}

/** Ends the checks of runners that were killed. */
export async function removeDeadChecks({ docker, spool }: FactorySettings): Promise<void> {
  for (const app of await readdir(join(spool, 'checks')).catch(() => [])) {
    await using lock = await tryLock(join(spool, 'locks', app));
    if (lock !== undefined) await removeCheck(docker, spool, app);
  }
}

/** Removes the container, which may still run, and the image. */
async function removeCheck(docker: string, spool: string, app: string): Promise<void> {
  await ask([docker, ...checkCommands.remove(app)]);
  const { failure } = await ask([docker, ...checkCommands.removeImage(app)]);
  if (failure === undefined) await rm(markOf(spool, app), { force: true });
}

/**
 * The engine keeps the last one that is built, to be started. Without a cache, those of other platforms are built here,
 * too.
 */
async function build(line: Line, order: PublishOrder, listener: Listener): Promise<void> {
  const { imageOptions, noCache } = order;
  const checked = checkedPlatform(order);
  if (checked === undefined) return load(line, order, listener);
  const others = noCache ? imageOptions.platforms.filter((platform) => platform !== checked) : [];
  for (const platform of [...others, checked])
    await load(line, { ...order, imageOptions: { ...imageOptions, platforms: [platform] } }, listener);
}

/** One that needs no emulation, if the image has it; undefined: the image is for none in particular. */
function checkedPlatform({ imageOptions: { platforms } }: PublishOrder): string | undefined {
  const own = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  return platforms.includes(own) ? own : platforms[0];
}

async function load(line: Line, order: PublishOrder, listener: Listener): Promise<void> {
  const { builder, buildx, progress, settings } = line;
  const image = { ...order.image, references: [checkCommands.reference(order.app)] };
  const how = { ...order, image, cgroup: order.group?.path, progress, cache: cacheOf(line, order) };
  const command =
    buildx === undefined
      ? [settings.docker, ...commands.build(builder === 'classic' ? 'classic' : 'buildkit', how)]
      : [...buildx, ...commands.buildAndLoad(how)];
  const failure = await runBuild(line, command, order, { ...listener, pushing: async () => {} });
  if (failure !== undefined) throw await explainBuild(line, order, failure);
}

async function tryRun(
  line: Line,
  order: PublishOrder,
  { what, seconds }: { what: string; seconds: number },
  { buildOutput }: Listener,
): Promise<void> {
  const { settings, signal } = line;
  const { app, builderName } = order;
  const create = checkCommands.create(app, checkedPlatform(order), limitsOf(settings));
  const created = await run([settings.docker, ...create], { signal });
  if (created.failed) {
    const reason = lastLine(created.lines);
    if (/no command specified/i.test(reason)) throw checkMessages.noCommand();
    throw builderName === '' ? messages.dockerFailed('create', reason) : checkMessages.noEngineForCheck(reason);
  }
  const child = start([settings.docker, ...checkCommands.start(app)], {
    signal,
    killSignal: 'SIGKILL',
    dieWithParent: true,
  });
  child.stdin.end();
  const started = performance.now();
  let survived = false;
  const timer = setTimeout(() => {
    survived = true;
    child.kill('SIGKILL'); // leaves the container, which is removed then
  }, 1000 * seconds);
  const lines: OutputLine[] = [];
  const outputs = [child.stdout, child.stderr].map((output) => keepLastLines(output, lines));
  const [{ exitCode, reason }] = await Promise.all([child.ended, ...outputs]);
  clearTimeout(timer);
  signal.throwIfAborted();
  if (survived || exitCode === 0) return;
  if ((await ask([settings.docker, ...commands.serverVersion()])).failure !== undefined) throw messages.engineStopped();
  for (const { text, end } of lines) buildOutput(text, end);
  throw checkMessages.checkFailed(what, exitCode ?? reason, performance.now() - started, seconds);
}

async function keepLastLines(output: AsyncIterable<Buffer>, lines: OutputLine[]): Promise<void> {
  const splitter = new LineSplitter();
  const keep = (pieces: Iterable<OutputLine>) => {
    for (const piece of pieces) {
      lines.push(piece);
      if (lines.length > MAX_SHOWN_LINES) lines.shift();
    }
  };
  for await (const chunk of output) keep(splitter.split(chunk));
  keep(splitter.end());
}
