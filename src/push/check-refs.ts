import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, warning } from '../finding.ts';
import type { Repository } from '../port/repository.ts';
import { missingConfig } from '../port/verdict.ts';

/** What in a repository makes git show something else than what was pushed, or lets pushers bring such a thing in. */
export async function checkRefs(repository: Repository): Promise<Finding[]> {
  const found = await Promise.all([checkConfig(repository), checkReplaced(repository), ...checkFiles(repository)]);
  return found.filter((finding) => finding !== undefined);
}

async function checkConfig({ path }: Repository): Promise<Finding | undefined> {
  if (missingConfig(await readFile(join(path, 'config'), 'utf8')) === '') return undefined;
  return warning(
    "its configuration lacks some of Doskara's lines: pushers can write refs/built or refs/replace",
    `doskara hook install ${path}`,
  );
}

async function checkReplaced({ git, path }: Repository): Promise<Finding | undefined> {
  const refs = (await git('for-each-ref', '--format=%(refname)', 'refs/replace')).split('\n').filter(Boolean);
  const [first] = refs;
  if (first === undefined) return undefined;
  const others = refs.length === 1 ? '' : ` (and ${refs.length - 1} more)`;
  return warning(
    `${first}${others} shows another object in place of one: Doskara does not follow it, other gits may`,
    `git -C ${path} for-each-ref --format='delete %(refname)' refs/replace | git -C ${path} update-ref --stdin`,
  );
}

/** https://git-scm.com/docs/gitrepository-layout */
const FILES: readonly [file: string, says: string, mend: (path: string) => string][] = [
  [
    'info/grafts',
    'gives commits other parents: Doskara does not follow it, other gits may',
    (path) => `rm ${join(path, 'info/grafts')}`,
  ],
  [
    'shallow',
    'cuts the history short: the app can be built, but not be destroyed with a bundle',
    (path) => `git -C ${path} fetch --unshallow URL, from a repository that has it all`,
  ],
];

function checkFiles({ path }: Repository): Promise<Finding | undefined>[] {
  return FILES.map(async ([file, says, mend]) => {
    const size = await stat(join(path, file)).then(
      (stats) => stats.size,
      () => 0,
    );
    return size === 0 ? undefined : warning(`its file ${file} ${says}`, mend(path));
  });
}
