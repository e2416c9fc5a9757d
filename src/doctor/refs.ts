import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../finding.ts';
import { branchIn, isBuiltBranch } from '../port/branch-patterns.ts';
import { listBranches } from '../port/branches.ts';
import { ask, openLongGit } from '../port/git/git.ts';
import { missingConfig } from '../port/git/receive-config.ts';
import { resolveRef } from '../port/git/symbolic-refs.ts';
import * as messages from '../port/messages/doctor-app.ts';
import type { Repository } from '../port/repository.ts';

/** Checks for what makes git show something other than what was pushed, or lets pushers add such refs. */
export async function checkRefs(repository: Repository): Promise<Finding[]> {
  const found = await Promise.all([
    checkConfig(repository),
    checkReplaced(repository),
    ...checkFiles(repository),
    checkAliases(repository),
  ]);
  return [...found, ...(await checkVerdicts(repository))].filter((finding) => finding !== undefined);
}

async function checkConfig({ git, path }: Repository): Promise<Finding | undefined> {
  const missing = missingConfig(await readFile(join(path, 'config'), 'utf8'));
  if (missing !== '') return messages.refsOpen(path);
  const checks = await ask(git, 'config', '--type=bool', '--get', 'receive.fsckObjects');
  return checks?.trim() === 'true' ? undefined : messages.pushesUnchecked(path);
}

async function checkReplaced({ git, path }: Repository): Promise<Finding | undefined> {
  const refs = (await git('for-each-ref', '--count=100000', '--format=%(refname)', 'refs/replace'))
    .split('\n')
    .filter(Boolean);
  const [first] = refs;
  return first === undefined ? undefined : messages.objectsReplaced(path, first, refs.length);
}

/** https://git-scm.com/docs/gitrepository-layout */
const FILES = { 'info/grafts': messages.grafts, shallow: messages.shallow };

function checkFiles({ path }: Repository): Promise<Finding | undefined>[] {
  return Object.entries(FILES).map(async ([file, finding]) => {
    const size = await stat(join(path, file)).then(
      (stats) => stats.size,
      () => 0,
    );
    return size === 0 ? undefined : finding(path, file);
  });
}

/** A push to a symbolic ref moves the branch that it names. */
async function checkAliases(repository: Repository): Promise<Finding | undefined> {
  const { path, settings } = repository;
  const list = await openLongGit(path)('for-each-ref', '--format=%(symref) %(refname)');
  const symbolic = list.split('\n').flatMap((line) => /^refs\/\S* (.+)$/.exec(line)?.[1] ?? []);
  const [main = ''] = settings.branches;
  const mainRef = `refs/heads/${main}`;
  const target = await resolveRef(repository, mainRef);
  for (const ref of symbolic.filter((each) => each !== mainRef)) {
    const found = await resolveRef(repository, ref);
    if (found === target) return messages.refAlias(path, ref, main);
    const branch = branchIn(found);
    if (branch !== undefined && isBuiltBranch(settings.branches, branch)) return messages.refAlias(path, ref, branch);
  }
  return undefined;
}

/** A broken ref of ours fails every publishing of a result. */
async function checkVerdicts(repository: Repository): Promise<(Finding | undefined)[]> {
  const { git, path } = repository;
  const branches = (await listBranches(repository)).flatMap((branch) => [
    `refs/built/${branch}`,
    `refs/deployed/${branch}`,
  ]);
  const refs = ['refs/notes/builds', ...branches].map(async (ref) => {
    const found = await git('rev-parse', '--verify', '--quiet', `${ref}^{tree}`).catch(() => '');
    return found !== '' || !(await isThere(path, ref)) ? undefined : messages.refBroken(path, ref);
  });
  return Promise.all(refs);
}

async function isThere(path: string, ref: string): Promise<boolean> {
  const [loose, packed] = await Promise.all(
    [join(path, ref), join(path, 'packed-refs')].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  return loose !== '' || packed?.split('\n').some((line) => line.endsWith(` ${ref}`)) === true;
}
