import { expect, test } from 'vitest';
import { oldBuildKit } from '../../../../src/factory/docker/check-syntax.ts';

const inspected = (...versions: string[]) => versions.map((version) => `BuildKit version: ${version}`).join('\n');
const engine = (version: string) => JSON.stringify({ Version: version });

test.each([
  [inspected('v0.28.1'), engine('20.10.0'), undefined],
  [inspected('v0.31.0'), '', undefined],
  [inspected('v1.0.0'), '', undefined],
  [inspected('v0.28.0'), engine('29.9.0'), 'BuildKit v0.28.0'],
  [inspected('v0.9.3'), '', 'BuildKit v0.9.3'],
  [inspected('v0.31.0', 'v0.25.1'), '', 'BuildKit v0.25.1'],
  [inspected('v0.0.0+unknown'), engine('28.5.2+dfsg4'), 'that of Docker Engine 28.5.2+dfsg4'],
  [inspected('v0.0.0+unknown'), engine('29.3.0'), 'that of Docker Engine 29.3.0'],
  [inspected('v0.0.0+unknown'), engine('29.3.1'), undefined],
  ['', engine('20.10.24+dfsg1'), 'that of Docker Engine 20.10.24+dfsg1'],
  ['', engine('30.0.0'), undefined],
  ['', '', 'that of Docker Engine unknown'],
])('the BuildKit of %j in %j that frontends can break out of is %j', (versions, server, expected) => {
  expect(oldBuildKit(versions, server)).toBe(expected);
});
