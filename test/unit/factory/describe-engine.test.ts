import { expect, test } from 'vitest';
import { describeEngine } from '../../../src/factory/docker/check.ts';

const COMPONENTS = [
  { Name: 'Engine', Version: '28.5.2' },
  { Name: 'containerd', Version: '2.1.9' },
  { Name: 'runc', Version: '1.3.6' },
  { Name: 'docker-init', Version: '0.19.0' },
];
const ENGINE = JSON.stringify({ Version: '28.5.2', Components: COMPONENTS });
const inspected = (driver: string, ...lines: string[]) =>
  [`Name:          default`, `Driver:        ${driver}`, '', 'Nodes:', ...lines].join('\n');

test.each([
  ['without buildx', undefined, '28.5.2 (containerd 2.1.9, runc 1.3.6)'],
  [
    'as buildx wrote it before 0.13',
    inspected('docker', 'Buildkit:  v0.12.5'),
    '28.5.2 (BuildKit v0.12.5, containerd 2.1.9, runc 1.3.6)',
  ],
  [
    'as buildx writes it now',
    inspected('docker', 'BuildKit version: v0.25.1'),
    '28.5.2 (BuildKit v0.25.1, containerd 2.1.9, runc 1.3.6)',
  ],
  [
    'of an engine that does not report it',
    inspected('docker', 'BuildKit version: v0.0.0+unknown'),
    '28.5.2 (containerd 2.1.9, runc 1.3.6)',
  ],
  [
    'of a builder outside the engine',
    inspected('docker-container', 'BuildKit version: v0.25.1'),
    '28.5.2 (containerd 2.1.9, runc 1.3.6)',
  ],
])('the version of BuildKit %s', (_, text, described) => {
  expect(describeEngine(ENGINE, text)).toBe(described);
});
