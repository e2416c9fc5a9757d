import type { ExitCode } from '../exit-codes.ts';

/** What the man page says besides the commands. */

export const EXIT_CODES: Record<ExitCode, string> = {
  0: 'done; of a build: built and pushed to the warehouse',
  1: "the app's own build failed",
  2: 'wrong arguments, app name or settings',
  3: 'the commit or the archive was refused',
  4: 'the factory could not be reached, trusted, or was not able',
  5: 'the image was built, the warehouse did not take it',
  70: 'a bug of Doskara',
  130: 'cancelled',
};

/** Key, default, meaning. */
export const SETTINGS: [string, string, string][] = [
  ['doskara.factory', 'factory', "ssh destination, as the user's ssh config knows it; several are tried in order"],
  ['doskara.branch', 'what HEAD names', 'the branch whose pushes are built'],
  ['doskara.app', 'folder name without .git', "the image's name"],
  ['doskara.timeout', '30m', 'longest build'],
  ['doskara.keepBuilds', '100', 'records and logs kept per app'],
  ['doskara.maxEntries', '200000', 'most files and folders of a commit'],
  ['doskara.color', 'auto', "always colours our lines too, never takes the build's colours out"],
  ['doskara.gate', 'false', 'git takes a push to the build branch only when it has been built'],
  ['doskara.afterBuild', '', 'a command for sh, run after each build, with the record on standard input'],
  ['doskara.sshConfig', '', "an ssh config file to use instead of the user's (ssh -F)"],
  ['doskara.root', '/srv/git', 'where doskara create makes repositories (user or system)'],
];

export const FILES: [string, string][] = [
  ['/srv/git/<app>.git', "an app's repository"],
  ['/srv/git/<app>.git/doskara/builds/<number>.json, <number>.log', 'record and log of a build'],
  ['/srv/git/.destroyed/<app>-<time>/', 'what doskara destroy has put aside'],
  ['/srv/git/.ssh/authorized_keys', "the pushers' keys"],
  ['/usr/local/doskara', 'the programs'],
];
