import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/exit-codes.ts';
import {
  checkSecretName,
  checkSecretValue,
  isSecretName,
  parseSecretNames,
  secretArgs,
  secretNamesArgs,
} from '../../src/secrets.ts';
import { troubleOf } from './trouble.ts';

/** A comma or `=` adds a field to docker's --secret, a slash leaves the folder, the rest ends a word or a line. */
const ATTACKS = [
  ...[
    '',
    'npm_token',
    'Npm',
    'NPM-TOKEN',
    'A.B',
    '1A',
    'A B',
    'A,src=/etc/shadow',
    'A=B',
    'A,B',
    'A,type=env,env=PATH',
  ],
  ...['../A', '/A', '.', '..', 'A/B', 'A\0', 'A\n', '\nA', 'A\r', '"A"', "A'", 'A$HOME', '$(reboot)', 'A;B', 'A`B`'],
  ...['--A', '-A', 'Ä', 'A\u200b', '\u0410', 'A\u2028', 'A'.repeat(65), 'SSH ', 'Ssh', 'constructor', '__proto__'],
];

describe('a name of a secret', () => {
  test.each(['A', '_', 'NPM_TOKEN', 'A1', '_1', '__PROTO__', 'PATH', 'SSH', 'A'.repeat(64)])('is %j', (name) => {
    expect(checkSecretName(name)).toBe(name);
    expect(isSecretName(name)).toBe(true);
    expect(secretNamesArgs([name])).toEqual(['--secrets', name]);
  });

  test.each(ATTACKS)('is never %j', (name) => {
    expect(troubleOf(() => checkSecretName(name))).toMatchObject({ code: 'bad-secret-name', exitCode: EXIT.usage });
    expect(isSecretName(name)).toBe(false);
    expect(troubleOf(() => secretNamesArgs([name])).exitCode).toBe(EXIT.usage);
    const request = { verb: 'secret-remove', app: 'a', cacheId: '0'.repeat(32), name } as const;
    expect(troubleOf(() => secretArgs(request)).exitCode).toBe(EXIT.usage);
  });

  test('is not that of the key for ssh, which only the runner calls so', () => {
    expect(troubleOf(() => checkSecretName('ssh')).code).toBe('bad-secret-name');
    expect(parseSecretNames('A,ssh')).toEqual(['A', 'ssh']);
  });
});

test('a build has 64 secrets and a key at most, each once', () => {
  const names = Array.from({ length: 64 }, (_, index) => `S${index}`);
  expect(parseSecretNames([...names, 'ssh'].join())).toHaveLength(65);
  for (const list of [
    [...names, 'ssh', 'X'],
    ['A', 'A'],
    ['A', ''],
  ])
    expect(troubleOf(() => parseSecretNames(list.join())).exitCode).toBe(EXIT.usage);
});

describe('the value of a secret', () => {
  test.each([['x'], ['a\nb\n'], ['\u00e4'], ['x'.repeat(65_536)], [',src=/etc/shadow']])('may be %j', (text) => {
    expect(checkSecretValue(Buffer.from(text)).toString()).toBe(text);
  });

  test.each([
    ['', 'is empty'],
    ['a\0b', 'has a NUL byte'],
    ['x'.repeat(65_537), 'is larger than 64 KB'],
  ])('%# is refused, and not repeated', (text, said) => {
    expect(troubleOf(() => checkSecretValue(Buffer.from(text)))).toMatchObject({
      exitCode: EXIT.usage,
      message: `the value of the secret ${said}`,
    });
  });
});
