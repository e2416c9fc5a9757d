/** Which files make a tree an app: one rule for port, which reads a commit, and for the factory, which reads an archive. */

/** The two files of an app without a Dockerfile, in its root. */
export const SCRIPTS = ['build.sh', 'run.sh'] as const;
/** An optional third one: it runs before build.sh, and sees only the files that it names. */
export const DEPS = 'deps.sh';
export type Script = (typeof SCRIPTS)[number] | typeof DEPS;

/** Where a Dockerfile is looked for, unless another one is named. */
export const DOCKERFILE = 'Dockerfile';

export function isScript(path: string): path is Script {
  return path === DEPS || SCRIPTS.some((script) => script === path);
}

/** The files that decide what the app is. `dockerfile`: the path of the Dockerfile. */
export function layoutFiles(dockerfile: string): string[] {
  const paths = dockerfilePaths(dockerfile);
  return [...SCRIPTS, DEPS, ...paths, ...paths.flatMap(ignoreFiles)];
}

/**
 * Where a Dockerfile may be, the first one that is there counts: docker takes a file called `dockerfile`, too
 * (https://github.com/moby/moby/issues/10858).
 */
export function dockerfilePaths(dockerfile: string): string[] {
  return [...new Set([dockerfile, dockerfile.replace(/(?<=^|\/)Dockerfile$/, 'dockerfile')])];
}

/** What keeps files out of the build context: https://docs.docker.com/build/concepts/context/#dockerignore-files */
const ignoreFiles = (dockerfile: string) => [`${dockerfile}.dockerignore`, '.dockerignore'];

/** A tree of files, as far as the rule asks about it. */
export interface Tree {
  has(path: string): boolean;
  isRegularFile(path: string): boolean;
  /** The target of a symbolic link; asked only for `layoutFiles`. */
  linkTarget(path: string): string | undefined;
  /** Paths of all files for which `isCandidate`. */
  candidates(): Iterable<string>;
}

/** Files that other platforms start an app from. */
const FOREIGN_FILES = ['Procfile'] as const;
export type ForeignFile = (typeof FOREIGN_FILES)[number];

/** What a tree has instead of an app. */
export interface Instead {
  /** Folders that have both scripts. */
  folders: string[];
  /** Dockerfiles elsewhere than in the root, or in the root under a name that docker does not look for. */
  dockerfiles: string[];
  /** Files in the root that other platforms build from. */
  files: ForeignFile[];
}

/** What makes a tree an app, or what it lacks. */
export type AppLayout =
  /** `scripts`: in the order in which they run. `unused`: a Dockerfile beside them. */
  | { kind: 'scripts'; scripts: readonly Script[]; unused: string | undefined }
  | { kind: 'dockerfile'; dockerfile: string };

/** What keeps a tree from being an app. */
export type LayoutProblem =
  /** `scripts`: those that are missing. The Dockerfile is missing, too. */
  | { kind: 'missing'; scripts: readonly Script[]; dockerfile: string; instead: Instead }
  | { kind: 'not-regular'; file: string };

/** Both scripts in the root, or else a Dockerfile: each a regular file, or a symbolic link straight to one. */
export function readLayout(tree: Tree, dockerfile: string): AppLayout | LayoutProblem {
  const scripts = SCRIPTS.filter((script) => !tree.has(script));
  const found = dockerfilePaths(dockerfile).find((path) => tree.has(path));
  if (scripts.length > 0 && found === undefined)
    return { kind: 'missing', scripts, dockerfile, instead: findInstead(tree) };
  const layout: AppLayout =
    scripts.length === 0 || found === undefined
      ? { kind: 'scripts', scripts: tree.has(DEPS) ? [DEPS, ...SCRIPTS] : SCRIPTS, unused: found }
      : { kind: 'dockerfile', dockerfile: found };
  const files: readonly string[] =
    layout.kind === 'scripts'
      ? layout.scripts
      : [layout.dockerfile, ...ignoreFiles(layout.dockerfile).filter((file) => tree.has(file))];
  const file = files.find((each) => !tree.isRegularFile(fileBehind(each, tree.linkTarget(each))));
  return file === undefined ? layout : { kind: 'not-regular', file };
}

/** The file itself, or what its symbolic link leads to. */
export function fileBehind(path: string, linkTarget: string | undefined): string {
  return (linkTarget === undefined ? undefined : linkedFile(path, linkTarget)) ?? path;
}

/**
 * The path in the tree that a symbolic link leads to; undefined if it leads out of the tree or to a folder. A link has
 * to lead straight to a regular file, by a relative path without `..`.
 */
export function linkedFile(path: string, target: string): string | undefined {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  if (target.startsWith('/') || parts.includes('..') || /(?:^|\/)\.?$/.test(target)) return undefined;
  return [...path.split('/').slice(0, -1), ...parts].join('/');
}

/** Whether `readLayout` wants to hear of a file as a candidate. */
export function isCandidate(path: string): boolean {
  return /(?:^|\/)build\.sh$/.test(path) || A_DOCKERFILE.test(path);
}

/** DockerFile is common, since docker finds it where the file system knows no case; Containerfile is podman's. */
const A_DOCKERFILE = /(?:^|\/)(?:docker|container)file$/i;

function findInstead(tree: Tree): Instead {
  const candidates = [...tree.candidates()].sort();
  return {
    folders: candidates
      .filter((path) => path.endsWith('/build.sh'))
      .map((path) => path.slice(0, -'/build.sh'.length))
      .filter((folder) => tree.has(`${folder}/run.sh`)),
    dockerfiles: candidates.filter((path) => A_DOCKERFILE.test(path)),
    files: FOREIGN_FILES.filter((file) => tree.has(file)),
  };
}

export function isForeignFile(path: string): path is ForeignFile {
  return FOREIGN_FILES.some((file) => file === path);
}
