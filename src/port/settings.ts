import { isAppName } from '../contract.ts';
import type { ImageOptions } from '../image-options.ts';
import { readBranch } from './branch-patterns.ts';
import type { ConfigEntry } from './git/config.ts';
import { readBoolean, readNumber, readSeconds, readSize, type Setting } from './setting-values.ts';
import { SOURCE_SETTINGS } from './source-settings.ts';

export interface PortSettings {
  readonly app: string;
  /** ssh destinations, tried in order. */
  readonly factories: readonly string[];
  /** Whether each app has its own order of them. */
  readonly spread: boolean;
  /** How many builds port sends to one factory at once. */
  readonly maxSending: number;
  /** The branch whose pushes are built, without refs/heads/; the main one, unless this is about another. */
  readonly branch: string;
  /** The main branch first, then the names and patterns of others that are built. */
  readonly branches: readonly string[];
  /** The longest a build may take, in seconds. */
  readonly timeout: number;
  readonly keepBuilds: number;
  /** Bytes of a build's log. */
  readonly maxLog: number;
  /** The most files and folders a commit may have. */
  readonly maxEntries: number;
  readonly color: 'auto' | 'always' | 'never';
  /** The folder of the repository that is the app; undefined: all of it. */
  readonly folder: string | undefined;
  /** Further paths that the app is built from; only with a folder. */
  readonly watch: readonly string[];
  /** The path of the Dockerfile in an app without scripts. */
  readonly dockerfile: string;
  /** The stage of it to build; undefined: the last one. */
  readonly target: string | undefined;
  /** `KEY=value` each. */
  readonly buildArgs: readonly string[];
  /** How its image is made. */
  readonly image: ImageOptions;
  /** What an app with scripts is built on; undefined: the factory's own. */
  readonly baseImage: string | undefined;
  /** Whether the files of submodules belong to the app. */
  readonly submodules: boolean;
  /** Hosts to fetch them from. */
  readonly submoduleHosts: readonly string[];
  /** What their relative URLs are relative to. */
  readonly submoduleBase: string | undefined;
  /** Whether builds may use ssh with the app's key. */
  readonly ssh: 'default' | undefined;
  /** How many seconds an image must run before it is pushed; undefined: it is not started. */
  readonly check: number | undefined;
  /** A shell command to run after each build. */
  readonly afterBuild: string | undefined;
  /** Whether git accepts a push only after it has been built. */
  readonly gate: boolean;
  /** An ssh config file to use instead of the user's and the system's (`ssh -F`). */
  readonly sshConfig: string | undefined;
}

/** All settings that `git config` may set; the table of the manual is made from this. */
export const PORT_SETTINGS = {
  factory: {
    read: (value) => (/^[\w@:[\]./-]+$/.test(value) && !value.startsWith('-') ? value : undefined),
    wanted: 'an ssh destination',
    default: 'factory',
    means: "ssh destination of the factory, resolved by the user's ssh config; repeat it to try several in order",
    several: true,
  },
  spread: {
    read: readBoolean,
    wanted: 'true or false',
    default: 'false',
    means:
      'spread apps over several factories: each app builds on one of them, its home, and on the others if that is down',
  },
  maxSending: {
    read: readNumber(/^[1-9]\d{0,3}$/),
    wanted: 'a number up to 9999',
    default: '20',
    means:
      'how many builds to send to one factory at once, running or waiting there; others wait on port; set it with --global or --system',
  },
  branch: {
    read: readBranch,
    wanted: 'a branch such as main, or a pattern such as release/*',
    without: "the repository's HEAD",
    means:
      'the branch to build; repeat it for more: names, or patterns such as release/* (the first name is the main one)',
    several: true,
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
    means: "the most a build's log may hold; a longer one keeps only its beginning and its last lines",
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
  ...SOURCE_SETTINGS,
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

type Name = keyof typeof PORT_SETTINGS;

/** Git prints keys in lower case. */
const BY_KEY = new Map(Object.entries<Setting>(PORT_SETTINGS).map((each) => [each[0].toLowerCase(), each]));

/** Finds a setting by its name in any case, with or without `doskara.`. */
export function findSetting(word: string): { name: Name; setting: Setting } | undefined {
  const [name, setting] = BY_KEY.get(word.toLowerCase().replace(/^doskara\./, '')) ?? [];
  return name === undefined || setting === undefined ? undefined : { name: name as Name, setting };
}
