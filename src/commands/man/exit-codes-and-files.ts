import type { ExitCode } from '../../exit-codes.ts';

/** The exit codes and files in doskara(1). */

export const EXIT_CODES: Record<ExitCode, string> = {
  0: 'done; of a build: built and pushed to the warehouse',
  1: "the app's own build failed",
  2: 'wrong arguments, app name or settings',
  3: 'the commit or the archive was refused',
  4: 'the factory could not be reached, could not be trusted, or could not build',
  5: 'the image was built, but the warehouse did not accept it',
  70: 'a bug in Doskara',
  130: 'cancelled',
};

export const FILES: [string, string][] = [
  ['/srv/git/<app>.git', "an app's repository"],
  ['/srv/git/<app>.git/doskara/builds/<number>.json, <number>.log', 'the record and log of a build'],
  ['/srv/git/.destroyed/<app>-<time>/', 'backups of the apps that doskara destroy deleted'],
  ['/srv/git/.ssh/authorized_keys', "pushers' keys"],
  ['/usr/local/doskara', 'the programs'],
];
