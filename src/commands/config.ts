import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_SETTINGS } from '../builds/unchanged.ts';
import { isPattern } from '../port/branch-patterns.ts';
import { orList, similarNames } from '../port/did-you-mean.ts';
import { type Git, openGit } from '../port/git/git.ts';
import { installHooks } from '../port/git/hooks.ts';
import * as messages from '../port/messages/settings.ts';
import { hint, warning } from '../port/messages/text.ts';
import { Records } from '../port/records.ts';
import { checkTrust } from '../port/repository.ts';
import {
  findProblem,
  readSettingStates,
  type SettingState,
  unsetSetting,
  writeSetting,
} from '../port/setting-states.ts';
import type { Setting } from '../port/setting-values.ts';
import { findSetting, PORT_SETTINGS } from '../port/settings.ts';
import { escaped } from '../printable.ts';
import { APP, JSON_OPTION } from './arguments.ts';
import type { AdminCommand, AdminSession } from './spec.ts';
import { print } from './stdout.ts';
import { formatTable } from './table.ts';

interface ConfigOptions {
  add?: boolean;
  unset?: boolean;
  json?: boolean;
}

const SEVERAL = Object.entries<Setting>(PORT_SETTINGS).flatMap(([name, { several }]) => (several ? [name] : []));

export const config: AdminCommand = {
  name: 'config',
  summary: "show or change an app's settings",
  who: 'admin',
  arguments: [
    APP,
    {
      name: 'key',
      meaning: 'a setting, with or without doskara. (default: list all)',
      optional: true,
      completes: 'settings',
    },
    { name: 'value', meaning: "sets it in the app's repository", optional: true },
  ],
  options: [
    { flags: '--add', meaning: `add a value to a setting that takes several: ${orList(SEVERAL)}` },
    { flags: '--unset', meaning: "remove what the app's repository sets" },
    JSON_OPTION,
  ],
  notes: 'doskara help settings explains each setting.',
  async run([app, key, value]: [string, string?, string?], options: ConfigOptions, session) {
    const opened = await openConfig(app, session);
    if (key === undefined) await listSettings(opened, options, session.width);
    else if (options.unset) await unset(opened, key, value);
    else if (value === undefined) await showSetting(opened, key, options);
    else await set(opened, key, value, options);
  },
};

/** An app's configuration. Invalid settings do not close it, so that they can be corrected. */
interface OpenedConfig {
  app: string;
  path: string;
  git: Git;
  hooks: AdminSession['installed'];
}

export async function openConfig(app: string, { openApp, installed }: AdminSession): Promise<OpenedConfig> {
  const path = await realpath((await openApp(app)).folder);
  await checkTrust(path);
  return { app, path, git: openGit(path), hooks: installed };
}

async function listSettings(
  { git, path, app }: OpenedConfig,
  { add, unset, json }: ConfigOptions,
  width: number | undefined,
): Promise<void> {
  if (add || unset) throw messages.whichSetting(app);
  const states = await readSettingStates(git, path);
  if (json) return print(JSON.stringify(states));
  const rows = states.map((state) => [
    state.key,
    state.values.map(escaped).join(', ') || '-',
    state.default ?? '-',
    state.file ?? '-',
  ]);
  formatTable(['key', 'value', 'default', 'set in'], rows, width, 1).forEach(print);
  for (const { problem } of states) if (problem !== null) process.stderr.write(`${warning(problem)}\n`);
}

async function showSetting(opened: OpenedConfig, word: string, { add, json }: ConfigOptions): Promise<void> {
  if (add) throw messages.noValue(opened.app, word);
  const state = await findState(opened, word);
  if (json) print(JSON.stringify(state));
  else state.values.forEach(print);
}

async function set(opened: OpenedConfig, word: string, value: string, { add, json }: ConfigOptions): Promise<void> {
  const { app } = opened;
  const { name, setting } = findSetting(word) ?? {};
  if (name === undefined || setting === undefined) throw noSuchSetting(app, word);
  if (name === 'root') throw messages.rootOfPort();
  if (add && setting.several !== true) throw messages.oneValue(app, name, value, SEVERAL);
  const problem = findProblem(name, setting, value);
  if (problem !== undefined) throw messages.valueRefused(app, name, problem);
  // what the user or the system sets counts no longer once the repository has a value of its own
  const before = add ? (await findState(opened, name)).values : [];
  await writeValues(opened, name, [...before, value]);
  await report(opened, name, json);
  await hintAtReplay(opened, name);
  if (name === 'branch') await hintAtAfterBuild(opened);
}

async function unset(opened: OpenedConfig, word: string, value: string | undefined): Promise<void> {
  const { app, path } = opened;
  const { key, file } = await findState(opened, word);
  if (value !== undefined) throw messages.unsetTakesNoValue(app, key);
  if (file !== join(path, 'config')) throw messages.notSetHere(app, key, file);
  await writeValues(opened, key, []);
  await report(opened, key, false);
  await hintAtReplay(opened, key);
}

/** Sets the values, or none, and installs or removes the hook of the gate. If that fails, nothing is changed. */
export async function writeValues(opened: OpenedConfig, key: string, values: readonly string[]): Promise<void> {
  const { git, path, hooks } = opened;
  const write = (all: readonly string[]) =>
    all.length === 0 ? unsetSetting(git, path, key) : writeSetting(git, path, key, all);
  const before = await findState(opened, key);
  await write(values);
  if (key !== 'gate') return;
  await installHooks(path, hooks).catch(async (error: unknown) => {
    await write(before.scope === 'repository' ? before.values : []);
    throw error;
  });
}

async function report(opened: OpenedConfig, key: string, json: boolean | undefined): Promise<void> {
  const state = (await readSettingStates(opened.git, opened.path)).find((each) => each.key === key);
  if (json) print(JSON.stringify(state));
  else print(state === undefined ? messages.keyGone(key) : messages.nowSet(state));
}

/** An app without a build has nothing to build again. */
async function hintAtReplay({ app, path }: OpenedConfig, key: string): Promise<void> {
  if (!IMAGE_SETTINGS.includes(key) || (await new Records(join(path, 'doskara')).numbers()).length === 0) return;
  process.stderr.write(`${hint(messages.countsFromNextBuild(app))}\n`);
}

/** A command that was written for one branch would deploy them all. */
async function hintAtAfterBuild({ git, path }: OpenedConfig): Promise<void> {
  const states = await readSettingStates(git, path);
  const valuesOf = (wanted: string) => states.find(({ key }) => key === wanted)?.values ?? [];
  const branches = valuesOf('branch');
  if ((branches.length < 2 && !branches.some(isPattern)) || valuesOf('afterBuild').length === 0) return;
  process.stderr.write(`${hint(messages.afterBuildOfAll())}\n`);
}

/** A key that is no setting can be looked at and removed where somebody has set it. */
async function findState({ app, git, path }: OpenedConfig, word: string): Promise<SettingState> {
  const key = findSetting(word)?.name ?? word.toLowerCase().replace(/^doskara\./, '');
  const state = (await readSettingStates(git, path)).find((each) => each.key === key);
  if (state === undefined) throw noSuchSetting(app, word);
  return state;
}

function noSuchSetting(app: string, word: string) {
  const keys = Object.keys(PORT_SETTINGS);
  const near = similarNames(
    word.toLowerCase().replace(/^doskara\./, ''),
    keys.map((key) => key.toLowerCase()),
  );
  return messages.noSuchSetting(
    app,
    word,
    keys.filter((key) => near.includes(key.toLowerCase())),
  );
}
