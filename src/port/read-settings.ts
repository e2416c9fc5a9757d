import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAppName } from '../contract.ts';
import { BUILD_ARG_WANTED, doBuildArgsFit } from '../dockerfile-options.ts';
import { type Command, command } from '../errors.ts';
import { rankFor } from '../rendezvous.ts';
import { isPattern } from './branch-patterns.ts';
import { type ConfigEntry, readGitConfig } from './git/config.ts';
import { ask, type Git } from './git/git.ts';
import { badAppName, notASetting, tooManyBuildArgs, wrongSettings, wrongValue } from './messages/settings.ts';
import type { Setting } from './setting-values.ts';
import { findSetting, PORT_SETTINGS, type PortSettings } from './settings.ts';

/** Reads `doskara.*` for the repository at `path`. Rejects with one Trouble that names all problems (exit code 2). */
export async function readSettings(git: Git, path: string, folderName: string): Promise<PortSettings> {
  const [config, branch] = await Promise.all([readGitConfig(git, path), readHeadBranch(git, path)]);
  const look = command('config', isAppName(folderName) ? folderName : path);
  return parseSettings(config, { app: folderName, branch: branch ?? 'main' }, look);
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
  return parseSettings(
    await readGitConfig(git, root),
    { app: 'new', branch: 'main' },
    'git config --list --show-origin',
  );
}

/** The branch of HEAD, without a git process (see readHead) if it can; the reftable backend has only a dummy HEAD. */
async function readHeadBranch(git: Git, path: string): Promise<string | undefined> {
  const [, branch] = /^ref: refs\/heads\/(?!\.invalid)(.+)\n$/.exec(await readFile(join(path, 'HEAD'), 'utf8')) ?? [];
  return branch ?? (await ask(git, 'symbolic-ref', '--quiet', '--short', 'HEAD'))?.trim();
}

/**
 * The last value of a key wins; those that may have several have all of the last scope that sets them. `look`: what to
 * type, to see where an invalid one is set.
 */
export function parseSettings(
  config: readonly ConfigEntry[],
  fallback: { app: string; branch: string },
  look: string | Command = command('config', fallback.app),
): PortSettings {
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
  const all = (name: keyof typeof PORT_SETTINGS) => values.get(name)?.all ?? defaultOf(PORT_SETTINGS[name]);
  const last = (name: keyof typeof PORT_SETTINGS) => all(name).at(-1);
  const app = last('app') ?? fallback.app;
  if (!isAppName(String(app))) problems.push(badAppName(String(app)));
  const factories = all('factory') as string[];
  const buildArgs = all('buildArg') as string[];
  const built = all('branch') as string[];
  const main = built.find((each) => !isPattern(each)) ?? fallback.branch;
  if (!doBuildArgsFit(buildArgs)) problems.push(tooManyBuildArgs(BUILD_ARG_WANTED));
  if (problems.length > 0) throw wrongSettings(problems, look);
  return Object.freeze({
    app,
    factories: last('spread') === true ? rankFor(String(app), factories) : factories,
    spread: last('spread'),
    maxSending: last('maxSending'),
    branch: main,
    branches: [main, ...built.filter((each) => each !== main)],
    timeout: last('timeout'),
    keepBuilds: last('keepBuilds'),
    maxLog: last('maxLog'),
    maxEntries: last('maxEntries'),
    color: last('color'),
    folder: last('folder'),
    watch: all('watch'),
    dockerfile: last('dockerfile'),
    target: last('target'),
    buildArgs,
    image: {
      reproducible: last('reproducible'),
      platforms: last('platforms') ?? [],
      attest: [...new Set(all('attest'))].toSorted(),
    },
    baseImage: last('baseImage'),
    submodules: last('submodules'),
    submoduleHosts: all('submoduleHost'),
    submoduleBase: last('submoduleBase'),
    ssh: last('ssh'),
    check: last('check'),
    afterBuild: last('afterBuild'),
    gate: last('gate'),
    sshConfig: last('sshConfig'),
  }) as unknown as PortSettings;
}

const defaultOf = ({ default: value, read }: Setting) => (value === undefined ? [] : [read(value)]);

function readValue(key: string, text: string): { name: string; value: unknown } | { problem: string } {
  const { name, setting } = findSetting(key) ?? {};
  if (name === undefined || setting === undefined) return { problem: notASetting(key) };
  const value = setting.read(text);
  return value === undefined ? { problem: wrongValue(key, text, setting.wanted) } : { name, value };
}
