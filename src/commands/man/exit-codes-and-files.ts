import type { ExitCode } from '../../exit-codes.ts';

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

export const FILES: [string, string][] = [
  ['/srv/git/<app>.git', "an app's repository"],
  ['/srv/git/<app>.git/doskara/builds/<number>.json, <number>.log', 'record and log of a build'],
  ['/srv/git/.destroyed/<app>-<time>/', 'what doskara destroy has put aside'],
  ['/srv/git/.ssh/authorized_keys', "the pushers' keys"],
  ['/usr/local/doskara', 'the programs'],
];
