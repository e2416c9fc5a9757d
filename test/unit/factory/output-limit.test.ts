import { expect, test } from 'vitest';
import { describeOutputLimit } from '../../../src/factory/docker/check.ts';

const engine = (version: string) => JSON.stringify({ Platform: { Name: '' }, Version: version });
const limits = (size: string, speed = size) =>
  `Environment=BUILDKIT_STEP_LOG_MAX_SIZE=${size} BUILDKIT_STEP_LOG_MAX_SPEED=${speed}\nLoadState=loaded\n`;

test.each([
  ['28.5.2', limits('536870912', '-1'), 'ok'],
  ['26.1.5+dfsg1', limits('536870912', '2147483647'), 'ok'],
  ['28.5.2', limits('-1'), 'output-unlimited'],
  ['26.1.5+dfsg1', limits('2147483647'), 'output-unlimited'],
  ['28.5.2', limits('100000000', '-1'), 'output-limited'],
  ['28.5.2', limits('536870912', '204800'), 'output-limited'],
  ['28.5.2', limits('-1', '204800'), 'output-limited'],
  ['28.5.2', limits('-10'), 'output-limited'],
  ['28.5.2', 'Environment=\nLoadState=loaded\n', 'output-limited'],
  ['20.10.24+dfsg1', limits('-1'), 'output-limited'],
  ['20.10.24+dfsg1', 'Environment=\nLoadState=loaded\n', 'output-limited'],
  ['20.10.24+dfsg1', limits('2147483647'), 'output-endless'],
  ['20.10.24+dfsg1', limits('1000000', '2147483647'), 'ok'],
  ['28.5.2', limits('1000000', '2147483647'), 'output-limited'],
])('engine %s with %j: %s', (version, environment, code) => {
  expect(describeOutputLimit(environment, engine(version)).code).toBe(code);
});
