import { openArchive } from '../../port/git/archive.ts';
import type { BoundedGit } from '../../port/git/bounded-git.ts';
import type { Repository } from '../../port/repository.ts';

/** A commit that is looked at, and what looks: until the signal, which ends every git that is asked. */
export interface Commit {
  repository: Repository;
  commit: string;
  git: BoundedGit;
  signal: AbortSignal;
}

/** Which of these files git archive leaves out. Attributes have patterns, macros and precedence: git itself is asked. */
export async function findMissing(asked: Commit, files: readonly string[]): Promise<string[]> {
  const missing = new Set(files);
  for await (const name of archivedFiles(asked)) {
    missing.delete(name);
    if (missing.size === 0) break;
  }
  return [...missing];
}

/** What an archive lacks of its commit. */
export interface LeftOut {
  count: number;
  /** How many files the commit has. */
  of: number;
  /** The first that are left out. */
  paths: string[];
}

/** Names that are told. */
const NAMED = 3;

/**
 * Compares the archive with the tree as both come: git writes them in the same order. Undefined where they can't be
 * compared, since a name is not what it is in the tree.
 */
export async function findLeftOut(asked: Commit): Promise<LeftOut | undefined> {
  const left: LeftOut = { count: 0, of: 0, paths: [] };
  const tree = treeFiles(asked);
  /** Goes on in the tree to this file, or to its end. */
  const goTo = async (name: string | undefined) => {
    for (let next = await tree.next(); !next.done; next = await tree.next()) {
      left.of += 1;
      if (next.value === name) return true;
      left.count += 1;
      if (left.paths.length < NAMED) left.paths.push(next.value);
    }
    return false;
  };
  for await (const name of archivedFiles(asked)) if (!(await goTo(name))) return undefined;
  await goTo(undefined);
  return left;
}

/** Submodules are no files; `git ls-tree -z`: `mode type object\tpath\0`. */
async function* treeFiles({ git, commit }: Commit): AsyncGenerator<string, void, undefined> {
  for await (const line of git.list('ls-tree', '-r', '-z', '--full-tree', commit))
    if (!line.startsWith('160000')) yield line.slice(line.indexOf('\t') + 1);
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
