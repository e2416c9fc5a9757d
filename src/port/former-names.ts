import { appendFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Names that an app had before `doskara rename`, one a line. It is in the app's state, and goes with it. */
const FILE = 'former-names';

export async function addFormerName(state: string, name: string): Promise<void> {
  await appendFile(join(state, FILE), `${name}\n`, { mode: 0o600 });
}

/** The app of these repositories that once had a name; of several, the first. */
export async function findRenamed(repositories: readonly string[], name: string): Promise<string | undefined> {
  const had = await Promise.all(repositories.map((folder) => hadName(folder, name)));
  const folder = repositories[had.indexOf(true)];
  return folder === undefined ? undefined : basename(folder, '.git');
}

/** A repository that cannot be read does not hide the others. */
async function hadName(repository: string, name: string): Promise<boolean> {
  const names = await readFile(join(repository, 'doskara', FILE), 'utf8').catch(() => '');
  return names.split('\n').includes(name);
}
