import { baseImageForbidden } from './messages/settings.ts';
import type { FactorySettings } from './settings.ts';

/**
 * The settings for an app that asks for its own base image. Throws a Trouble (exit code 2) if the factory does not
 * allow it.
 */
export function withBaseImage(settings: FactorySettings, baseImage: string | undefined): FactorySettings {
  if (baseImage === undefined || baseImage === settings.baseImage) return settings;
  const { baseImages } = settings;
  if (!baseImages.some((pattern) => matches(pattern, baseImage))) throw baseImageForbidden(baseImage, settings);
  return { ...settings, baseImage };
}

/** A star stands for any part of a name or tag; a pattern without a tag does not match an image with one. */
function matches(pattern: string, image: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.]/g, '\\.'));
  return new RegExp(`^${parts.join('[^/:@]*')}$`).test(image);
}
