/** What the runner says about its settings. */
import { forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import type { FactorySettings } from '../settings.ts';

export const settingsUnreadable = (cause: NodeJS.ErrnoException) =>
  new Trouble('settings-unreadable', EXIT.usage, `cannot read ${cause.path}: ${cause.code}`, { cause });

export const unknownSetting = (key: string) => `${key} is not a setting`;
export const badValue = (key: string, value: string, wanted: string) =>
  `${key}=${JSON.stringify(value)} should be ${wanted}`;

export const baseImageForbidden = (image: string, { baseImage, baseImages }: FactorySettings) =>
  new Trouble('base-image-forbidden', EXIT.usage, `this factory does not allow the base image ${image}`, {
    hint: forAdmin(
      `allowed: ${[baseImage, ...baseImages].join(', ')}; to allow another: DOSKARA_BASE_IMAGES in /etc/doskara/factory.env`,
      `allowed: ${[baseImage, ...baseImages].join(', ')}; an admin can allow another`,
    ),
  });

export const badSettings = (problems: readonly string[], file: string) =>
  new Trouble('bad-settings', EXIT.usage, problems.join('; '), { hint: forAdmin(`fix it in ${file}`) });
