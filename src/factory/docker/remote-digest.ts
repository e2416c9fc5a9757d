import type { FactorySettings } from '../settings.ts';
import * as commands from './commands.ts';
import { readDockerFacts } from './facts.ts';
import { lastLine } from './parse.ts';
import { run } from './run.ts';

/** Which image the warehouse has under a reference; undefined where it has none. Rejects with exit code 4 without a CLI. */
export async function readRemoteDigest(
  settings: FactorySettings,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { buildx } = await readDockerFacts(settings);
  if (buildx !== undefined) {
    const { failed, lines } = await run([...buildx, ...commands.inspectRemote(reference)], { signal });
    if (!failed) return digestIn(lines.join('\n'));
    if (!/HTTP response to HTTPS client|x509/i.test(lastLine(lines))) return undefined;
  }
  const { lines } = await run([settings.docker, ...commands.pullAloud(reference)], { signal });
  return lines.map((line) => /^Digest: (sha256:[0-9a-f]{64})$/.exec(line.trim())?.[1]).find(Boolean);
}

/** An index has those of its manifests, too, further down; a warning of docker may stand before. */
function digestIn(output: string): string | undefined {
  return /"digest": *"(sha256:[0-9a-f]{64})"/.exec(output)?.[1];
}
