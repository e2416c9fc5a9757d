import { fileBehind, type Script } from '../../app-layout.ts';
import type { TreeEntry } from './commit-tree.ts';
import type { Commit } from './export-ignore.ts';

/** A script of the app, or the file that it links to. */
export interface CommitScript {
  name: Script;
  text: string;
  executable: boolean;
}

/** A larger one is not checked. */
const MAX_SCRIPT_BYTES = 1024 ** 2;

/** Reads the scripts of a commit; leaves out what git cannot read. `links`: targets of those that are symbolic links. */
export async function readScripts(
  { git, tree: app, signal }: Commit,
  scripts: readonly Script[],
  tree: readonly TreeEntry[],
  links: ReadonlyMap<string, string>,
): Promise<CommitScript[]> {
  const read = async (name: Script) => {
    const path = fileBehind(name, links.get(name));
    const text = await git.ask(MAX_SCRIPT_BYTES, 'cat-file', 'blob', `${app}:${path}`).catch(() => {
      signal.throwIfAborted();
      return undefined;
    });
    const executable = tree.some((entry) => entry.path === path && entry.mode === '100755');
    return text === undefined || text.length >= MAX_SCRIPT_BYTES ? [] : [{ name, text, executable }];
  };
  return (await Promise.all(scripts.map(read))).flat();
}
