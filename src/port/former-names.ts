import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names that an app had before `doskara rename`, one a line. It is in the app's state, and goes with it. */
const FILE = 'former-names';

export async function addFormerName(state: string, name: string): Promise<void> {
  await appendFile(join(state, FILE), `${name}\n`, { mode: 0o600 });
}

/** The one of these repositories whose app once had a name; of several, the first. */
export async function findRenamed(repositories: readonly string[], name: string): Promise<string | undefined> {
  const had = await Promise.all(repositories.map((folder) => hadName(folder, name)));
  return repositories[had.indexOf(true)];
}

/** A repository that cannot be read does not hide the others. */
async function hadName(repository: string, name: string): Promise<boolean> {
  const names = await readFile(join(repository, 'doskara', FILE), 'utf8').catch(() => '');
  return names.split('\n').includes(name);
}
