import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import * as messages from './messages/settings.ts';
import { FACTORY_SETTINGS, type FactorySettings, type Setting } from './settings.ts';

const SETTINGS_FILE = '/etc/doskara/factory.env';

/**
 * Reads `/etc/doskara/factory.env`; the environment overrides it. Rejects with one Trouble that names all problems
 * (exit code 2).
 */
export async function readFactorySettings(env: NodeJS.ProcessEnv, file = SETTINGS_FILE): Promise<FactorySettings> {
  const fromFile = parseEnv(await readFile(file, 'utf8').catch(absent));
  return parseFactorySettings(fromFile, env, file);
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw messages.settingsUnreadable(error);
}

export function parseFactorySettings(
  fromFile: NodeJS.Dict<string>,
  env: NodeJS.Dict<string>,
  file = SETTINGS_FILE,
): FactorySettings {
  const known = Object.values<Setting>(FACTORY_SETTINGS).flatMap(({ key, formerKey }) => [key, formerKey]);
  const problems = Object.keys(fromFile)
    .filter((key) => key.startsWith('DOSKARA_') && !known.includes(key))
    .map(messages.unknownSetting);
  const settings: Record<string, unknown> = {};
  for (const [property, setting] of Object.entries<Setting>(FACTORY_SETTINGS)) {
    const { key, value } = findValue(setting, [env, fromFile]);
    settings[property] = setting.read(value);
    if (settings[property] === undefined) problems.push(messages.badValue(key, value, setting.wanted));
  }
  if (problems.length > 0) throw messages.badSettings(problems, file);
  return Object.freeze(settings as unknown as FactorySettings);
}

/** The first place that sets it wins. */
function findValue({ key, formerKey = key, default: value }: Setting, places: readonly NodeJS.Dict<string>[]) {
  for (const place of places)
    for (const name of [key, formerKey]) {
      const found = place[name];
      if (found !== undefined) return { key: name, value: found };
    }
  return { key, value };
}
