import { afterEach, expect, test, vi } from 'vitest';
import { runCommand } from '../../../src/commands/command-line.ts';
import { EXIT } from '../../../src/exit-codes.ts';

afterEach(() => vi.restoreAllMocks());

test.each([
  ['logs', "error: missing required argument 'app'\nhint: doskara logs --help\n"],
  ['key add', "error: missing required argument 'name'\nhint: doskara key add --help\n"],
  ['builds shop --nope', "error: unknown option '--nope'\nhint: doskara builds --help\n"],
  ['delete shop', "error: unknown command 'delete'\nhint: doskara --help\n"],
  [
    'secret set shop NPM_TOKEN abcdefghi',
    "error: too many arguments for 'set'. Expected 2 arguments.\nhint: doskara secret set --help\n",
  ],
])('doskara %s says what is wrong and where to look, and repeats no value', async (line, said) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await runCommand(line.split(' '), import.meta.url)).toBe(EXIT.usage);
  expect(write.mock.calls.map(([text]) => text).join('')).toBe(said);
});
