/** What port says about its settings. */
import { Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';

export const unknownSetting = (key: string) => `doskara.${key} is not a setting`;
export const badValue = (key: string, value: string, wanted: string) =>
  `doskara.${key}=${JSON.stringify(value)} should be ${wanted}`;
export const badAppName = (name: string) => `${JSON.stringify(name)} is not a valid app name: set doskara.app`;

export const badSettings = (problems: readonly string[]) =>
  new Trouble('bad-settings', EXIT.usage, problems.join('; '), {
    hint: "an admin can fix it on port with git config; to see where it is set: git config --show-origin --get-regexp '^doskara'",
  });
