import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extractParts } from '../archive/extract-parts.ts';
import type { ReceivedArchive } from '../archive/receive.ts';
import { readLayerHistory, writeLayerHistory } from './layer-history.ts';
import { type Layer, planLayers } from './layers.ts';

/** How an app's checked archive comes into its build context. */
export interface ContextFiles {
  /** Names of the tars in the context, in the order of their layers. */
  tars: string[];
  /** Bytes that the build takes until it ends: docker keeps an app in its context and in the image. */
  needed: number;
  /** Moves the archive into the context, as it is or cut into layers. */
  fill(context: string): Promise<void>;
}

/**
 * Decides on the layers of an app; call it under the app's lock. `archive`: the checked one. `reproducible`: as if the
 * app had never been built, since no other factory knows of the builds here.
 */
export async function planContextFiles(
  archive: string,
  { parts, commit, commitTime, unpacked }: ReceivedArchive,
  spool: string,
  app: string,
  reproducible: boolean,
): Promise<ContextFiles> {
  const before = reproducible ? [] : await readLayerHistory(spool, app);
  const { layers, history } = planLayers(parts, commit, commitTime, before);
  if (layers.length === 0)
    return {
      tars: ['app.tar'],
      needed: 2 * unpacked,
      async fill(context) {
        if (history.length > 0) await writeLayerHistory(spool, app, history);
        await rename(archive, join(context, 'app.tar'));
      },
    };
  return {
    tars: layers.map(({ file }) => file),
    needed: 3 * unpacked, // the archive stays until it is cut
    async fill(context) {
      await writeLayerHistory(spool, app, history);
      await cut(archive, layers, context);
    },
  };
}

async function cut(archive: string, layers: readonly Layer[], context: string): Promise<void> {
  const source = await open(archive);
  try {
    for (const { file, parts, mtime } of layers) await extractParts(source, parts, mtime, join(context, file));
  } finally {
    await source.close();
  }
  await rm(archive);
}
