import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { error, type Finding, ok, warning } from '../../finding.ts';
import { takeLock } from '../../lock.ts';
import * as messages from '../messages.ts';
import type { Compression, FactorySettings } from '../settings.ts';
import * as commands from './commands.ts';
import { askDocker, type DockerFacts } from './facts.ts';
import { isMediaTypeRefused } from './parse.ts';
import { type Answer, ask } from './run.ts';

/** No app can have this name, for its two hyphens, so no app's image is in the way. */
export const PROBE_APP = 'doskara--canary';

const PUSH_TIMEOUT_MS = 30_000;
/** A tar without entries is two empty blocks. */
const EMPTY_TAR = Buffer.alloc(1024);

/**
 * Whether the warehouse takes images: it is given the smallest one that there is, in the way that builds go. Here
 * nothing is left of it.
 */
export async function checkWarehouse(settings: FactorySettings): Promise<Finding> {
  const { registry, spool, compression } = settings;
  const facts = await askDocker(settings);
  const image = `${registry}/${PROBE_APP}:check`;
  // of two checks at once, one would else remove what the other pushes; a spool that is unusable has its own finding
  await using _lock = await takeLock(
    join(spool, 'canary.lock'),
    () => {},
    AbortSignal.timeout(2 * PUSH_TIMEOUT_MS),
  ).catch(() => undefined);
  const pushed = await pushProbe(settings, facts, image, compression);
  if (pushed.failure === undefined)
    return ok('warehouse', `warehouse ${registry} takes images${described(facts, compression)}`);
  if (facts.exporter === 'image' && compression === 'zstd' && isMediaTypeRefused(pushed.failure)) {
    const again = await pushProbe(settings, facts, image, 'gzip');
    if (again.failure === undefined)
      return warning('warehouse', 'zstd-refused', messages.zstdRefused(registry), messages.USE_GZIP);
  }
  return error(
    'warehouse',
    'warehouse-refused',
    `the warehouse ${registry} took no image: ${pushed.failure}`,
    messages.warehouseHint(registry, pushed.failure, `docker pull ${image}`),
  );
}

function described({ exporter }: DockerFacts, compression: Compression): string {
  return exporter === 'image' ? `, with layers compressed by ${compression}` : '';
}

async function pushProbe(
  settings: FactorySettings,
  facts: DockerFacts,
  image: string,
  compression: Compression,
): Promise<Answer> {
  const { docker } = settings;
  if (facts.buildx === undefined) {
    const label = `LABEL doskara.app=${PROBE_APP}`; // --prune finds it, should we die here
    const made = await ask([docker, ...commands.importImage(label, image)], { input: EMPTY_TAR });
    if (made.failure !== undefined) return made;
  }
  const pushed =
    facts.buildx === undefined
      ? await ask([docker, ...commands.push(image)], { timeoutMs: PUSH_TIMEOUT_MS })
      : await buildProbe(settings, facts, image, compression);
  if (facts.exporter === 'moby') await ask([docker, ...commands.removeImages([image])]);
  return pushed;
}

async function buildProbe(
  { builder }: FactorySettings,
  { buildx = [], progress, exporter }: DockerFacts,
  name: string,
  compression: Compression,
): Promise<Answer> {
  const context = await mkdtemp(join(tmpdir(), 'doskara-probe-')); // the spool is made by the first build
  try {
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const args = commands.buildAndPush({
      context,
      image: { name, references: [name], labels: { 'doskara.app': PROBE_APP } },
      noCache: false,
      cgroup: undefined, // it runs nothing
      exporter,
      progress,
      builderName: builder,
      compression,
      metadataFile: join(context, 'metadata.json'),
    });
    return await ask([...buildx, ...args], { timeoutMs: PUSH_TIMEOUT_MS });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
