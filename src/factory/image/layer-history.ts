import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseList } from '../../json.ts';
import { replaceFile } from '../../replace-file.ts';
import * as messages from '../messages/disk.ts';
import type { PastBuild } from './layers.ts';

const fileOf = (spool: string, app: string) => join(spool, 'layers', `${app}.json`);

/**
 * How the latest builds of an app were split into layers, newest first. Read and write it under the app's lock. Damaged
 * entries are ignored: only the duration of builds depends on them.
 */
export async function readLayerHistory(spool: string, app: string): Promise<PastBuild[]> {
  return parseList(await readFile(fileOf(spool, app), 'utf8').catch(() => ''), isPastBuild);
}

function isPastBuild(build: unknown): build is PastBuild {
  const { commit, folders } = { ...(build as Partial<PastBuild> | null) };
  return typeof commit === 'string' && isObject(folders) && Object.values(folders).every(isLayer);
}

function isLayer(layer: unknown): boolean {
  const { digest, mtime } = { ...(layer as { digest?: unknown; mtime?: unknown } | null) };
  return typeof digest === 'string' && Number.isSafeInteger(mtime);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export async function writeLayerHistory(spool: string, app: string, history: readonly PastBuild[]): Promise<void> {
  const file = fileOf(spool, app);
  try {
    await mkdir(join(spool, 'layers'), { recursive: true, mode: 0o700 });
    await replaceFile(file, JSON.stringify(history));
  } catch (error) {
    throw messages.spoolUnusable(file, error as NodeJS.ErrnoException);
  }
}
