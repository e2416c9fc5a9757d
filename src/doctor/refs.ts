import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../errors.ts';
import { type Finding, warning } from '../finding.ts';
import { openLongGit } from '../port/git/git.ts';
import { resolveRef } from '../port/git/symbolic-refs.ts';
import { missingConfig } from '../port/git/verdict-refs.ts';
import type { Repository } from '../port/repository.ts';
import { escaped } from '../printable.ts';

/** Checks for what makes git show something other than what was pushed, or lets pushers add such refs. */
export async function checkRefs(repository: Repository): Promise<Finding[]> {
  const found = await Promise.all([
    checkConfig(repository),
    checkReplaced(repository),
    ...checkFiles(repository),
    checkAliases(repository),
    ...checkVerdicts(repository),
  ]);
  return found.filter((finding) => finding !== undefined);
}

async function checkConfig({ path }: Repository): Promise<Finding | undefined> {
  if (missingConfig(await readFile(join(path, 'config'), 'utf8')) === '') return undefined;
  return warning(
    'refs',
    'refs-open',
    "its configuration lacks some of Doskara's lines: pushers can write refs/built or refs/replace",
    [command('hook', 'install', path)],
  );
}

async function checkReplaced({ git, path }: Repository): Promise<Finding | undefined> {
  const refs = (await git('for-each-ref', '--count=100000', '--format=%(refname)', 'refs/replace'))
    .split('\n')
    .filter(Boolean);
  const [first] = refs;
  if (first === undefined) return undefined;
  const others = refs.length === 1 ? '' : ` (and ${refs.length - 1} more)`;
  return warning(
    'refs',
    'refs-replaced',
    `${first}${others} shows another object in place of one: Doskara does not follow it, other gits may`,
    `git -C ${path} for-each-ref --format='delete %(refname)' refs/replace | git -C ${path} update-ref --stdin`,
  );
}

/** https://git-scm.com/docs/gitrepository-layout */
const FILES: readonly [file: string, says: string, fix: (path: string) => string][] = [
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
  return FILES.map(async ([file, says, fix]) => {
    const size = await stat(join(path, file)).then(
      (stats) => stats.size,
      () => 0,
    );
    return size === 0 ? undefined : warning('refs', 'refs-file', `its file ${file} ${says}`, fix(path));
  });
}

/** A push to a symbolic ref moves the build branch. */
async function checkAliases(repository: Repository): Promise<Finding | undefined> {
  const { path, settings } = repository;
  const list = await openLongGit(path)('for-each-ref', '--format=%(symref) %(refname)');
  const symbolic = list.split('\n').flatMap((line) => /^refs\/\S* (.+)$/.exec(line)?.[1] ?? []);
  const buildRef = `refs/heads/${settings.branch}`;
  const target = await resolveRef(repository, buildRef);
  for (const ref of symbolic) {
    if (ref !== buildRef && (await resolveRef(repository, ref)) === target)
      return warning(
        'refs',
        'refs-alias',
        `${escaped(ref)} is another name of ${escaped(settings.branch)}: who pushes to it builds that`,
        `if that is not meant: git -C ${path} symbolic-ref --delete ${escaped(ref)}`,
      );
  }
  return undefined;
}

/** A broken ref of ours fails every publishing of a result. */
function checkVerdicts({ git, path, settings }: Repository): Promise<Finding | undefined>[] {
  return ['refs/notes/builds', `refs/built/${settings.branch}`].map(async (ref) => {
    const found = await git('rev-parse', '--verify', '--quiet', `${ref}^{tree}`).catch(() => '');
    if (found !== '' || !(await isThere(path, ref))) return undefined;
    return warning(
      'refs',
      'refs-broken',
      `${escaped(ref)} is broken: git can't read it, and verdicts are not written`,
      `rm -f ${join(path, escaped(ref))}; git -C ${path} update-ref -d ${escaped(ref)}; what it said before is in the records`,
    );
  });
}

async function isThere(path: string, ref: string): Promise<boolean> {
  const [loose, packed] = await Promise.all(
    [join(path, ref), join(path, 'packed-refs')].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  return loose !== '' || packed?.split('\n').some((line) => line.endsWith(` ${ref}`)) === true;
}
