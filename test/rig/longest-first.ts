import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The slowest files, which start first so that none of them runs alone at the end. */
const LONGEST = [
  'builder-faults',
  'disconnect',
  'faults',
  'full-port',
  'order',
  'remote-builder',
  'builders',
  'engine-stops',
  'monsters',
  'readme',
  'check-image',
  'release',
  'gate-silence',
  'gate-faults',
  'gate',
  'secrets',
  'gate-stray',
  'push',
  'gate-order',
  'layers',
  'runner',
  'disk',
  'branches',
  'image-options',
  'caches',
  'verdict',
  'verdict-broken',
  'trouble',
  'large',
  'replace-refs',
  'ssh-commands',
  'busy',
  'doctor-latest',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

/** Files that are not listed come last, in any order. */
function rank({ moduleId }: TestSpecification): number {
  const at = LONGEST.indexOf(/([^/]+)\.test\.ts$/.exec(moduleId)?.[1] ?? '');
  return at === -1 ? LONGEST.length : at;
}
