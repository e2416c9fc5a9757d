import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** For so long, a builder that did not answer is asked last. */
const PASSED_OVER_MS = 60_000;

/** A file per builder, modified when it last failed to answer. Its content does not matter. */
const fileOf = (spool: string, builder: string) => join(spool, 'silent-builders', builder);

export async function wasSilent(spool: string, builder: string): Promise<boolean> {
  return stat(fileOf(spool, builder)).then(
    ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs) < PASSED_OVER_MS,
    () => false,
  );
}

/** If this fails, the builder is only asked more often. */
export async function noteSilent(spool: string, builder: string): Promise<void> {
  const file = fileOf(spool, builder);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    .then(() => writeFile(file, ''))
    .catch(() => {});
}

export async function noteAnswer(spool: string, builder: string): Promise<void> {
  await rm(fileOf(spool, builder), { force: true }).catch(() => {});
}
