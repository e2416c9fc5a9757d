import { expect, test } from 'vitest';
import { isLimitLifted } from '../../../src/factory/docker/check.ts';

const engine = (version: string) => JSON.stringify({ Platform: { Name: '' }, Version: version });
const limits = (size: string, speed = size) =>
  `Environment=BUILDKIT_STEP_LOG_MAX_SIZE=${size} BUILDKIT_STEP_LOG_MAX_SPEED=${speed}\nLoadState=loaded\n`;

test.each([
  ['28.5.2', limits('-1'), true],
  ['26.1.5+dfsg1', limits('2147483647'), true],
  ['28.5.2', limits('-1', '204800'), false],
  ['28.5.2', limits('-10'), false],
  ['28.5.2', 'Environment=\nLoadState=loaded\n', false],
  ['20.10.24+dfsg1', limits('-1'), false],
  ['20.10.24+dfsg1', limits('2147483647'), true],
])('engine %s with %j keeps all of a build: %s', (version, environment, isLifted) => {
  expect(isLimitLifted(environment, engine(version))).toBe(isLifted);
});
