import { MAX_COMPONENT_BYTES, MAX_NAME_BYTES, maxNames } from '../../name-limits.ts';
import type { BoundedGit } from '../../port/git/bounded-git.ts';
import * as messages from '../../port/messages/commit.ts';

/** An entry of `git ls-tree`: `100644` and `100755` are files, `120000` symbolic links, `160000` submodules. */
export interface TreeEntry {
  mode: string;
  /** The id of its content. */
  object: string;
  path: string;
}

/** The relevant part of a commit, which may have 100,000 other entries. */
export interface CommitTree {
  entries: TreeEntry[];
  /** `paths`: only the first. */
  submodules: { count: number; paths: string[] };
}

const MAX_SUBMODULES_LISTED = 3;

/**
 * Streams the whole tree of a commit. A tree of few objects can have an astronomical number of entries (a folder that
 * contains the same folder ten times, ten levels deep), and one name of 100 KB is in the path of everything below it. So
 * it throws a Trouble (exit code 3) above `maxEntries` files and folders, or if names are too long; both are counted as
 * the factory counts them in an archive.
 */
export async function readCommitTree(
  git: BoundedGit,
  commit: string,
  maxEntries: number,
  isRelevant: (path: string) => boolean,
): Promise<CommitTree> {
  const tree: CommitTree = { entries: [], submodules: { count: 0, paths: [] } };
  let count = 0;
  let names = 0;
  // `mode type object\tpath\0`
  for await (const line of git.list('ls-tree', '-r', '-t', '-z', '--full-tree', commit)) {
    count += 1;
    if (count > maxEntries) throw messages.tooManyEntries(maxEntries);
    const tab = line.indexOf('\t');
    const entry = {
      mode: line.slice(0, 6),
      object: line.slice(line.lastIndexOf(' ', tab) + 1, tab),
      path: line.slice(tab + 1),
    };
    names += entry.path.length;
    if (isTooLong(entry.path)) throw messages.nameTooLong(entry.path);
    if (names > maxNames(maxEntries)) throw messages.tooManyNames(maxNames(maxEntries));
    if (entry.mode === '160000') {
      tree.submodules.count += 1;
      if (tree.submodules.count <= MAX_SUBMODULES_LISTED) tree.submodules.paths.push(entry.path);
    }
    if (entry.mode !== FOLDER_MODE && isRelevant(entry.path)) tree.entries.push(entry);
  }
  return tree;
}

const FOLDER_MODE = '040000';

/** In characters, of which no name has more than bytes: the factory counts those. */
function isTooLong(path: string): boolean {
  if (path.length <= MAX_COMPONENT_BYTES) return false;
  return path.length > MAX_NAME_BYTES || path.split('/').some((part) => part.length > MAX_COMPONENT_BYTES);
}

/** The commit itself, or the id of its folder's tree. Rejects with a Trouble (exit code 3) if it has no such folder. */
export async function findAppTree(git: BoundedGit, commit: string, folder: string | undefined): Promise<string> {
  if (folder === undefined) return commit;
  // `mode type object\tpath\0`
  for await (const line of git.list('ls-tree', '-z', '--full-tree', commit, '--', folder)) {
    const [, type, object = ''] = line.split('\t')[0]?.split(' ') ?? [];
    if (type === 'tree') return object;
  }
  throw messages.folderMissing(folder);
}
