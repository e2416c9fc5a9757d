import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAppName } from '../contract.ts';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { parseDuration } from '../quantities.ts';
import { ask, type Git } from './git.ts';
import { type ConfigEntry, readGitConfig } from './git-config.ts';

export interface PortSettings {
  readonly app: string;
  /** ssh destinations, tried in order. */
  readonly factories: readonly string[];
  /** The branch whose pushes are built, without refs/heads/. */
  readonly branch: string;
  /** Longest build, in seconds. */
  readonly timeout: number;
  readonly keepBuilds: number;
  /** Most files and folders of a commit. */
  readonly maxEntries: number;
  readonly color: 'auto' | 'always' | 'never';
  /** A command for sh, run after each build. */
  readonly afterBuild: string | undefined;
  /** Git takes a push only when it has been built. */
  readonly gate: boolean;
  /** An ssh config file to use instead of the user's and the system's (`ssh -F`). */
  readonly sshConfig: string | undefined;
}

/** Key (git prints keys in lower case), its reader, and what a good value looks like. */
const KEYS: Record<string, { read: (value: string) => unknown; wanted: string }> = {
  app: { read: (value) => (isAppName(value) ? value : undefined), wanted: 'an app name' },
  factory: {
    read: (value) => (/^[\w@:[\]./-]+$/.test(value) && !value.startsWith('-') ? value : undefined),
    wanted: 'an ssh destination',
  },
  branch: { read: (value) => value.replace(/^refs\/heads\//, '') || undefined, wanted: 'a branch' },
  timeout: { read: readTimeout, wanted: 'a time such as 30m, from 1s to 500h' },
  keepbuilds: { read: (value) => (/^[1-9]\d{0,5}$/.test(value) ? Number(value) : undefined), wanted: 'a number' },
  maxentries: { read: (value) => (/^[1-9]\d{0,8}$/.test(value) ? Number(value) : undefined), wanted: 'a number' },
  color: {
    read: (value) => ['auto', 'always', 'never'].find((word) => word === value),
    wanted: 'auto, always or never',
  },
  afterbuild: { read: (value) => value.trim() || undefined, wanted: 'a command' },
  gate: { read: readBoolean, wanted: 'true or false' },
  sshconfig: { read: (value) => (value.startsWith('/') ? value : undefined), wanted: 'an absolute path' },
  root: { read: (value) => value, wanted: 'a folder' },
};

/** Node's timers end at once when they are asked for more than 596 hours. */
function readTimeout(value: string): number | undefined {
  const seconds = parseDuration(value) ?? 0;
  return seconds >= 1 && seconds <= 500 * 3600 ? seconds : undefined;
}

/** As git reads it; https://git-scm.com/docs/git-config#Documentation/git-config.txt-boolean */
function readBoolean(value: string): boolean | undefined {
  if (/^(?:true|yes|on|1)$/i.test(value)) return true;
  return /^(?:false|no|off|0)$/i.test(value) ? false : undefined;
}

/** Whether `doskara.gate` is set, for those who want to know nothing else: a gate that is misspelt stays shut. */
export function isGated(config: readonly ConfigEntry[]): boolean {
  const entry = config.findLast(({ key }) => key === 'doskara.gate');
  return entry !== undefined && readBoolean(entry.value) !== false;
}

/** Reads `doskara.*` as git sees it for the repository at `path`. Throws one Trouble that names all problems. */
export async function readSettings(git: Git, path: string, folderName: string): Promise<PortSettings> {
  const [config, branch] = await Promise.all([readGitConfig(git, path), readHeadBranch(git, path)]);
  return parseSettings(config, { app: folderName, branch: branch ?? 'main' });
}

/** What a repository in the folder `root` would have of `doskara.*`, if its own configuration said nothing. */
export async function readSettingsOutside(git: Git, root: string): Promise<PortSettings> {
  return parseSettings(await readGitConfig(git, root), { app: 'new', branch: 'main' });
}

/** The branch that HEAD names. The file is quicker than git; with the reftable backend it is only a stand-in. */
async function readHeadBranch(git: Git, path: string): Promise<string | undefined> {
  const [, branch] = /^ref: refs\/heads\/(?!\.invalid)(.+)\n$/.exec(await readFile(join(path, 'HEAD'), 'utf8')) ?? [];
  return branch ?? (await ask(git, 'symbolic-ref', '--quiet', '--short', 'HEAD'))?.trim();
}

/** The last value of a key counts; of several factories, all those of the last scope that has any. */
export function parseSettings(config: readonly ConfigEntry[], fallback: { app: string; branch: string }): PortSettings {
  const values = new Map<string, { scope: string; all: unknown[] }>();
  const problems: string[] = [];
  for (const { scope, key, value } of config.filter((entry) => entry.key.startsWith('doskara.'))) {
    const read = readValue(key.slice('doskara.'.length), value);
    const before = values.get(key);
    if ('problem' in read) problems.push(read.problem);
    else values.set(key, { scope, all: [...(before?.scope === scope ? before.all : []), read.value] });
  }
  const last = (name: string, otherwise?: unknown) => values.get(`doskara.${name}`)?.all.at(-1) ?? otherwise;
  const app = last('app', fallback.app);
  if (!isAppName(String(app))) problems.push(`${JSON.stringify(app)} can't be an app's name: set doskara.app`);
  if (problems.length > 0) throw wrongSettings(problems);
  return Object.freeze({
    app,
    factories: values.get('doskara.factory')?.all ?? ['factory'],
    branch: last('branch', fallback.branch),
    timeout: last('timeout', 30 * 60),
    keepBuilds: last('keepbuilds', 100),
    maxEntries: last('maxentries', 200_000),
    color: last('color', 'auto'),
    afterBuild: last('afterbuild'),
    gate: last('gate') === true,
    sshConfig: last('sshconfig'),
  }) as unknown as PortSettings;
}

function readValue(name: string, text: string): { value: unknown } | { problem: string } {
  const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
  if (key === undefined) return { problem: `doskara.${name} is not a setting` };
  const value = key.read(text);
  return value === undefined
    ? { problem: `doskara.${name}=${JSON.stringify(text)} should be ${key.wanted}` }
    : { value };
}

function wrongSettings(problems: string[]): Trouble {
  return new Trouble('bad-settings', EXIT.usage, problems.join('; '), {
    hint: "an admin mends it on port with git config; to see where it is set: git config --show-origin --get-regexp '^doskara'",
  });
}
