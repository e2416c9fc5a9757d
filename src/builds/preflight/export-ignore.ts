import { openArchive } from '../../port/git/archive.ts';
import type { BoundedGit } from '../../port/git/bounded-git.ts';
import type { Repository } from '../../port/repository.ts';

/** A commit to check. `signal` ends every git that runs for it. */
export interface Commit {
  repository: Repository;
  commit: string;
  /** Of the app: the commit itself, or the id of its folder's tree. */
  tree: string;
  git: BoundedGit;
  signal: AbortSignal;
}

/** Returns which of these files git archive leaves out. Asks git: attributes have patterns, macros and precedence. */
export async function findMissing(asked: Commit, files: readonly string[]): Promise<string[]> {
  const missing = new Set(files);
  for await (const name of archivedFiles(asked)) {
    missing.delete(name);
    if (missing.size === 0) break;
  }
  return [...missing];
}

/** Files of a commit that are not in its archive. */
export interface LeftOut {
  count: number;
  /** Files in the commit. */
  total: number;
  /** Only the first. */
  paths: string[];
}

const MAX_PATHS_LISTED = 3;

/**
 * Compares the archive with the tree while it streams both: git writes them in the same order. Files of submodules count
 * in neither. Undefined if they cannot be compared, because a name in the archive differs from that in the tree.
 */
export async function findLeftOut(asked: Commit): Promise<LeftOut | undefined> {
  const left: LeftOut = { count: 0, total: 0, paths: [] };
  const tree = treeFiles(asked);
  /** Advances in the tree to this file, or to the end. */
  const skipTo = async (name: string | undefined) => {
    for (let next = await tree.next(); !next.done; next = await tree.next()) {
      left.total += 1;
      if (next.value === name) return true;
      left.count += 1;
      if (left.paths.length < MAX_PATHS_LISTED) left.paths.push(next.value);
    }
    return false;
  };
  const folders = asked.repository.settings.submodules ? await submoduleFolders(asked) : [];
  const isTheirs = (name: string) => folders.some((folder) => name.startsWith(folder));
  for await (const name of archivedFiles(asked)) if (!isTheirs(name) && !(await skipTo(name))) return undefined;
  await skipTo(undefined);
  return left;
}

async function* treeFiles(asked: Commit): AsyncGenerator<string, void, undefined> {
  for await (const { path, isSubmodule } of treeEntries(asked)) if (!isSubmodule) yield path;
}

async function submoduleFolders(asked: Commit): Promise<string[]> {
  const folders: string[] = [];
  for await (const { path, isSubmodule } of treeEntries(asked)) if (isSubmodule) folders.push(`${path}/`);
  return folders;
}

/** `git ls-tree -z`: `mode type object\tpath\0`. */
async function* treeEntries({ git, tree }: Commit) {
  for await (const line of git.list('ls-tree', '-r', '-z', '--full-tree', tree))
    yield { path: line.slice(line.indexOf('\t') + 1), isSubmodule: line.startsWith('160000') };
}

/** Files and symbolic links, in the order of the archive. */
async function* archivedFiles({ repository, commit, signal }: Commit): AsyncGenerator<string, void, undefined> {
  const { Parser } = await import('tar');
  const names: string[] = [];
  const parser = new Parser({
    onReadEntry(entry) {
      if (entry.type !== 'Directory') names.push(entry.path);
      entry.resume();
    },
  });
  using archive = await openArchive(repository, commit, signal);
  for await (const chunk of archive.chunks) {
    parser.write(chunk);
    yield* names.splice(0);
  }
  parser.end();
  yield* names.splice(0);
}
