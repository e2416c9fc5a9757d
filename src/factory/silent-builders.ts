import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** For so long a builder that did not answer is asked only where no other one answers. */
const PASSED_OVER_MS = 60_000;

/** A file for each builder, as old as the last time that it did not answer. What it contains does not matter. */
const fileOf = (spool: string, builder: string) => join(spool, 'silent-builders', builder);

export async function wasSilent(spool: string, builder: string): Promise<boolean> {
  return stat(fileOf(spool, builder)).then(
    ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs) < PASSED_OVER_MS,
    () => false,
  );
}

/** It is only asked more often if this fails. */
export async function noteSilent(spool: string, builder: string): Promise<void> {
  const file = fileOf(spool, builder);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    .then(() => writeFile(file, ''))
    .catch(() => {});
}

export async function noteAnswer(spool: string, builder: string): Promise<void> {
  await rm(fileOf(spool, builder), { force: true }).catch(() => {});
}
