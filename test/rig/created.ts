import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of each kind of app the first repository, before anything was pushed to it. */
const pristine = new Map<string, Promise<string>>();

/**
 * Makes a repository as `create`, which is `doskara create`, makes it: the first of its kind by it, all others as copies,
 * which take a tenth of the CPU time.
 */
export async function makeRepository(repository: string, kind: string, create: () => Promise<unknown>): Promise<void> {
  const first = pristine.get(kind);
  if (first === undefined) {
    const copied = create().then(() => copyOf(repository));
    pristine.set(kind, copied);
    await copied.catch((error: unknown) => {
      pristine.delete(kind);
      throw error;
    });
    return;
  }
  copy(await first, repository);
  writeFileSync(join(repository, 'doskara/cache-id'), `${randomBytes(16).toString('hex')}\n`);
}

function copyOf(repository: string): string {
  if (!existsSync(repository)) throw new Error(`doskara create did not create ${repository}`);
  const folder = mkdtempSync(join(tmpdir(), 'doskara-created-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  copy(repository, join(folder, 'app.git'));
  return join(folder, 'app.git');
}

function copy(from: string, to: string): void {
  execFileSync('cp', ['--archive', '--no-target-directory', from, to]); // keeps the modes of folders
}
