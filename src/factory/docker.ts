import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trouble } from '../errors.ts';
import { runProgram } from '../program.ts';
import { type DockerFacts, readDockerFacts } from './docker-facts.ts';
import {
  type BuildOrder,
  buildEnvironment,
  buildWords,
  failedStatus,
  isWorthRetrying,
  makeBuildReader,
  pushedDigest,
  wasCached,
} from './docker-words.ts';
import type { FactorySettings } from './settings.ts';
import * as words from './words.ts';

/** Lines that are kept to explain a failure. */
const KEPT = 200;

/** Milliseconds before the second and the third try to push. */
const PAUSES = [1000, 4000];

/** The docker CLI, the one door to engine and registry. */
export interface Docker extends DockerFacts {
  /** Builds an image; `onLine` gets build.sh's output. Rejects with exit code 1 if build.sh failed, 4 if docker did. */
  build(app: string, order: Omit<BuildOrder, 'builder' | 'builderName'>, onLine: (line: string) => void): Promise<void>;
  /**
   * Pushes one reference and returns the digest that the registry has for it; tries again where that can help, which
   * `onRetry` is told. Rejects with exit code 5.
   */
  push(reference: string, onRetry: (text: string) => void): Promise<string>;
  /** A small question or order; resolves with what docker prints, or undefined where it fails. */
  ask(args: string[]): Promise<string | undefined>;
}

/** Finds out what the CLI can do; `signal` ends whatever it runs later. Rejects with exit code 4 without a CLI. */
export async function openDocker(settings: FactorySettings, signal: AbortSignal): Promise<Docker> {
  const run = makeRun(settings.docker, signal);
  const ask = async (args: string[]) => {
    const { status, stdout } = await runProgram(settings.docker, args);
    return status === 0 ? stdout.trim() : undefined;
  };
  const { clientVersion, builder, dataRoot } = await readDockerFacts(settings);
  return {
    builder,
    clientVersion,
    dataRoot,
    ask,
    async build(app, order, onLine) {
      const read = makeBuildReader(builder);
      let silent = true;
      const args = buildWords({ ...order, builder, builderName: settings.builder });
      const { failed, lines } = await run(args, buildEnvironment(builder), (line) => {
        const output = read(line);
        if (output === undefined) return;
        silent = false;
        onLine(output);
      });
      if (failed) throw explainBuild(app, lines);
      if (silent && wasCached(lines)) onLine(words.cached());
    },
    async push(reference, onRetry) {
      for (const pause of [...PAUSES, undefined]) {
        const { failed, lines } = await run(['push', reference], {}, () => {});
        const digest = pushedDigest(lines);
        if (!failed && digest !== undefined) return digest;
        const reason = lastLine(lines);
        if (pause === undefined || !isWorthRetrying(reason))
          throw words.warehouseRefused(reference, settings.registry, reason);
        onRetry(words.pushingAgain(reason, pause));
        await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
      throw new Error('unreachable');
    },
  };
}

interface Ended {
  failed: boolean;
  /** The last lines of its output. */
  lines: string[];
}

/** Milliseconds that docker gets to end by itself when it is told to. */
const GRACE = 5000;

/** Runs docker to its end, or until the signal. If we are killed, the kernel kills it, and the engine stops its work. */
function makeRun(docker: string, signal: AbortSignal) {
  return async (args: string[], env: Record<string, string>, onLine: (line: string) => void): Promise<Ended> => {
    signal.throwIfAborted();
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', docker, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = () => {
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
    };
    signal.addEventListener('abort', stop);
    const lines: string[] = [];
    const add = (line: string) => {
      onLine(line);
      lines.push(line);
      if (lines.length > 2 * KEPT) lines.splice(0, KEPT);
    };
    const outputs = [child.stdout, child.stderr].map((output) => eachLine(output, add));
    const [[status, killer]] = await Promise.all([once(child, 'close'), ...outputs]);
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    if (killer !== null) lines.push(words.dockerKilled(killer));
    return { failed: status !== 0, lines };
  };
}

async function eachLine(output: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  for await (const text of output.setEncoding('utf8')) {
    const lines = `${rest}${text}`.split(/\r?\n/);
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  }
  if (rest !== '') onLine(rest);
}

function explainBuild(app: string, lines: readonly string[]): Trouble {
  const status = failedStatus(lines);
  if (status !== undefined) return words.buildFailed(app, status);
  const reason = lastLine(lines);
  return /no space left on device/i.test(reason) ? words.diskFull() : words.dockerFailed('build', reason);
}

function lastLine(lines: readonly string[]): string {
  const line = lines.findLast((text) => text.trim() !== '') ?? 'it said nothing';
  return line.replace(/^ERROR: |^error: /, '');
}
