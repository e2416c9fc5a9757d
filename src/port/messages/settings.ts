/** What port says about settings. */
import { type Command, command, type Hint, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { orList } from '../did-you-mean.ts';

const usage = (code: string, message: string, hint: Hint, cause?: unknown) =>
  new Trouble(code, EXIT.usage, message, { hint, cause });

export const notASetting = (key: string) => `doskara.${escaped(key)} is not a setting`;
export const wrongValue = (key: string, value: string, wanted: string) =>
  `doskara.${key}=${JSON.stringify(value)} should be ${wanted}`;
export const tooManyBuildArgs = (wanted: string) => `doskara.buildArg has too many values, or too long ones: ${wanted}`;
export const badAppName = (name: string) => `${JSON.stringify(name)} is not a valid app name: set doskara.app`;

/** `look`: shows where they are set. */
export const wrongSettings = (problems: readonly string[], look: string | Command) =>
  usage('bad-settings', problems.join('; '), ['an admin can fix it on port; to see where it is set: ', look]);

export const noSuchSetting = (app: string, word: string, near: readonly string[]) =>
  usage('no-such-setting', `${JSON.stringify(escaped(word))} is not a setting`, [
    `${near.length > 0 ? `did you mean ${orList(near)}? ` : ''}all settings: `,
    command('config', app),
  ]);
export const whichSetting = (app: string) =>
  usage('which-setting', 'name a setting', ['all settings: ', command('config', app)]);
export const noValue = (app: string, key: string) =>
  usage('no-value', 'name a value to add', [command('config', app, key, '<value>', '--add')]);
/** `several`: settings that take several values. */
export const oneValue = (app: string, key: string, value: string, several: readonly string[]) =>
  usage('one-value', `${key} has one value: --add is for ${orList(several)}`, [
    'to replace it: ',
    command('config', app, key, value),
  ]);
export const unsetTakesNoValue = (app: string, key: string) =>
  usage('unset-value', '--unset takes no value', [command('config', app, key, '--unset')]);
export const valueRefused = (app: string, key: string, problem: string) =>
  usage('bad-setting', problem, ['its value now: ', command('config', app, key)]);
export const rootOfPort = () =>
  usage(
    'root-of-port',
    'doskara.root applies to the port, not to an app',
    'as root: git config --system doskara.root <folder>',
  );
/** `file`: where it is set instead, if it is. */
export const notSetHere = (app: string, key: string, file: string | null) =>
  file === null
    ? usage('not-set', `${key} is not set for ${app}`, ['all settings: ', command('config', app)])
    : usage('not-set', `${key} is set in ${file}, not in the repository of ${app}`, [
        `to remove it there: git config --file ${file} --unset-all doskara.${key}; to set another value here: `,
        command('config', app, key, '<value>'),
      ]);
export const settingNotWritten = (file: string, cause: Error) =>
  usage(
    'setting-not-written',
    `cannot change ${file}: ${escaped(cause.message.split('\n')[0] ?? '')}`,
    `run this as its owner; if no git is running there: rm -f ${file}.lock`,
    cause,
  );

interface Applying {
  key: string;
  values: readonly string[];
  /** null: it is the default. */
  scope: string | null;
  file: string | null;
}

/** What applies after a change. */
export function nowSet({ key, values, scope, file }: Applying): string {
  if (values.length === 0) return keyGone(key);
  const from = scope === null ? ', the default' : scope === 'repository' ? '' : `, set in ${file}`;
  return `${key} is now ${values.map(escaped).join(', ')}${from}`;
}
export const keyGone = (key: string) => `${key} is not set any more`;

/** After a change of what an image depends on, of an app that was built before. */
export const countsFromNextBuild = (app: string): Hint => [
  'this counts from the next build on; to build now: ',
  command('replay', app),
];

/** With several branches. */
export const afterBuildOfAll = (): Hint =>
  'doskara.afterBuild runs for each of these branches: in it, $DOSKARA_TAG is latest only for the main one';

export const gateTurned = (app: string, state: 'on' | 'off') =>
  state === 'on'
    ? `the gate of ${app} is on: git accepts a push to the build branch only after it has been built`
    : `the gate of ${app} is off: git accepts a push first, and it is built then`;
export const gateHookMissing = (app: string): Hint => [
  'doskara.gate is set, but its hook is not installed: ',
  command('gate', app, 'on'),
];
