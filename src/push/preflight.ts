import { linkedFile } from '../contract.ts';
import { openArchive } from '../port/archive.ts';
import { askForList, type Git } from '../port/git.ts';
import type { Repository } from '../port/repository.ts';
import * as words from '../port/words.ts';

const SCRIPTS = ['build.sh', 'run.sh'];

/** An entry of `git ls-tree`: `100644` and `100755` are files, `120000` symbolic links, `160000` submodules. */
interface TreeEntry {
  mode: string;
  path: string;
}

/**
 * Looks at the commit before a byte is sent: throws a Trouble (exit code 3) where it is no app. Returns warnings for
 * what `git archive` would do silently; nobody need wait for those.
 */
export async function preflight(repository: Repository, commit: string): Promise<{ warnings: Promise<string[]> }> {
  const tree = await readTree(repository, commit, ({ mode, path }) => mode === '160000' || OF_INTEREST.test(path));
  const links = await readScriptLinks(repository, commit, tree);
  const linked = await readLinked(repository, commit, links);
  checkScripts([...tree, ...linked], links, repository.settings.branch);
  const attributes = await readAttributes(repository, commit, tree);
  if (attributes.includes('export-ignore')) await checkExport(repository, commit);
  return { warnings: warn(repository, commit, tree, attributes) };
}

async function warn(
  { git }: Repository,
  commit: string,
  tree: readonly TreeEntry[],
  attributes: string,
): Promise<string[]> {
  const crlf = await grep(git, '--name-only', '-z', '-e', '\r$', commit, '--', ...SCRIPTS);
  return [
    ...warnOfSubmodules(tree),
    ...(attributes.includes('filter=lfs') ? [words.lfs()] : []),
    ...SCRIPTS.filter((script) => crlf.split('\0').includes(`${commit}:${script}`)).map(words.crlf),
  ];
}

/** What is looked at in a commit, wherever it is, besides submodules. */
const OF_INTEREST = /(?:^|\/)(?:build\.sh|run\.sh|\.gitattributes)$/;

/** The entries of interest in a commit, which may have 100,000 others; `git ls-tree -z`: `mode type object\tpath\0`. */
async function readTree(
  { path, quarantine }: Repository,
  commit: string,
  isOfInterest: (entry: TreeEntry) => boolean,
): Promise<TreeEntry[]> {
  const tree: TreeEntry[] = [];
  for await (const line of askForList(path, quarantine, 'ls-tree', '-r', '-z', '--full-tree', commit)) {
    const entry = { mode: line.slice(0, 6), path: line.slice(line.indexOf('\t') + 1) };
    if (isOfInterest(entry)) tree.push(entry);
  }
  return tree;
}

/** Where the scripts lead that are symbolic links. */
async function readScriptLinks(
  { git }: Repository,
  commit: string,
  tree: readonly TreeEntry[],
): Promise<Map<string, string>> {
  const links = tree.filter(({ path, mode }) => mode === '120000' && SCRIPTS.includes(path));
  return new Map(
    await Promise.all(
      links.map(async ({ path }) => [path, await git('cat-file', 'blob', `${commit}:${path}`)] as const),
    ),
  );
}

/** The files that such links lead to. Git is not asked for them by name: a target is what a pusher wrote, of any length. */
async function readLinked(repository: Repository, commit: string, links: ReadonlyMap<string, string>) {
  const files = new Set([...links.values()].map(linkedFile));
  return files.size === 0 ? [] : readTree(repository, commit, ({ path }) => files.has(path));
}

/**
 * Both scripts lie in the root, as files or as links straight to files; where they lie in exactly one folder, that one
 * is named. The factory has the same rule.
 */
export function checkScripts(tree: readonly TreeEntry[], links: ReadonlyMap<string, string>, branch: string): void {
  const modes = new Map(tree.map(({ path, mode }) => [path, mode]));
  const missing = SCRIPTS.filter((script) => !modes.has(script));
  if (missing.length > 0) {
    const folders = [...modes.keys()]
      .filter((path) => path.endsWith('/build.sh') && modes.has(path.replace(/build\.sh$/, 'run.sh')))
      .map((path) => path.slice(0, -'/build.sh'.length));
    throw words.scriptsMissing(missing, folders.length === 1 ? folders[0] : undefined, branch);
  }
  const fileOf = (script: string) => linkedFile(links.get(script) ?? script) ?? script;
  const irregular = SCRIPTS.find((script) => !modes.get(fileOf(script))?.startsWith('100'));
  if (irregular !== undefined) throw words.scriptNotRegular(irregular);
}

function warnOfSubmodules(tree: readonly TreeEntry[]): string[] {
  const paths = tree.filter(({ mode }) => mode === '160000').map(({ path }) => path);
  return paths.length > 0 ? [words.submodules(paths)] : [];
}

/** Which of the attributes that matter the commit's .gitattributes files speak of. */
async function readAttributes({ git }: Repository, commit: string, tree: readonly TreeEntry[]): Promise<string> {
  if (!tree.some(({ path }) => /(?:^|\/)\.gitattributes$/.test(path))) return '';
  const files = ['.gitattributes', '*/.gitattributes'];
  return grep(git, '-h', '-o', '-E', 'export-ignore|filter=lfs', commit, '--', ...files);
}

/** An object that git can't read is no trouble here: git archive meets it too, and says so. */
async function grep(git: Git, ...words: string[]): Promise<string> {
  return git('grep', ...words).catch(() => '');
}

/** Attributes have patterns, macros and precedence: git archive itself is asked what it would leave out. */
async function checkExport(repository: Repository, commit: string): Promise<void> {
  const { Parser } = await import('tar');
  const names = new Set<string>();
  const parser = new Parser({ onReadEntry: (entry) => names.add(entry.path) && entry.resume() });
  using archive = await openArchive(repository, commit);
  for await (const chunk of archive.chunks) {
    parser.write(chunk);
    if (SCRIPTS.every((script) => names.has(script))) return;
  }
  const missing = SCRIPTS.filter((script) => !names.has(script));
  if (missing.length > 0) throw words.scriptsExported(missing);
}
