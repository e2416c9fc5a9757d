import { type AppLayout, isCandidate, isForeignFile, layoutFiles, linkedFile, readLayout } from '../../app-layout.ts';
import { appMissing, fileNotRegular } from '../../port/messages/app-layout.ts';
import type { PortSettings } from '../../port/settings.ts';
import { type CommitTree, readCommitTree, type TreeEntry } from './commit-tree.ts';
import type { Commit } from './export-ignore.ts';

/** What makes a commit an app; with what of its tree matters before it is sent. */
export interface CommitLayout extends CommitTree {
  layout: AppLayout;
  /** Targets of those files of the layout that are symbolic links. */
  links: ReadonlyMap<string, string>;
}

/** Rejects with a Trouble (exit code 3) if the commit is no app. */
export async function readCommitLayout(asked: Commit): Promise<CommitLayout> {
  const { git, tree, repository } = asked;
  const { settings } = repository;
  const { maxEntries, dockerfile } = settings;
  const named = new Set(layoutFiles(dockerfile));
  const isRelevant = (path: string) =>
    RELEVANT_FILES.test(path) || isCandidate(path) || isForeignFile(path) || named.has(path);
  const found = await readCommitTree(git, tree, maxEntries, isRelevant);
  const links = await readLinks(asked, found.entries, named);
  const files = new Set([...links].map(([path, target]) => linkedFile(path, target)));
  // not passed to git as arguments: the pusher chose the link's target
  const linked = links.size === 0 ? [] : (await readCommitTree(git, tree, maxEntries, (p) => files.has(p))).entries;
  const entries = [...found.entries, ...linked];
  return { layout: checkLayout(entries, links, settings), entries, links, submodules: found.submodules };
}

/** Besides submodules, and what the layout asks for. */
const RELEVANT_FILES = /(?:^|\/)(?:run\.sh|\.gitattributes)$/;

/** Linux has no longer links. */
const MAX_LINK_BYTES = 4096;

/** Targets of those files that are symbolic links; empty for one that is too long. */
async function readLinks(
  asked: Commit,
  tree: readonly TreeEntry[],
  named: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const links = tree.filter(({ path, mode }) => mode === '120000' && named.has(path)).map(({ path }) => path);
  if (links.length === 0) return new Map();
  const sizes = await readSizes(asked, links);
  const read = async (path: string) =>
    (sizes.get(path) ?? 0) > MAX_LINK_BYTES
      ? ''
      : asked.git.ask(MAX_LINK_BYTES, 'cat-file', 'blob', `${asked.tree}:${path}`);
  return new Map(await Promise.all(links.map(async (path) => [path, await read(path)] as const)));
}

/** Bytes of files with plain names; `git ls-tree -l -z`: `mode type object size\tpath\0`. */
async function readSizes({ git, tree }: Commit, paths: readonly string[]): Promise<Map<string, number>> {
  const lines = git.list('ls-tree', '-l', '-z', '--full-tree', tree, '--', ...paths);
  const sizes = new Map<string, number>();
  for await (const line of lines) {
    const [about = '', path = ''] = line.split('\t');
    sizes.set(path, Number(about.split(' ').at(-1)));
  }
  return sizes;
}

/** Throws a Trouble (exit code 3) if the tree is not an app. `links`: targets of symbolic links. */
export function checkLayout(
  tree: readonly Pick<TreeEntry, 'mode' | 'path'>[],
  links: ReadonlyMap<string, string>,
  { branch, dockerfile }: Pick<PortSettings, 'branch' | 'dockerfile'>,
): AppLayout {
  const modes = new Map(tree.map(({ path, mode }) => [path, mode]));
  const layout = readLayout(
    {
      has: (path) => modes.has(path),
      isRegularFile: (path) => modes.get(path)?.startsWith('100') === true,
      linkTarget: (path) => links.get(path),
      candidates: () => [...modes.keys()].filter(isCandidate),
    },
    dockerfile,
  );
  if (layout.kind === 'missing') throw appMissing(layout, branch);
  if (layout.kind === 'not-regular') throw fileNotRegular(layout.file);
  return layout;
}
