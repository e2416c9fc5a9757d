import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../finding.ts';
import { PLAIN_IMAGE } from '../../image-options.ts';
import { takeLock } from '../../lock.ts';
import * as messages from '../messages/check.ts';
import type { Compression, FactorySettings } from '../settings.ts';
import * as commands from './commands.ts';
import type { DockerFacts } from './facts.ts';
import { isMediaTypeRefused } from './parse.ts';
import { type Answer, ask } from './run.ts';

/** App names cannot have two hyphens in a row, so this is no app's image. */
export const PROBE_APP = 'doskara--canary';
export const PROBE_TAG = 'check';

const PUSH_TIMEOUT_MS = 30_000;
/** A tar without entries is two empty blocks. */
const EMPTY_TAR = Buffer.alloc(1024);

/** What it needs to know of Docker here. */
type ProbeFacts = Pick<DockerFacts, 'buildx' | 'progress' | 'exporter'>;

/**
 * Checks whether the warehouse accepts images: pushes a tiny one as a build would, and leaves nothing on this machine.
 * `builder` is empty for the engine's own.
 */
export async function checkWarehouse(settings: FactorySettings, facts: ProbeFacts, builder = ''): Promise<Finding> {
  const { registry, spool, compression } = settings;
  const image = `${registry}/${PROBE_APP}:${PROBE_TAG}`;
  // a concurrent check would remove the image that this one pushes; an unusable spool has its own finding
  await using _lock =
    facts.exporter === 'image'
      ? undefined
      : await takeLock(join(spool, 'canary.lock'), () => {}, AbortSignal.timeout(2 * PUSH_TIMEOUT_MS)).catch(
          () => undefined,
        );
  const push = (how: Compression) => pushProbe(settings, facts, builder, image, how);
  const pushed = await push(compression);
  if (pushed.failure === undefined)
    return messages.warehouse(registry, facts.exporter === 'image' ? compression : undefined, builder);
  if (facts.exporter === 'image' && compression === 'zstd' && isMediaTypeRefused(pushed.failure)) {
    const again = await push('gzip');
    if (again.failure === undefined) return messages.warehouseWithoutZstd(registry);
  }
  return messages.warehouseRefusal(registry, image, pushed.failure, builder);
}

async function pushProbe(
  settings: FactorySettings,
  facts: ProbeFacts,
  builder: string,
  image: string,
  compression: Compression,
): Promise<Answer> {
  const { docker } = settings;
  if (facts.buildx === undefined) {
    const label = `LABEL doskara.app=${PROBE_APP}`; // for --prune, if we are killed before we remove it
    const made = await ask([docker, ...commands.importImage(label, image)], { input: EMPTY_TAR });
    if (made.failure !== undefined) return made;
  }
  const pushed =
    facts.buildx === undefined
      ? await ask([docker, ...commands.push(image)], { timeoutMs: PUSH_TIMEOUT_MS })
      : await buildProbe(facts, builder, image, compression);
  if (facts.exporter === 'moby') await ask([docker, ...commands.removeImages([image])]);
  return pushed;
}

async function buildProbe(
  { buildx = [], progress, exporter }: ProbeFacts,
  builderName: string,
  name: string,
  compression: Compression,
): Promise<Answer> {
  const context = await mkdtemp(join(tmpdir(), 'doskara-probe-')); // the first build creates the spool
  try {
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const args = commands.buildAndPush({
      context,
      image: { name, references: [name], labels: { 'doskara.app': PROBE_APP } },
      imageOptions: PLAIN_IMAGE,
      noCache: false,
      cgroup: undefined, // it has no RUN
      exporter,
      progress,
      builderName,
      cache: undefined,
      compression,
      metadataFile: join(context, 'metadata.json'),
    });
    return await ask([...buildx, ...args], { timeoutMs: PUSH_TIMEOUT_MS });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
