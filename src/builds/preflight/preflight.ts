import {
  type AppLayout,
  isCandidate,
  isForeignFile,
  layoutFiles,
  linkedFile,
  readLayout,
  type Script,
} from '../../app-layout.ts';
import { openBoundedGit } from '../../port/git/bounded-git.ts';
import { GitFailure } from '../../port/git/git.ts';
import * as layoutMessages from '../../port/messages/app-layout.ts';
import * as messages from '../../port/messages/commit.ts';
import { noExec } from '../../port/messages/script-content.ts';
import { hint, warning } from '../../port/messages/text.ts';
import type { Repository } from '../../port/repository.ts';
import type { PortSettings } from '../../port/settings.ts';
import { anySignal } from '../deadline.ts';
import { type CommitScript, readScripts } from './commit-scripts.ts';
import { findAppTree, readCommitTree, type TreeEntry } from './commit-tree.ts';
import { lastWithoutExec } from './exec-hint.ts';
import { type Commit, findLeftOut, findMissing } from './export-ignore.ts';
import { checkNeeds } from './needs.ts';
import { checkSyntax, shellOf } from './script-syntax.ts';

/**
 * `remarks`: warnings about what `git archive` does silently, and hints on the app's files, as lines to print. They come
 * later than the result, and never reject.
 */
export interface PreflightResult {
  layout: AppLayout;
  remarks: Promise<string[]>;
}

/** A preflight that starts before its result is needed. */
export interface EarlyPreflight extends Disposable {
  /** Rejects with a Trouble (exit code 3) if the commit is no app, or git cannot cope with it. */
  passed(): Promise<PreflightResult>;
  /** Ends every git that it runs. `passed` then starts again. */
  stop(): void;
}

/** Starts to check a commit, before anything is sent. */
export function startPreflight({ repository, commit, signal }: Omit<Commit, 'git' | 'tree'>): EarlyPreflight {
  let stopped = new AbortController();
  const start = () => {
    const result = preflight(repository, commit, anySignal(signal, stopped.signal));
    result.catch(() => {}); // `passed` reports it
    return result;
  };
  let running: Promise<PreflightResult> | undefined = start();
  const stop = () => {
    stopped.abort();
    stopped = new AbortController();
    running = undefined;
  };
  return {
    passed() {
      running ??= start();
      return running;
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

async function preflight(repository: Repository, commit: string, signal: AbortSignal): Promise<PreflightResult> {
  const git = openBoundedGit(repository.path, repository.quarantine, signal);
  try {
    const tree = await findAppTree(git, commit, repository.settings.folder);
    return await checkCommit({ repository, commit, tree, git, signal });
  } catch (error) {
    throw error instanceof GitFailure ? describeFailure(commit, error) : error;
  }
}

/** If git crashes, the commit is the cause. Git after 2.42 limits nested folders itself (core.maxTreeDepth). */
function describeFailure(commit: string, failure: GitFailure) {
  const isCommitsFault = failure.exitCode === null || /maximum allowed tree depth|out of memory/i.test(failure.message);
  return isCommitsFault ? messages.gitOverstrained(commit, failure) : messages.commitUnreadable(commit, failure);
}

async function checkCommit(asked: Commit): Promise<PreflightResult> {
  const { repository, git } = asked;
  const { settings } = repository;
  const { maxEntries, dockerfile } = settings;
  const named = new Set(layoutFiles(dockerfile));
  const tree = await readCommitTree(
    git,
    asked.tree,
    maxEntries,
    (path) => RELEVANT_FILES.test(path) || isCandidate(path) || isForeignFile(path) || named.has(path),
  );
  const links = await readLinks(asked, tree.entries, named);
  const files = new Set([...links].map(([path, target]) => linkedFile(path, target)));
  // not passed to git as arguments: the pusher chose the link's target
  const linked =
    links.size === 0 ? [] : (await readCommitTree(git, asked.tree, maxEntries, (p) => files.has(p))).entries;
  const entries = [...tree.entries, ...linked];
  const layout = checkLayout(entries, links, settings);
  const [scripts, attributes] = await Promise.all([
    layout.kind === 'scripts' ? readGoodScripts(asked, layout.scripts, entries, links) : [],
    readAttributes(asked, tree.entries),
  ]);
  if (attributes.ignoresSome) {
    const missing = await findMissing(asked, layout.kind === 'scripts' ? layout.scripts : [layout.dockerfile]);
    if (missing.length > 0) throw layoutMessages.filesExported(missing);
  }
  const warnings = async () => [
    ...(tree.submodules.count > 0 ? [messages.submodules(tree.submodules.paths, tree.submodules.count)] : []),
    ...(attributes.ignoresSome ? await warnOfLeftOut(asked) : []),
    ...(attributes.hasLfs ? [messages.lfs()] : []),
    ...scripts.filter(({ text }) => /\r(?:\n|$)/.test(text)).map(({ name }) => messages.crlf(name)),
  ];
  const hints = [...layoutHints(layout), ...execHints(scripts)].map(hint);
  const remarks = async () => [...(await warnings().catch(() => [])).map(warning), ...hints];
  return { layout, remarks: remarks() };
}

function layoutHints(layout: AppLayout): string[] {
  return layout.kind === 'scripts' && layout.unused !== undefined
    ? [layoutMessages.dockerfileUnused(layout.unused)]
    : [];
}

function execHints(scripts: readonly CommitScript[]): string[] {
  const run = scripts.find(({ name }) => name === 'run.sh');
  const command = run === undefined || shellOf(run) === undefined ? undefined : lastWithoutExec(run.text);
  return command === undefined ? [] : [noExec(command)];
}

async function readGoodScripts(
  asked: Commit,
  names: readonly Script[],
  tree: readonly TreeEntry[],
  links: ReadonlyMap<string, string>,
): Promise<CommitScript[]> {
  const scripts = await readScripts(asked, names, tree, links);
  await checkSyntax(scripts, asked.signal);
  await checkNeeds(asked, scripts);
  return scripts;
}

async function warnOfLeftOut(asked: Commit): Promise<string[]> {
  const left = await findLeftOut(asked);
  return left === undefined || left.count === 0 ? [] : [messages.exportIgnored(left.paths, left.count, left.total)];
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
  tree: readonly TreeEntry[],
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
  if (layout.kind === 'missing') throw layoutMessages.appMissing(layout, branch);
  if (layout.kind === 'not-regular') throw layoutMessages.fileNotRegular(layout.file);
  return layout;
}

/** Whether the commit's .gitattributes files mention the attributes that matter. */
async function readAttributes(asked: Commit, tree: readonly TreeEntry[]) {
  if (!tree.some(({ path }) => /(?:^|\/)\.gitattributes$/.test(path))) return { ignoresSome: false, hasLfs: false };
  const mentions = async (attribute: string) => {
    const files = ['--', '.gitattributes', '*/.gitattributes'];
    return (await grep(asked, '-z', '-l', '-F', '-e', attribute, asked.tree, ...files)) !== '';
  };
  const [ignoresSome, hasLfs] = await Promise.all([mentions('export-ignore'), mentions('filter=lfs')]);
  return { ignoresSome, hasLfs };
}

const MAX_GREP_OUTPUT_BYTES = 4096;

/**
 * Empty if nothing matches. Ignores objects that git cannot read: git archive reports them.
 */
async function grep({ git, signal }: Commit, ...args: string[]): Promise<string> {
  return git.ask(MAX_GREP_OUTPUT_BYTES, 'grep', ...args).catch(() => {
    signal.throwIfAborted();
    return '';
  });
}
