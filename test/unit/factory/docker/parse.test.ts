import { describe, expect, test } from 'vitest';
import {
  builtDigest,
  isBuilderLost,
  isCacheDamaged,
  isGone,
  isMediaTypeRefused,
  isWorthRetrying,
  pushedDigest,
} from '../../../../src/factory/docker/parse.ts';
import { makePauses } from '../../../../src/factory/docker/pauses.ts';

test.each<[string, boolean]>([
  ['warehouse:5000/shop:latest: not found', true],
  ['manifest for warehouse:5000/shop:latest not found: manifest unknown: manifest unknown', true],
  ['pull access denied for shop, repository does not exist or may require docker login', true],
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', false],
  ['dial tcp 127.0.0.1:5000: connect: connection refused', false],
  ['lookup warehouse: no such host', false],
  ['it said nothing', false],
])('whether a registry has no such image: %s', (reason, gone) => {
  expect(isGone(reason)).toBe(gone);
});

const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('the digest of a push', () => {
  test.each<[string, string[], string | undefined]>([
    ['is in the last line', ['abc: Pushed', `latest: digest: ${DIGEST} size: 1234`], DIGEST],
    ['may be followed by other lines', [`c0ffee: digest: ${DIGEST} size: 5`, ''], DIGEST],
    [
      'is the last one if there are two',
      [`a: digest: sha256:${'0'.repeat(64)} size: 5`, `b: digest: ${DIGEST} size: 5`],
      DIGEST,
    ],
    ['is unknown without such a line', ['The push refers to repository [w/a]', 'denied'], undefined],
    ['is never shortened', ['latest: digest: sha256:abc size: 5'], undefined],
    ['is unknown without output', [], undefined],
  ])('%s', (_, lines, digest) => {
    expect(pushedDigest(lines)).toBe(digest);
  });
});

test.each([
  ['dial tcp 127.0.0.1:5000: connect: connection refused', true],
  ['received unexpected HTTP status: 503 Service Unavailable', true],
  ['manifest blob unknown: blob unknown to registry', true], // seen after an interrupted push of the same layer
  ['denied: requested access to the resource is denied', false],
  ['name unknown: repository name not known to registry', false],
])('a push that ended with "%s" is worth a retry: %s', (reason, worth) => {
  expect(isWorthRetrying(reason)).toBe(worth);
});

test.each([
  [
    'failed to commit qwj to 501 during finalize: failed to stat active key during commit: snapshot qwj does not exist: not found',
    true,
  ],
  ['failed to apply diffs: failed to stat lower snapshot oqp2: snapshot oqp2 does not exist: not found', true],
  ['failed to resolve source metadata for debian:bokworm: not found', false],
  ['failed to compute cache key: "/none": not found', false],
])('whether the build cache is damaged: %s', (reason, damaged) => {
  expect(isCacheDamaged(reason)).toBe(damaged);
});

test.each<[string, string | undefined]>([
  [`{"containerimage.digest": "${DIGEST}", "x": 1}`, DIGEST],
  ['{"containerimage.digest": "sha256:abc"}', undefined],
  ['{"containerimage.digest": 5}', undefined],
  ['null', undefined],
  ['', undefined],
])('the digest in the metadata %j', (metadata, digest) => {
  expect(builtDigest(metadata)).toBe(digest);
});

test.each([
  ['failed to push w/a: unexpected status from PUT request: 400 Bad Request: manifest invalid', true],
  ['unexpected status: 415 Unsupported Media Type', true],
  ['denied: requested access to the resource is denied', false],
])('a warehouse that says %j rejects the media type: %s', (reason, refused) => {
  expect(isMediaTypeRefused(reason)).toBe(refused);
});

describe('a builder is lost', () => {
  test.each([
    'failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF',
    'rpc error: code = Unavailable desc = closing transport due to: connection error: desc = "error reading from server: read unix @->/x.sock: use of closed network connection"',
    'Unavailable: error reading from server: EOF',
    'failed to list workers: Unavailable: connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.1:1234: connect: connection refused"',
    'failed to receive status: rpc error: code = Unavailable desc = transport is closing',
    'no active session for x7q: context deadline exceeded',
  ])('if the reason is %j', (reason) => {
    expect(isBuilderLost(reason)).toBe(true);
  });

  // a registry may say so
  test.each([
    'failed to resolve source metadata for w:5000/base: dial tcp 10.0.0.1:5000: connect: connection refused',
    'unexpected status from HEAD request to http://w:5000/v2/a/blobs/x: 503 Service Unavailable',
    'process "/bin/sh -e ./build.sh" did not complete successfully: exit code: 1',
    'failed to copy: httpReadSeeker: failed open: unexpected EOF',
    'context deadline exceeded',
  ])('not because of %j alone', (reason) => {
    expect(isBuilderLost(reason)).toBe(false);
  });
});

test('a push to a read-only registry is tried again for three minutes, others for five seconds, refused ones not', () => {
  const sum = (reason: string) => {
    const pauseAfter = makePauses();
    let total = 0;
    for (let pause = pauseAfter(reason); pause !== undefined; pause = pauseAfter(reason)) total += pause;
    return total;
  };
  expect(sum('unexpected status from POST request to http://w/v2/a/blobs/uploads/: 405 Method Not Allowed')).toBe(
    180_000,
  );
  expect(sum('error parsing HTTP 405 response body: invalid character')).toBe(180_000);
  expect(sum('connection refused')).toBe(5000);
  expect(sum('denied: requested access to the resource is denied')).toBe(0);
});
