import { checkLayout, isScript, linkedFile, SCRIPTS, type Script } from '../../app-layout.ts';
import { openBoundedGit } from '../../port/git/bounded-git.ts';
import { GitFailure } from '../../port/git/git.ts';
import * as messages from '../../port/messages.ts';
import type { Repository } from '../../port/repository.ts';
import { joinSignals } from '../deadline.ts';
import { readCommitTree, type TreeEntry } from './commit-tree.ts';
import { type Commit, findLeftOut, findMissing } from './export-ignore.ts';

/** The warnings are about what `git archive` does silently. They come later than the result, and never reject. */
export interface PreflightResult {
  warnings: Promise<string[]>;
}

/** A preflight that starts before its result is needed. */
export interface EarlyPreflight extends Disposable {
  /** Rejects with a Trouble (exit code 3) if the commit is no app, or git cannot cope with it. */
  passed(): Promise<PreflightResult>;
  /** Ends every git that it runs. `passed` then starts again. */
  stop(): void;
}

/** Starts to check a commit, before anything is sent. */
export function startPreflight({ repository, commit, signal }: Omit<Commit, 'git'>): EarlyPreflight {
  let stopped = new AbortController();
  const start = () => {
    const result = preflight(repository, commit, joinSignals(signal, stopped.signal));
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
    return await checkCommit({ repository, commit, git, signal });
  } catch (error) {
    throw error instanceof GitFailure ? explain(commit, error) : error;
  }
}

/** What git dies of is in the commit; git after 2.42 counts nested folders itself (core.maxTreeDepth). */
function explain(commit: string, failure: GitFailure) {
  const isCommits = failure.exitCode === null || /maximum allowed tree depth|out of memory/i.test(failure.message);
  return isCommits ? messages.gitOverstrained(commit, failure) : messages.commitUnreadable(commit, failure);
}

async function checkCommit(asked: Commit): Promise<PreflightResult> {
  const { repository, commit, git } = asked;
  const { maxEntries, branch } = repository.settings;
  const tree = await readCommitTree(git, commit, maxEntries, (path) => OF_INTEREST.test(path));
  const links = await readScriptLinks(asked, tree.entries);
  const files = new Set([...links.values()].map(linkedFile));
  // git is not asked for them by name: a target is what a pusher wrote
  const linked = links.size === 0 ? [] : (await readCommitTree(git, commit, maxEntries, (p) => files.has(p))).entries;
  checkScripts([...tree.entries, ...linked], links, branch);
  const attributes = await readAttributes(asked, tree.entries);
  if (attributes.ignoresSome) {
    const missing = await findMissing(asked, SCRIPTS);
    if (missing.length > 0) throw messages.scriptsExported(missing);
  }
  const warnings = async () => [
    ...(tree.submodules.count > 0 ? [messages.submodules(tree.submodules.paths, tree.submodules.count)] : []),
    ...(attributes.ignoresSome ? await warnOfLeftOut(asked) : []),
    ...(attributes.hasLfs ? [messages.lfs()] : []),
    ...(await readCrlf(asked)).map(messages.crlf),
  ];
  return { warnings: warnings().catch(() => []) };
}

async function warnOfLeftOut(asked: Commit): Promise<string[]> {
  const left = await findLeftOut(asked);
  return left === undefined || left.count === 0 ? [] : [messages.exportIgnored(left.paths, left.count, left.of)];
}

/** What is looked at in a commit, wherever it is, besides submodules. */
const OF_INTEREST = /(?:^|\/)(?:build\.sh|run\.sh|\.gitattributes)$/;

/** Bytes: Linux makes no longer link, and no script is as long. */
const LONGEST_LINK = 4096;
const LONGEST_SCRIPT = 1024 ** 2;

/** Where the scripts lead that are symbolic links; one that is too long leads nowhere. */
async function readScriptLinks(asked: Commit, tree: readonly TreeEntry[]): Promise<Map<string, string>> {
  const links = tree.filter(({ path, mode }) => mode === '120000' && isScript(path)).map(({ path }) => path);
  if (links.length === 0) return new Map();
  const sizes = await readSizes(asked);
  const read = async (path: string) =>
    (sizes.get(path) ?? 0) > LONGEST_LINK
      ? ''
      : asked.git.ask(LONGEST_LINK, 'cat-file', 'blob', `${asked.commit}:${path}`);
  return new Map(await Promise.all(links.map(async (path) => [path, await read(path)] as const)));
}

/** Bytes of the scripts in the root; `git ls-tree -l -z`: `mode type object size\tpath\0`. */
async function readSizes({ git, commit }: Commit): Promise<Map<string, number>> {
  const lines = git.list('ls-tree', '-l', '-z', '--full-tree', commit, '--', ...SCRIPTS);
  const sizes = new Map<string, number>();
  for await (const line of lines) {
    const [about = '', path = ''] = line.split('\t');
    sizes.set(path, Number(about.split(' ').at(-1)));
  }
  return sizes;
}

/** Throws a Trouble (exit code 3) if the tree is not an app. `links`: targets of scripts that are symbolic links. */
export function checkScripts(tree: readonly TreeEntry[], links: ReadonlyMap<string, string>, branch: string): void {
  const modes = new Map(tree.map(({ path, mode }) => [path, mode]));
  const problem = checkLayout({
    has: (path) => modes.has(path),
    isRegularFile: (path) => modes.get(path)?.startsWith('100') === true,
    linkTarget: (script: Script) => links.get(script),
    buildScripts: () => [...modes.keys()].filter((path) => path.endsWith('/build.sh')),
  });
  if (problem?.kind === 'missing') throw messages.scriptsMissing(problem.scripts, problem.folder, branch);
  if (problem?.kind === 'not-regular') throw messages.scriptNotRegular(problem.script);
}

/** Of which attributes that matter the commit's .gitattributes files speak. */
async function readAttributes(asked: Commit, tree: readonly TreeEntry[]) {
  if (!tree.some(({ path }) => /(?:^|\/)\.gitattributes$/.test(path))) return { ignoresSome: false, hasLfs: false };
  const speaksOf = async (attribute: string) => {
    const files = ['--', '.gitattributes', '*/.gitattributes'];
    return (await grep(asked, '-z', '-l', '-F', '-e', attribute, asked.commit, ...files)) !== '';
  };
  const [ignoresSome, hasLfs] = await Promise.all([speaksOf('export-ignore'), speaksOf('filter=lfs')]);
  return { ignoresSome, hasLfs };
}

/** The scripts with CRLF line ends. */
async function readCrlf(asked: Commit): Promise<string[]> {
  const sizes = await readSizes(asked);
  const scripts = SCRIPTS.filter((script) => (sizes.get(script) ?? 0) <= LONGEST_SCRIPT);
  if (scripts.length === 0) return [];
  const found = await grep(asked, '-z', '-l', '-e', '\r$', asked.commit, '--', ...scripts);
  return scripts.filter((script) => found.split('\0').includes(`${asked.commit}:${script}`));
}

/** Bytes of an answer that names files. */
const LONGEST_ANSWER = 4096;

/**
 * Empty where nothing is found. An object that git can't read is no trouble here: git archive meets it too, and says so.
 */
async function grep({ git, signal }: Commit, ...args: string[]): Promise<string> {
  return git.ask(LONGEST_ANSWER, 'grep', ...args).catch(() => {
    signal.throwIfAborted();
    return '';
  });
}
