/** What port says about submodules. */
import { command, forAdmin } from '../../errors.ts';
import { escaped } from '../../printable.ts';
import { factory, firstLine, refused, short } from './text.ts';

interface Place {
  path: string;
  url: string;
  commit: string;
}

const named = (path: string) => `submodule ${JSON.stringify(escaped(path))}`;

export const fetching = ({ path, url, commit }: Place) =>
  `Fetching ${named(path)}, ${short(commit)} of ${escaped(url)}`;

export const noUrl = (path: string) =>
  refused(
    'submodule-without-url',
    `${named(path)} has no URL: .gitmodules does not name it`,
    'git submodule add <url> <path>, or git rm --cached <path>; then commit and push again',
  );

export const noBase = (app: string, path: string, url: string) =>
  refused(
    'submodule-base-missing',
    `${named(path)} has the relative URL ${escaped(url)}, and doskara.submoduleBase does not say what it is relative to`,
    forAdmin(
      ['set the URL that this repository was cloned from: ', command('config', app, 'submoduleBase', '<url>')],
      'use an absolute URL in .gitmodules, or ask an admin to set doskara.submoduleBase',
    ),
  );

export const badUrl = ({ path, url }: Place) =>
  refused(
    'submodule-url',
    `${named(path)} has a URL that port does not fetch from: ${escaped(url)}`,
    'use https://HOST/PATH, ssh://[USER@]HOST/PATH or [USER@]HOST:PATH in .gitmodules; then commit and push again',
  );

export const hostForbidden = (app: string, { path, url }: Place, host: string) =>
  refused(
    'submodule-host',
    `${named(path)} is at ${escaped(url)}, and port does not fetch from ${host}`,
    forAdmin(
      ['to allow it: ', command('config', app, 'submoduleHost', host, '--add')],
      'ask an admin to allow this host (doskara.submoduleHost)',
    ),
  );

/** `reason`: git's; empty if it fetched, and the commit was not among what it got. */
export function fetchFailed(place: Place, { reason, unreachable }: { reason: string; unreachable: boolean }) {
  const { path, url, commit } = place;
  if (reason === '')
    return refused(
      'submodule-commit-missing',
      `${named(path)}: ${escaped(url)} has no commit ${short(commit)}`,
      'push that commit there, then push again',
    );
  const message = `cannot fetch ${named(path)} from ${escaped(url)}: ${escaped(firstLine(reason))}`;
  const tryIt = `see whether port can: as the user of the repositories, git ls-remote ${escaped(url)}`;
  if (unreachable) return factory('submodule-unreachable', message, tryIt);
  const ask = 'check its URL in .gitmodules; or ask an admin whether port has access to it';
  return refused('submodule-not-fetched', message, forAdmin(tryIt, ask));
}

export const unreadable = (path: string, cause: Error) =>
  refused(
    'submodule-unreadable',
    `git cannot put the files of ${named(path)} into the commit: ${firstLine(cause.message)}`,
    'check git submodule status, commit and push again',
  );

export const tooDeep = (path: string, limit: number) =>
  refused(
    'submodules-too-deep',
    `${named(path.replace(/\/$/, ''))} has submodules more than ${limit} levels deep`,
    'leave some out, commit and push again',
  );

export const tooMany = (limit: number) =>
  refused(
    'too-many-submodules',
    `the commit has more than ${limit} submodules`,
    'leave some out, commit and push again',
  );

export const tooLarge = (app: string, limit: number) =>
  refused(
    'submodule-too-large',
    `the commit and its submodules have more than ${limit} files and folders`,
    forAdmin(
      ['to allow more: ', command('config', app, 'maxEntries', String(2 * limit))],
      'ask an admin to allow more (doskara.maxEntries)',
    ),
  );
