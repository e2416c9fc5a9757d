import { exec } from '../../exec.ts';
import { tryLock } from '../../lock.ts';
import { lastLine } from '../docker/parse.ts';
import { stream } from '../docker/run.ts';
import * as messages from '../messages/warehouse.ts';
import type { Output } from '../output.ts';
import { asOwner, ownRegistry, type Registry, type RegistryPlace, readOnly, readPlace } from './registry-service.ts';
import { readUsedBlobs } from './stored-blobs.ts';

/** Pushes wait meanwhile. */
const COLLECT_TIMEOUT_MS = 3600 * 1000;

/** `build.sh --collect-garbage`, as root: for the registry that ./install.sh set up on this machine. */
export async function collectOwnGarbage(output: Output): Promise<void> {
  if (process.getuid?.() !== 0) throw messages.collectNeedsRoot();
  const registry = await ownRegistry();
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => ending.abort(messages.collectEnded(name)));
  setTimeout(() => ending.abort(messages.collectTooLong()), COLLECT_TIMEOUT_MS).unref();
  await collectGarbage(registry, ending.signal, output);
}

/**
 * Frees the bytes of removed images: the registry's own collection deletes the blobs that nothing uses. First it only
 * tells which, and if a used one is among them, nothing is deleted. Never with `--delete-untagged`, which takes the
 * images of an index for unused: https://github.com/distribution/distribution/issues/3178
 * Rejects with exit code 5; on every way out the registry takes images again.
 */
export async function collectGarbage(registry: Registry, signal: AbortSignal, output: Output): Promise<void> {
  await using lock = await tryLock(registry.configFile);
  if (lock === undefined) return output.raw(messages.collectRuns());
  const place = await readPlace(registry.configFile);
  const before = await usedBytes(place);
  {
    await using _ = await readOnly(registry, place);
    const eligible = parseDryRun(await collect(registry, place, ['--dry-run'], signal));
    if (eligible === undefined) throw messages.dryRunUnclear();
    const used = await readUsedBlobs(place.storage);
    const wrong = eligible.filter((digest) => used.has(digest));
    if (wrong.length > 0) throw messages.dryRunWrong(wrong);
    if (eligible.length > 0) await collect(registry, place, [], signal);
  }
  output.raw(messages.collected(before, await usedBytes(place)));
}

async function collect(
  { configFile }: Registry,
  place: RegistryPlace,
  options: string[],
  signal: AbortSignal,
): Promise<string[]> {
  const lines: string[] = [];
  const command = asOwner(place, ['docker-registry', 'garbage-collect', ...options, configFile]);
  const failed = await stream(command, { signal, onLine: (line) => isWorthKeeping(line) && lines.push(line) });
  if (failed) throw messages.collectFailed(lastLine(lines));
  return lines;
}

/** A line for each blob of each image would be much. */
const isWorthKeeping = (line: string) => !/: marking (?:manifest|blob) /.test(line);

/**
 * The blobs that a dry run would delete; undefined if it does not say so as we know it, or would delete manifests.
 * https://github.com/distribution/distribution/blob/v2.8.2/registry/storage/garbagecollect.go
 */
export function parseDryRun(lines: readonly string[]): string[] | undefined {
  const found = lines.map((line) => /^(\d+) blobs marked, (\d+) blobs and (\d+) manifests eligible/.exec(line));
  const [, , blobs, manifests] = found.findLast((match) => match !== null) ?? [];
  const eligible = lines.flatMap((line) => /^blob eligible for deletion: (sha256:[0-9a-f]{64})$/.exec(line)?.[1] ?? []);
  return manifests === '0' && Number(blobs) === eligible.length ? eligible : undefined;
}

async function usedBytes({ storage }: RegistryPlace): Promise<number> {
  const { stdout } = await exec(['du', '--summarize', '--block-size=1', '--', storage]);
  return Number.parseInt(stdout, 10);
}
