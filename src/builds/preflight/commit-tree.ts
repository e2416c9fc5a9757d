import type { BoundedGit } from '../../port/git/bounded-git.ts';
import * as messages from '../../port/messages.ts';

/** An entry of `git ls-tree`: `100644` and `100755` are files, `120000` symbolic links, `160000` submodules. */
export interface TreeEntry {
  mode: string;
  path: string;
}

/** What is of interest in a commit, which may have 100,000 other entries. */
export interface CommitTree {
  entries: TreeEntry[];
  /** How many there are, and the first of them. */
  submodules: { count: number; paths: string[] };
}

/** Submodules that are named where a commit has many. */
const NAMED = 3;

/**
 * Reads the whole tree of a commit as it comes. A tree of a few objects can hold more entries than can be counted (the
 * same folder ten times in a folder, ten levels deep), so reading ends with a Trouble (exit code 3) at `maxEntries`,
 * files and folders, as the factory counts those of an archive.
 */
export async function readCommitTree(
  git: BoundedGit,
  commit: string,
  maxEntries: number,
  isOfInterest: (path: string) => boolean,
): Promise<CommitTree> {
  const tree: CommitTree = { entries: [], submodules: { count: 0, paths: [] } };
  let count = 0;
  // `mode type object\tpath\0`
  for await (const line of git.list('ls-tree', '-r', '-t', '-z', '--full-tree', commit)) {
    count += 1;
    if (count > maxEntries) throw messages.tooManyEntries(maxEntries);
    const entry = { mode: line.slice(0, 6), path: line.slice(line.indexOf('\t') + 1) };
    if (entry.mode === '160000') {
      tree.submodules.count += 1;
      if (tree.submodules.count <= NAMED) tree.submodules.paths.push(entry.path);
    }
    if (entry.mode !== FOLDER && isOfInterest(entry.path)) tree.entries.push(entry);
  }
  return tree;
}

const FOLDER = '040000';
