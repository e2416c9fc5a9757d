import type { AppLayout } from '../../app-layout.ts';
import { openBoundedGit } from '../../port/git/bounded-git.ts';
import { GitFailure } from '../../port/git/git.ts';
import * as layoutMessages from '../../port/messages/app-layout.ts';
import * as messages from '../../port/messages/commit.ts';
import { noExec } from '../../port/messages/script-content.ts';
import { hint, warning } from '../../port/messages/text.ts';
import type { Repository } from '../../port/repository.ts';
import { anySignal } from '../deadline.ts';
import { readCommitLayout } from './commit-layout.ts';
import { type CommitScript, type FoundScript, findScripts, readScripts } from './commit-scripts.ts';
import { findAppTree, type TreeEntry } from './commit-tree.ts';
import { lastWithoutExec } from './exec-hint.ts';
import { type Commit, findLeftOut, findMissing } from './export-ignore.ts';
import { readGoodScripts } from './good-scripts.ts';
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
  if (repository.clash !== undefined) throw repository.clash;
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
  const { layout, entries, links, submodules } = await readCommitLayout(asked);
  const found = layout.kind === 'scripts' ? findScripts(layout.scripts, entries, links) : [];
  const good = await readGoodScripts(asked.repository.state);
  const [scripts, attributes] = await Promise.all([
    readCheckedScripts(
      asked,
      found.filter((script) => !good.has(script)),
    ),
    readAttributes(asked, entries),
  ]);
  if (attributes.ignoresSome) {
    const missing = await findMissing(asked, layout.kind === 'scripts' ? layout.scripts : [layout.dockerfile]);
    if (missing.length > 0) throw layoutMessages.filesExported(missing);
  }
  const warnings = async () => [
    ...(submodules.count > 0 && !asked.repository.settings.submodules
      ? [messages.submodules(submodules.paths, submodules.count)]
      : []),
    ...(attributes.ignoresSome ? await warnOfLeftOut(asked) : []),
    ...(attributes.hasLfs ? [messages.lfs()] : []),
    ...scripts.filter(hasCrlf).map(({ name }) => messages.crlf(name)),
  ];
  const hints = [...layoutHints(layout), ...execHints(scripts)].map(hint);
  const unremarked = scripts.filter((script) => !hasCrlf(script) && execHints([script]).length === 0);
  const remarks = async () => {
    await good.add(found.filter(({ name }) => unremarked.some((script) => script.name === name)));
    return [...(await warnings().catch(() => [])).map(warning), ...hints];
  };
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

const hasCrlf = ({ text }: CommitScript) => /\r(?:\n|$)/.test(text);

async function readCheckedScripts(asked: Commit, found: readonly FoundScript[]): Promise<CommitScript[]> {
  const scripts = await readScripts(asked, found);
  await checkSyntax(scripts, asked.signal);
  await checkNeeds(asked, scripts);
  return scripts;
}

async function warnOfLeftOut(asked: Commit): Promise<string[]> {
  const left = await findLeftOut(asked);
  return left === undefined || left.count === 0 ? [] : [messages.exportIgnored(left.paths, left.count, left.total)];
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
