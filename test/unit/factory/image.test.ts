import { expect, test } from 'vitest';
import { planImage } from '../../../src/factory/image/tags-and-labels.ts';

const COMMIT = 'c'.repeat(40);

test('an image of a commit has its tag and labels, and latest moves last', () => {
  expect(planImage('warehouse:5000', 'my-app', COMMIT, 1_700_000_000)).toEqual({
    name: 'warehouse:5000/my-app',
    references: [`warehouse:5000/my-app:${COMMIT}`, 'warehouse:5000/my-app:latest'],
    labels: {
      'doskara.app': 'my-app',
      'org.opencontainers.image.title': 'my-app',
      'org.opencontainers.image.revision': COMMIT,
      'org.opencontainers.image.created': '2023-11-14T22:13:20.000Z',
    },
  });
});

test('an image of a tarball without a commit is latest, without a commit label', () => {
  expect(planImage('warehouse:5000', 'my-app', undefined, 0)).toEqual({
    name: 'warehouse:5000/my-app',
    references: ['warehouse:5000/my-app:latest'],
    labels: { 'doskara.app': 'my-app', 'org.opencontainers.image.title': 'my-app' },
  });
});
