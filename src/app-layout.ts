/** Which files make a tree an app: one rule for port, which reads a commit, and for the factory, which reads an archive. */

/** The two files that every app has in its root. */
export const SCRIPTS = ['build.sh', 'run.sh'] as const;
export type Script = (typeof SCRIPTS)[number];

export function isScript(path: string): path is Script {
  return SCRIPTS.some((script) => script === path);
}

/** A tree of files, as far as the rule asks about it. */
export interface Tree {
  has(path: string): boolean;
  isRegularFile(path: string): boolean;
  /** The target of a script that is a symbolic link. */
  linkTarget(script: Script): string | undefined;
  /** Paths of all files that are called build.sh. */
  buildScripts(): Iterable<string>;
}

/** Files that other platforms build from. */
const FOREIGN_FILES = ['Dockerfile', 'Procfile'] as const;
export type ForeignFile = (typeof FOREIGN_FILES)[number];

/** What there is in place of the scripts in the root. */
export interface Instead {
  /** Folders that have both scripts. */
  folders: string[];
  /** Files in the root that other platforms build from. */
  files: ForeignFile[];
}

/** What keeps a tree from being an app. */
export type LayoutProblem =
  | { kind: 'missing'; scripts: Script[]; instead: Instead }
  | { kind: 'not-regular'; script: Script };

/** Both scripts must be in the root, each a regular file or a symbolic link straight to one. */
export function checkLayout(tree: Tree): LayoutProblem | undefined {
  const scripts = SCRIPTS.filter((script) => !tree.has(script));
  if (scripts.length > 0) return { kind: 'missing', scripts, instead: findInstead(tree) };
  const script = SCRIPTS.find((each) => !tree.isRegularFile(scriptFile(each, tree.linkTarget(each))));
  return script === undefined ? undefined : { kind: 'not-regular', script };
}

/** The file behind a script: the script itself, or what its symbolic link leads to. */
export function scriptFile(script: Script, linkTarget: string | undefined): string {
  return linkedFile(linkTarget ?? script) ?? script;
}

/**
 * The path in the tree that a symbolic link leads to; undefined if it leads out of the tree or to a folder. A link has
 * to lead straight to a regular file, by a relative path without `..`.
 */
export function linkedFile(target: string): string | undefined {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  return target.startsWith('/') || parts.includes('..') || /(?:^|\/)\.?$/.test(target) ? undefined : parts.join('/');
}

function findInstead(tree: Tree): Instead {
  const folders = [...tree.buildScripts()]
    .filter((path) => path.endsWith('/build.sh'))
    .map((path) => path.slice(0, -'/build.sh'.length))
    .filter((folder) => tree.has(`${folder}/run.sh`));
  return { folders: folders.sort(), files: FOREIGN_FILES.filter((file) => tree.has(file)) };
}

export function isForeignFile(path: string): path is ForeignFile {
  return FOREIGN_FILES.some((file) => file === path);
}
