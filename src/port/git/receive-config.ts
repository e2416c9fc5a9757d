import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { configLocked } from '../messages/repository.ts';

/**
 * What every repository's configuration needs: nobody can push to our refs or to refs/replace, no git follows
 * replacements that are there, git checks what is pushed, and pushers can give options. If a line is there in a form that
 * this does not recognize, a second one does no harm.
 */
const CONFIG: readonly { section: string; key: RegExp; line: string }[] = [
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/built"?\s*$/im, line: 'hideRefs = refs/built' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/deployed"?\s*$/im, line: 'hideRefs = refs/deployed' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/promoted"?\s*$/im, line: 'hideRefs = refs/promoted' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/notes\/builds"?\s*$/im, line: 'hideRefs = refs/notes/builds' },
  { section: 'receive', key: /^\s*hiderefs\s*=\s*"?refs\/replace"?\s*$/im, line: 'hideRefs = refs/replace' },
  { section: 'receive', key: /^\s*fsckobjects\b/im, line: 'fsckObjects = true' },
  { section: 'receive', key: /^\s*advertisepushoptions\b/im, line: 'advertisePushOptions = true' },
  // without it, git explains at length how to configure this machine, which no pusher can do
  { section: 'receive', key: /^\s*denydeletecurrent\b/im, line: 'denyDeleteCurrent = refuse' },
  { section: 'core', key: /^\s*usereplacerefs\s*=\s*"?false"?\s*$/im, line: 'useReplaceRefs = false' },
];

/** By this comment `doskara hook remove` knows the lines that are ours. */
const MARK = ' # doskara';

/** The missing lines, in the form of a config file; empty if none is missing. */
export function missingConfig(text: string): string {
  const missing = CONFIG.filter(({ section, key }) => !key.test(sectionOf(text.replaceAll(MARK, ''), section)));
  return [...new Set(missing.map(({ section }) => section))]
    .map((section) => {
      const lines = missing.filter((each) => each.section === section).map(({ line }) => `\t${line}${MARK}\n`);
      return `[${section}]\n${lines.join('')}`;
    })
    .join('');
}

/** The lines of a section, which may occur more than once. */
function sectionOf(text: string, name: string): string {
  const sections = text.split(/^\s*\[/m).map((section) => section.split(']'));
  return sections.flatMap(([title, ...rest]) => (title?.toLowerCase() === name ? rest.join(']') : [])).join('\n');
}

/** A configuration without the lines that were added to it, and without the sections that this leaves empty. */
export function withoutOurConfig(text: string): string {
  const lines = text.split('\n').filter((line) => !line.endsWith(MARK));
  const isEmptySection = (line: string, next: string | undefined) =>
    /^\[(?:receive|core)\]$/.test(line) && (next === undefined || next === '' || next.startsWith('['));
  return text === lines.join('\n') ? text : lines.filter((line, i) => !isEmptySection(line, lines[i + 1])).join('\n');
}

/** Adds the missing lines to a repository's configuration. */
export function configureReceive(repository: string): Promise<void> {
  return editConfig(repository, (text) => {
    const missing = missingConfig(text);
    return missing === '' ? text : `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${missing}`;
  });
}

/** Removes the lines that configureReceive has added. */
export function restoreReceive(repository: string): Promise<void> {
  return editConfig(repository, withoutOurConfig);
}

/**
 * Changes a repository's configuration at once, by git's own protocol (config.lock, then rename): `git config` takes a
 * process per value, five thousand for a thousand repositories.
 */
async function editConfig(repository: string, edit: (text: string) => string): Promise<void> {
  const file = await realpath(join(repository, 'config'));
  const text = await readFile(file, 'utf8');
  const edited = edit(text);
  if (edited === text) return;
  const lock = `${file}.lock`;
  const { mode } = await stat(file);
  await using handle = await open(lock, 'wx', mode & 0o777).catch((error: NodeJS.ErrnoException) => {
    throw configLocked(file, lock, error);
  });
  try {
    await handle.writeFile(edited);
    await handle.sync();
    await rename(lock, file);
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}
