import { expect, test } from 'vitest';
import { noExec } from '../../../src/port/messages/script-content.ts';

test.each([
  ['node server.js', 'use exec node server.js in run.sh, '],
  ['A=1 node   server.js', 'use exec env A=1 node server.js in run.sh, '],
  [`node ${'x'.repeat(100)}`, `use exec node ${'x'.repeat(55)}… in run.sh, `],
  ['node \u001b[31m', 'use exec node \\u001b[31m in run.sh, '],
])('the hint for %j shows the command on one short line', (command, hint) => {
  expect(noExec(command)).toBe(`${hint}or your program won't get SIGTERM`);
});
