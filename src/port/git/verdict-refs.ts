import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRecord } from '../build-record.ts';
import * as messages from '../messages/build.ts';
import { configLocked } from '../messages/repository.ts';
import type { Repository } from '../repository.ts';

const NOTES = 'refs/notes/builds';

/**
 * Sets `refs/built/<branch>` to a commit that was built. Scripts read it, since git ignores the exit code of post-receive.
 * Hold the app's lock.
 */
export async function publishBuilt({ git, settings }: Repository, { commit }: BuildRecord): Promise<void> {
  await git('update-ref', `refs/built/${settings.branch}`, commit);
}

/**
 * Adds a line to the note of the commit, once `doskara.afterBuild` has ended, and sets `refs/deployed/<branch>` if that
 * succeeded. Hold the app's lock: of two concurrent `git notes` one is lost.
 */
export async function publishEnd({ git, settings }: Repository, record: BuildRecord): Promise<void> {
  const { outcome, commit, afterBuild } = record;
  const author = ['-c', 'user.name=Doskara', '-c', 'user.email=doskara@localhost'];
  const note = git(...author, 'notes', `--ref=${NOTES}`, 'append', '-m', messages.note(record), commit);
  const isDeployed = outcome === 'built' && afterBuild?.exitCode === 0;
  await Promise.all([note, isDeployed && git('update-ref', `refs/deployed/${settings.branch}`, commit)]);
}

/**
 * What every repository's configuration needs: nobody can push to our refs or to refs/replace, no git follows
 * replacements that are there, and pushers can give options. If a line is there in a form that this does not recognize,
 * a second one does no harm.
 */
const CONFIG: readonly { section: string; key: RegExp; line: string }[] = [
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/built"?\s*$/im, line: 'hideRefs = refs/built' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/deployed"?\s*$/im, line: 'hideRefs = refs/deployed' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/notes\/builds"?\s*$/im, line: 'hideRefs = refs/notes/builds' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/replace"?\s*$/im, line: 'hideRefs = refs/replace' },
  { section: 'receive', key: /^\s*advertisepushoptions\b/im, line: 'advertisePushOptions = true' },
  // without it, git explains at length how to configure this machine, which no pusher can do
  { section: 'receive', key: /^\s*denydeletecurrent\b/im, line: 'denyDeleteCurrent = refuse' },
  { section: 'core', key: /^\s*usereplacerefs\s*=\s*"?false"?\s*$/im, line: 'useReplaceRefs = false' },
];

/** The missing lines, in the form of a config file; empty if none is missing. */
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
 * Adds the missing lines to a repository's configuration at once, by git's own protocol (config.lock, then rename):
 * `git config` takes a process per value, five thousand for a thousand repositories.
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

/** The lines of a section, which may occur more than once. */
function sectionOf(text: string, name: string): string {
  const sections = text.split(/^\s*\[/m).map((section) => section.split(']'));
  return sections.flatMap(([title, ...rest]) => (title?.toLowerCase() === name ? rest.join(']') : [])).join('\n');
}
