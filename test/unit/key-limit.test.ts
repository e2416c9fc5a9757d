import { describe, expect, test } from 'vitest';
import { parseRunnerCommand } from '../../src/contract.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { parseKeyLimit } from '../../src/key-limit.ts';
import { troubleOf } from './trouble.ts';

const RUNNER = '/usr/local/doskara/build.sh';
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const CACHE = '0123456789abcdef'.repeat(2);

describe('a limited key', () => {
  test.each<[string[], string[] | undefined]>([
    [[], undefined],
    [['--apps', 'a'], ['a']],
    [
      ['--apps', 'a,b.c,a'],
      ['a', 'b.c'],
    ],
  ])('%j is %j', (args, apps) => {
    expect(parseKeyLimit(args)).toEqual(apps);
  });

  test.each([
    [['--apps']],
    [['--apps', '']],
    [['--apps', 'a,']],
    [['--apps', 'a, b']],
    [['--apps', 'a', 'b']],
    [['--apps', '*']],
    [['--apps=a']],
    [['--app', 'a']],
    [['a']],
    [['']],
  ])('with %j allows nobody', (args) => {
    expect(troubleOf(() => parseKeyLimit(args)).exitCode).toBe(EXIT.usage);
  });

  test.each([
    `${RUNNER} a`,
    `${RUNNER} --no-cache b`,
    `${RUNNER} --cancel a`,
    `${RUNNER} --retag b ${DIGEST}`,
    `${RUNNER} --retag --from a b ${DIGEST}`,
    `${RUNNER} --check`,
    `${RUNNER} --version`,
  ])('for a and b allows %j', (command) => {
    expect(parseRunnerCommand(command, ['a', 'b'])).toEqual(parseRunnerCommand(command));
  });

  test.each([
    `${RUNNER} c`,
    `${RUNNER} --no-cache c`,
    `${RUNNER} --cache-id ${CACHE} c`,
    `${RUNNER} --cancel ab`,
    `${RUNNER} --retag c ${DIGEST}`,
    `${RUNNER} --retag --from c a ${DIGEST}`,
    `${RUNNER} --retag --from a c ${DIGEST}`,
    `${RUNNER} --prune`,
  ])('for a and b refuses %j', (command) => {
    expect(troubleOf(() => parseRunnerCommand(command, ['a', 'b']))).toMatchObject({ code: 'key-limited' });
  });
});
