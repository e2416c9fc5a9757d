import { DOCKERFILE } from '../app-layout.ts';
import { BUILD_ARG_WANTED, isBuildArg, isPlainPath, isTarget } from '../dockerfile-options.ts';
import { isImageReference } from '../image-reference.ts';
import { isSubmoduleHost, parseSubmoduleUrl } from './git/submodule-url.ts';
import { IMAGE_OPTION_SETTINGS } from './image-settings.ts';
import { readBoolean, type Setting } from './setting-values.ts';

/** The settings for what of a repository is built, and how. */
export const SOURCE_SETTINGS = {
  folder: {
    read: (value) => readPath(value),
    wanted: 'a path such as services/api',
    without: 'the whole repository',
    means: 'the folder of the repository that is the app: its content is the root of what is built',
  },
  watch: {
    read: (value) => readPath(value),
    wanted: 'a path such as libs/common',
    means: 'with doskara.folder: another path whose changes cause a build; repeat it for several',
    several: true,
  },
  dockerfile: {
    read: (value) => (isPlainPath(value) ? value : undefined),
    wanted: 'a path such as deploy/Dockerfile',
    default: DOCKERFILE,
    means: 'the Dockerfile of an app without build.sh and run.sh',
  },
  target: {
    read: (value) => (isTarget(value) ? value : undefined),
    wanted: 'the name of a stage',
    without: 'the last stage',
    means: 'the stage of the Dockerfile to build',
  },
  buildArg: {
    read: (value) => (isBuildArg(value) ? value : undefined),
    wanted: BUILD_ARG_WANTED,
    means:
      'a build argument for the Dockerfile, KEY=value, not for secrets (see doskara secret); repeat it for several',
    several: true,
  },
  baseImage: {
    read: (value) => (isImageReference(value) ? value : undefined),
    wanted: 'an image reference',
    without: "the factory's",
    means: 'the image to build an app with build.sh and run.sh on, if the factory allows it (DOSKARA_BASE_IMAGES)',
  },
  ...IMAGE_OPTION_SETTINGS,
  submodules: {
    read: readBoolean,
    wanted: 'true or false',
    default: 'false',
    means: "fetch the commit's submodules, and send their files, too",
  },
  submoduleHost: {
    read: (value) => (isSubmoduleHost(value) ? value : undefined),
    wanted: 'a host such as git.example.org, or HOST:PORT',
    means: 'a host that submodules may be fetched from, by https or ssh; repeat it for several',
    several: true,
  },
  submoduleBase: {
    read: (value) => parseSubmoduleUrl(value)?.url,
    wanted: 'a URL of https or ssh',
    means: "what submodules' relative URLs are relative to: where the repository was cloned from",
  },
  ssh: {
    read: (value) => (value === 'default' ? value : undefined),
    wanted: 'default',
    means: 'default: builds can use ssh, with the key that doskara secret set --ssh has stored on the factories',
  },
} satisfies Record<string, Setting>;

function readPath(value: string): string | undefined {
  const path = value.replace(/\/$/, '');
  return isPlainPath(path) ? path : undefined;
}
