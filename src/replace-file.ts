import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file whole or not at all: a temporary file beside it is synced to disk and renamed over it. `temporary` names
 * that file, for callers who look for what a killed process left behind. Rejects with the system's error.
 */
export async function replaceFile(
  file: string,
  content: string | Buffer,
  temporary = temporaryName(file),
): Promise<void> {
  await writeAndPlace(temporary, content, () => rename(temporary, file));
}

/** The same for a file that must not exist yet. Resolves to false if it does. */
export async function createFile(file: string, content: string, temporary = temporaryName(file)): Promise<boolean> {
  try {
    await writeAndPlace(temporary, content, () => link(temporary, file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function writeAndPlace(temporary: string, content: string | Buffer, place: () => Promise<void>): Promise<void> {
  try {
    {
      await using handle = await open(temporary, 'wx', 0o600);
      await handle.writeFile(content);
      await handle.sync();
    }
    await place();
  } finally {
    await rm(temporary, { force: true });
  }
}

const temporaryName = (file: string) => join(dirname(file), `.${basename(file)}.${randomUUID()}`);
