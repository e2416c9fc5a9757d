import { isRelease, RELEASES } from './releases.ts';
import type { STEPS } from './steps.ts';

export type StepName = keyof typeof STEPS;

/** One machine, and what is tried on it. */
export interface Job {
  release: (typeof RELEASES)[number];
  kind: keyof typeof KINDS;
}

interface Kind {
  admin: string;
  /** What its root file system has beside what boots. */
  packages: string[];
  steps: StepName[];
}

const CLONING = ['git', 'npm'];

export const KINDS = {
  root: {
    admin: 'root',
    packages: CLONING,
    steps: ['install', 'push', 'doctor', 'install again', 'docker stopped', 'reboot', 'uninstall, install'],
  },
  user: { admin: 'admin', packages: [...CLONING, 'sudo'], steps: ['install', 'push', 'doctor', 'install again'] },
  tests: { admin: 'root', packages: CLONING, steps: ['npm cit'] },
} satisfies Record<string, Kind>;

/** The release whose machine runs `npm cit`, where it is among those asked for. */
const TESTED = 'trixie';

/** What `npm run test:machines -- WORD...` asks for: releases, or one machine of a release as `bookworm/user`. */
export function plan(words: string[]): Job[] | { wrong: string } {
  const jobs: Job[] = [];
  for (const word of words.length === 0 ? RELEASES : words) {
    const [release = '', kind] = word.split('/');
    if (!isRelease(release) || (kind !== undefined && !isKind(kind))) return { wrong: word };
    const kinds = kind === undefined ? kindsOf(release) : [kind];
    jobs.push(...kinds.map((each) => ({ release, kind: each })));
  }
  // what takes longest goes first: two run at a time
  return jobs.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const ORDER: Job['kind'][] = ['tests', 'root', 'user'];

const isKind = (word: string): word is Job['kind'] => Object.hasOwn(KINDS, word);

function kindsOf(release: string): Job['kind'][] {
  return release === TESTED ? ['root', 'user', 'tests'] : ['root', 'user'];
}
