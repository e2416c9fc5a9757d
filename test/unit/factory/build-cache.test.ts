import { expect, test } from 'vitest';
import { ours } from '../../../src/factory/build-cache.ts';

const LIMIT = `du -sk /var/cache/doskara 2>/dev/null | { read -r k d; }; "$@" || exit; [ -f run.sh ]`;

/** As BuildKit lists it: unordered, with other users' cache among ours. */
const PIECES = {
  base: [undefined, ''],
  workdir: ['base', '[stage-0 2/5] WORKDIR /app'],
  needed: ['workdir', '[stage-0 3/7] ADD deps-1.tar /app/'],
  deps: ['needed', `mount / from exec /bin/sh -c ${LIMIT} deps ./deps.sh`],
  lib: ['deps', '[linux/amd64/v2 stage-0 3/5] ADD lib.tar /app/'],
  app: ['lib', '[stage-0 4/5] ADD app.tar /app/'],
  built: ['app', 'mount / from exec /bin/sh ./build.sh'],
  cache: [undefined, 'cached mount /var/cache/doskara from exec /bin/sh ./build.sh with id "/doskara-shop"'],
  limited: ['app', `mount / from exec /bin/sh -c ${LIMIT} build /bin/sh -e ./build.sh`],
  limitedCache: [
    undefined,
    `cached mount /var/cache/doskara from exec /bin/sh -c ${LIMIT} build ./build.sh with id "/doskara-shop"`,
  ],
  theirs: ['base', '[stage-0 2/3] ADD app.tar /app/'],
  theirRun: ['theirs', 'mount / from exec /bin/sh -c make'],
} as const;

const listed = (parents: (parent: string) => object, rename = (text: string) => text) =>
  Object.entries(PIECES)
    .toReversed()
    .map(([id, [parent, text]]) => ({
      ID: id,
      Description: rename(text),
      InUse: false,
      ...(parent === undefined ? {} : parents(parent)),
    }));

const asFileOp = (text: string) => text.replace(/^\[.*/, 'fileop target');

test.each([
  ['before 1.42', listed((parent) => ({ Parent: parent }), asFileOp)],
  ['from 1.42 on, with the space in the name', listed((parent) => ({ ' Parents': [parent] }))],
  ['without it', listed((parent) => ({ Parents: [parent] }))],
])('finds what builds of apps left in the cache, in an order that can be removed: API %s', (_, pieces) => {
  expect(ours(pieces).map(({ ID }) => ID)).toEqual([
    'limitedCache',
    'limited',
    'cache',
    'built',
    'app',
    'lib',
    'deps',
    'needed',
    'workdir',
  ]);
});
