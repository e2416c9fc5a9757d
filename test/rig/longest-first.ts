import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The slowest files, which start first so that none of them runs alone at the end. */
const LONGEST = [
  'order',
  'farm-faults',
  'faults',
  'disconnect',
  'gate-stray',
  'monsters',
  'gate-silence',
  'remote-builder',
  'disk',
  'gate-faults',
  'gate',
  'release',
  'check-image',
  'layers',
  'runner',
  'push',
  'rollback',
  'caches',
  'verdict',
  'verdict-broken',
  'full-port',
  'large',
  'machine',
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
