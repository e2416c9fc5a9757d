import { LATEST } from '../image-tag.ts';
import * as commands from './docker/commands.ts';
import { readDockerFacts } from './docker/facts.ts';
import { isDenied, isGone, lastLine } from './docker/parse.ts';
import { run } from './docker/run.ts';
import { planImage } from './image/tags-and-labels.ts';
import { latestUnknown } from './messages/docker.ts';
import type { Output } from './output.ts';
import type { FactorySettings } from './settings.ts';

export interface LatestJob {
  app: string;
  /** undefined: latest. */
  tag: string | undefined;
  settings: FactorySettings;
  output: Output;
  signal: AbortSignal;
}

/** Reports which image the warehouse has as an app's latest, or under another tag, as an event. */
export async function reportLatest({ app, tag = LATEST, settings, output, signal }: LatestJob): Promise<void> {
  const { name } = planImage(settings.registry, app, undefined, 0);
  const digest = await readRemoteDigest(settings, `${name}:${tag}`, signal);
  output.event({ event: 'latest', image: name, digest: digest ?? null });
}

/** undefined if the warehouse does not have the image. Rejects with exit code 4 if that cannot be known. */
async function readRemoteDigest(
  settings: FactorySettings,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { buildx } = await readDockerFacts(settings);
  if (buildx !== undefined) {
    const { failed, lines } = await run([...buildx, ...commands.inspectRemote(reference)], { signal });
    if (!failed) return digestIn(lines.join('\n'));
    if (!/HTTP response to HTTPS client|x509/i.test(lastLine(lines))) return noDigest(reference, lines);
  }
  const { failed, lines } = await run([settings.docker, ...commands.pullAloud(reference)], { signal });
  if (failed) return noDigest(reference, lines);
  return lines.map((line) => /^Digest: (sha256:[0-9a-f]{64})$/.exec(line.trim())?.[1]).find(Boolean);
}

/** `lines`: what docker said instead, which may be about itself. */
function noDigest(reference: string, lines: readonly string[]): undefined {
  const reason = lastLine(lines);
  if (!isGone(reason) || isDenied(reason)) throw latestUnknown(reference, reason);
}

/** The first one: an index lists those of its manifests below. Docker may print a warning before the JSON. */
function digestIn(output: string): string | undefined {
  return /"digest": *"(sha256:[0-9a-f]{64})"/.exec(output)?.[1];
}
