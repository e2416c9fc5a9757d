import { isRelease, RELEASES } from './releases.ts';
import type { STEPS } from './steps.ts';

export type StepName = keyof typeof STEPS;

/** One machine, and what to test on it. */
export interface Job {
  release: (typeof RELEASES)[number];
  kind: keyof typeof KINDS;
}

interface Kind {
  admin: string;
  /** How Doskara gets there: a clone, or a release from `npm run release`. */
  gets: 'clone' | 'release';
  /** Packages in its root file system besides those it needs to boot. */
  packages: string[];
  steps: StepName[];
}

const CLONING = ['git', 'npm'];
const SHORT: StepName[] = ['install', 'push', 'doctor', 'install again'];
const LONG: StepName[] = [...SHORT, 'docker stopped', 'reboot', 'uninstall, install'];

export const KINDS = {
  root: { admin: 'root', gets: 'clone', packages: CLONING, steps: LONG },
  user: { admin: 'admin', gets: 'clone', packages: [...CLONING, 'sudo'], steps: LONG },
  release: { admin: 'root', gets: 'release', packages: [], steps: SHORT },
  tests: { admin: 'root', gets: 'clone', packages: CLONING, steps: ['npm cit'] },
} satisfies Record<string, Kind>;

/** Kinds that are tested on only one release, and which one. */
const ONCE: Record<string, Job['kind']> = { trixie: 'tests', bookworm: 'release' };

/** The machines that `npm run test:machines -- WORD...` asks for: releases, or one machine such as `bookworm/user`. */
export function plan(args: string[]): Job[] | { wrong: string } {
  const jobs: Job[] = [];
  for (const word of args.length === 0 ? RELEASES : args) {
    const [release = '', kind] = word.split('/');
    if (!isRelease(release) || (kind !== undefined && !isKind(kind))) return { wrong: word };
    const kinds = kind === undefined ? kindsOf(release) : [kind];
    jobs.push(...kinds.map((each) => ({ release, kind: each })));
  }
  // two run at a time, so the slowest go first
  return jobs.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const ORDER: Job['kind'][] = ['tests', 'root', 'user', 'release'];

const isKind = (word: string): word is Job['kind'] => Object.hasOwn(KINDS, word);

function kindsOf(release: string): Job['kind'][] {
  const once = ONCE[release];
  return ['root', 'user', ...(once === undefined ? [] : [once])];
}
