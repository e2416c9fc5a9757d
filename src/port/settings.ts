import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAppName } from '../contract.ts';
import { type ConfigEntry, readGitConfig } from './git/config.ts';
import { ask, type Git } from './git/git.ts';
import { badAppName, notASetting, wrongSettings, wrongValue } from './messages/settings.ts';
import { readBoolean, readNumber, readSeconds, readSize } from './setting-values.ts';

export interface PortSettings {
  readonly app: string;
  /** ssh destinations, tried in order. */
  readonly factories: readonly string[];
  /** The branch whose pushes are built, without refs/heads/. */
  readonly branch: string;
  /** The longest a build may take, in seconds. */
  readonly timeout: number;
  readonly keepBuilds: number;
  /** Bytes of a build's log. */
  readonly maxLog: number;
  /** The most files and folders a commit may have. */
  readonly maxEntries: number;
  readonly color: 'auto' | 'always' | 'never';
  /** How many seconds an image must run before it is pushed; undefined: it is not started. */
  readonly check: number | undefined;
  /** A shell command to run after each build. */
  readonly afterBuild: string | undefined;
  /** Whether git accepts a push only after it has been built. */
  readonly gate: boolean;
  /** An ssh config file to use instead of the user's and the system's (`ssh -F`). */
  readonly sshConfig: string | undefined;
}

export interface Setting {
  /** Parses a value; undefined if it is invalid. */
  read: (value: string) => unknown;
  /** Describes valid values. */
  wanted: string;
  /** As one would type it. */
  default?: string;
  /** What applies if it is not set, for settings without a fixed default. */
  without?: string;
  means: string;
}

/** All settings that `git config` may set; the table of the manual is made from this. */
export const PORT_SETTINGS = {
  factory: {
    read: (value) => (/^[\w@:[\]./-]+$/.test(value) && !value.startsWith('-') ? value : undefined),
    wanted: 'an ssh destination',
    default: 'factory',
    means: "ssh destination of the factory, resolved by the user's ssh config; repeat it to try several in order",
  },
  branch: {
    read: (value) => value.replace(/^refs\/heads\//, '') || undefined,
    wanted: 'a branch',
    without: "the repository's HEAD",
    means: 'the branch to build',
  },
  app: {
    read: (value) => (isAppName(value) ? value : undefined),
    wanted: 'an app name',
    without: 'the folder name without .git',
    means: 'the name of the image',
  },
  timeout: {
    read: (value) => readSeconds(value, 500 * 3600),
    wanted: 'a time such as 30m, from 1s to 500h',
    default: '30m',
    means: 'the longest a build may take: a number with s, m or h',
  },
  keepBuilds: {
    read: readNumber(/^[1-9]\d{0,5}$/),
    wanted: 'a number',
    default: '100',
    means: 'how many records and logs to keep per app',
  },
  maxLog: {
    read: (value) => readSize(value, 1024 ** 2),
    wanted: 'a size such as 100M, at least 1M',
    default: '100M',
    means: "the most that a build's log may hold; of a longer one, the beginning and the last lines are kept",
  },
  maxEntries: {
    read: readNumber(/^[1-9]\d{0,8}$/),
    wanted: 'a number',
    default: '200000',
    means: 'the most files and folders a commit may have',
  },
  color: {
    read: (value) => ['auto', 'always', 'never'].find((word) => word === value),
    wanted: 'auto, always or never',
    default: 'auto',
    means: "always: color Doskara's own lines too; never: strip the colors of the build's output",
  },
  gate: {
    read: readBoolean,
    wanted: 'true or false',
    default: 'false',
    means: 'accept a push only after it has been built; doskara gate sets it and installs its hook',
  },
  check: {
    read: (value) => readSeconds(value, 600),
    wanted: 'a time such as 10s, from 1s to 10m',
    means:
      'start each image on the factory, without network, before it is pushed: it must run this long, or exit with 0',
  },
  afterBuild: {
    read: (value) => value.trim() || undefined,
    wanted: 'a command',
    means: 'a shell command to run on port after each build',
  },
  sshConfig: {
    read: (value) => (value.startsWith('/') ? value : undefined),
    wanted: 'an absolute path',
    means: "an ssh config file to use instead of the user's (ssh -F)",
  },
  root: {
    read: (value) => value,
    wanted: 'a folder',
    default: '/srv/git',
    means: 'where doskara create puts repositories; set it with --global or --system',
  },
} satisfies Record<string, Setting>;

/** The default, for the manual. */
export const shownDefault = (setting: Setting) => setting.default ?? setting.without ?? '';

/** Whether `doskara.gate` is on; an invalid value counts as on. */
export function isGated(config: readonly ConfigEntry[]): boolean {
  const entry = config.findLast(({ key }) => key === 'doskara.gate');
  return entry !== undefined && readBoolean(entry.value) !== false;
}

/** Reads `doskara.*` for the repository at `path`. Rejects with one Trouble that names all problems (exit code 2). */
export async function readSettings(git: Git, path: string, folderName: string): Promise<PortSettings> {
  const [config, branch] = await Promise.all([readGitConfig(git, path), readHeadBranch(git, path)]);
  return parseSettings(config, { app: folderName, branch: branch ?? 'main' });
}

/** What applies in the repository at `path` where nothing is set, as one would type it. */
export async function readDefaults(
  git: Git,
  path: string,
  folderName: string,
): Promise<Record<string, string | undefined>> {
  const fixed = Object.entries<Setting>(PORT_SETTINGS).map(([name, setting]) => [name, setting.default]);
  return { ...Object.fromEntries(fixed), app: folderName, branch: (await readHeadBranch(git, path)) ?? 'main' };
}

/** The settings of a repository under `root` that sets nothing itself. */
export async function readSettingsOutside(git: Git, root: string): Promise<PortSettings> {
  return parseSettings(await readGitConfig(git, root), { app: 'new', branch: 'main' });
}

/** The branch of HEAD, without a git process (see readHead) if it can; the reftable backend has only a dummy HEAD. */
async function readHeadBranch(git: Git, path: string): Promise<string | undefined> {
  const [, branch] = /^ref: refs\/heads\/(?!\.invalid)(.+)\n$/.exec(await readFile(join(path, 'HEAD'), 'utf8')) ?? [];
  return branch ?? (await ask(git, 'symbolic-ref', '--quiet', '--short', 'HEAD'))?.trim();
}

/** The last value of a key wins; `doskara.factory` has all values of the last scope that sets it. */
export function parseSettings(config: readonly ConfigEntry[], fallback: { app: string; branch: string }): PortSettings {
  const values = new Map<string, { scope: string; all: unknown[] }>();
  const problems: string[] = [];
  for (const { scope, key, value } of config.filter((entry) => entry.key.startsWith('doskara.'))) {
    const read = readValue(key.slice('doskara.'.length), value);
    if ('problem' in read) problems.push(read.problem);
    else {
      const before = values.get(read.name);
      values.set(read.name, { scope, all: [...(before?.scope === scope ? before.all : []), read.value] });
    }
  }
  const all = (name: Name) => values.get(name)?.all ?? defaultOf(PORT_SETTINGS[name]);
  const last = (name: Name) => all(name).at(-1);
  const app = last('app') ?? fallback.app;
  if (!isAppName(String(app))) problems.push(badAppName(String(app)));
  if (problems.length > 0) throw wrongSettings(problems);
  return Object.freeze({
    app,
    factories: all('factory'),
    branch: last('branch') ?? fallback.branch,
    timeout: last('timeout'),
    keepBuilds: last('keepBuilds'),
    maxLog: last('maxLog'),
    maxEntries: last('maxEntries'),
    color: last('color'),
    check: last('check'),
    afterBuild: last('afterBuild'),
    gate: last('gate'),
    sshConfig: last('sshConfig'),
  }) as unknown as PortSettings;
}

type Name = keyof typeof PORT_SETTINGS;

const defaultOf = ({ default: value, read }: Setting) => (value === undefined ? [] : [read(value)]);

/** Git prints keys in lower case. */
const BY_KEY = new Map(Object.entries<Setting>(PORT_SETTINGS).map((each) => [each[0].toLowerCase(), each]));

/** Finds a setting by its name in any case, with or without `doskara.`. */
export function findSetting(word: string): { name: Name; setting: Setting } | undefined {
  const [name, setting] = BY_KEY.get(word.toLowerCase().replace(/^doskara\./, '')) ?? [];
  return name === undefined || setting === undefined ? undefined : { name: name as Name, setting };
}

function readValue(key: string, text: string): { name: string; value: unknown } | { problem: string } {
  const { name, setting } = findSetting(key) ?? {};
  if (name === undefined || setting === undefined) return { problem: notASetting(key) };
  const value = setting.read(text);
  return value === undefined ? { problem: wrongValue(key, text, setting.wanted) } : { name, value };
}
