import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRecord } from '../build-record.ts';
import { configLocked } from '../messages/repository.ts';
import * as messages from '../messages.ts';
import type { Repository } from '../repository.ts';

const NOTES = 'refs/notes/builds';

/**
 * Makes a build known to whoever can fetch: a line in the git note of its commit, and `refs/built/<branch>` where it
 * was built. Git ignores a post-receive hook's exit status, so this is what scripts read. To be called in the lock:
 * of two `git notes` at once one would be lost.
 */
export async function publishVerdict({ git, settings }: Repository, record: BuildRecord): Promise<void> {
  const author = ['-c', 'user.name=Doskara', '-c', 'user.email=doskara@localhost'];
  const note = git(...author, 'notes', `--ref=${NOTES}`, 'append', '-m', messages.note(record), record.commit);
  const built = record.outcome === 'built' ? git('update-ref', builtRef(settings.branch), record.commit) : undefined;
  await Promise.all([note, built]);
}

function builtRef(branch: string): string {
  return `refs/built/${branch}`;
}

/**
 * What every repository's configuration needs: nobody can push to our refs, nor to refs/replace, by which one commit
 * passes for another; no git follows those that are there; and pushers can give options. A line that we can't read is
 * no harm: git takes ours besides.
 */
const CONFIG: readonly { section: string; key: RegExp; line: string }[] = [
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/built"?\s*$/im, line: 'hideRefs = refs/built' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/notes\/builds"?\s*$/im, line: 'hideRefs = refs/notes/builds' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/replace"?\s*$/im, line: 'hideRefs = refs/replace' },
  { section: 'receive', key: /^\s*advertisepushoptions\b/im, line: 'advertisePushOptions = true' },
  { section: 'core', key: /^\s*usereplacerefs\s*=\s*"?false"?\s*$/im, line: 'useReplaceRefs = false' },
];

/** What of it is missing in the text of a configuration, as it stands in one; empty: nothing. */
export function missingConfig(text: string): string {
  const missing = CONFIG.filter(({ section, key }) => !key.test(sectionOf(text, section)));
  return [...new Set(missing.map(({ section }) => section))]
    .map((section) => {
      const lines = missing.filter((each) => each.section === section).map(({ line }) => `\t${line}\n`);
      return `[${section}]\n${lines.join('')}`;
    })
    .join('');
}

/**
 * Adds what is missing to a repository's configuration, all at once and by git's own protocol (config.lock, then
 * rename): `git config` would take a process for each value, thousands for a thousand repositories.
 */
export async function configureReceive(repository: string): Promise<void> {
  const file = await realpath(join(repository, 'config'));
  const text = await readFile(file, 'utf8');
  const missing = missingConfig(text);
  if (missing === '') return;
  const lock = `${file}.lock`;
  const { mode } = await stat(file);
  await using handle = await open(lock, 'wx', mode & 0o777).catch((error: NodeJS.ErrnoException) => {
    throw configLocked(file, lock, error);
  });
  try {
    await handle.writeFile(`${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${missing}`);
    await handle.sync();
    await rename(lock, file);
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

/** All that stands under one heading, which may come more than once. */
function sectionOf(text: string, name: string): string {
  const sections = text.split(/^\s*\[/m).map((section) => section.split(']'));
  return sections.flatMap(([title, ...rest]) => (title?.toLowerCase() === name ? rest.join(']') : [])).join('\n');
}
