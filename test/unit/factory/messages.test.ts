import { describe, expect, test } from 'vitest';
import type { AppLayout } from '../../../src/app-layout.ts';
import { formatHint } from '../../../src/errors.ts';
import { building } from '../../../src/factory/messages/build.ts';
import { baseImageMissing } from '../../../src/factory/messages/check.ts';
import * as messages from '../../../src/factory/messages/docker.ts';

test.each([
  [1, '1 file'],
  [2, '2 files'],
])('a build of %d says "%s"', (files, said) => {
  const layout = { kind: 'dockerfile', dockerfile: 'Dockerfile' } as AppLayout;
  expect(building(layout, '', 'buildx', files, 10_240)).toBe(`Building Dockerfile (${said}, 10.0 KB)`);
});

describe('the hint for a warehouse', () => {
  test.each([
    ['denied: requested access to the resource is denied', 'docker login w:5000'],
    ['unexpected status: 401 Unauthorized', 'docker login w:5000'],
    ['http: server gave HTTP response to HTTPS client', '{"insecure-registries": ["w:5000"]}'],
    [
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      '/etc/docker/certs.d/w:5000/ca.crt',
    ],
    ['toomanyrequests: You have reached your pull rate limit', '"registry-mirrors"'],
    [
      'dial tcp 127.0.0.1:5000: connect: connection refused',
      'is the registry running? on the factory: docker push w:5000/a',
    ],
  ])('that says "%s" is what helps', (reason, help) => {
    expect(messages.warehouseHint('w:5000', reason, 'docker push w:5000/a')).toContain(help);
  });

  test('names the host of a registry with a path', () => {
    expect(messages.warehouseHint('w:5000/team', 'x509: unknown authority', '')).toContain('certs.d/w:5000/ca.crt');
  });
});

describe('the hint for an engine', () => {
  test.each([
    ['permission denied while trying to connect', 'usermod -aG docker USER'],
    ['client version 1.41 is too old. Minimum supported API version is 1.44', 'DOSKARA_DOCKER'],
    ['Cannot connect to the Docker daemon', 'service docker start'],
    ['no answer within 30 s', 'service docker restart'],
  ])('that says "%s" is what helps', (reason, help) => {
    expect(formatHint(messages.engineSilent(reason).hint ?? '')).toContain(help);
  });
});

describe('the hint for a base image', () => {
  test.each([
    ['toomanyrequests: You have reached your pull rate limit', '"registry-mirrors"'],
    ['not found', 'docker pull debian:1'],
  ])('that says "%s" is what helps', (reason, help) => {
    expect(baseImageMissing('debian:1', reason).hint).toContain(help);
  });
});
