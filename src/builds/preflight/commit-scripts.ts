import { fileBehind, type Script } from '../../app-layout.ts';
import type { TreeEntry } from './commit-tree.ts';
import type { Commit } from './export-ignore.ts';

/** A script of the app, or the file that it links to. */
export interface CommitScript {
  name: Script;
  text: string;
  executable: boolean;
}

/** A script of a tree. If it is a symbolic link, the entry is that of the file behind it. */
export interface FoundScript {
  name: Script;
  entry: TreeEntry;
}

/** `links`: targets of those that are symbolic links. */
export function findScripts(
  names: readonly Script[],
  entries: readonly TreeEntry[],
  links: ReadonlyMap<string, string>,
): FoundScript[] {
  return names.flatMap((name) => {
    const entry = entries.find(({ path }) => path === fileBehind(name, links.get(name)));
    return entry === undefined ? [] : [{ name, entry }];
  });
}

/** A larger one is not checked. */
const MAX_SCRIPT_BYTES = 1024 ** 2;

/** Reads scripts of a commit; leaves out what git cannot read. */
export async function readScripts({ git, signal }: Commit, scripts: readonly FoundScript[]): Promise<CommitScript[]> {
  const read = async ({ name, entry }: FoundScript) => {
    const text = await git.ask(MAX_SCRIPT_BYTES, 'cat-file', 'blob', entry.object).catch(() => {
      signal.throwIfAborted();
      return undefined;
    });
    const isWhole = text !== undefined && text.length < MAX_SCRIPT_BYTES;
    return isWhole ? [{ name, text, executable: entry.mode === '100755' }] : [];
  };
  return (await Promise.all(scripts.map(read))).flat();
}
