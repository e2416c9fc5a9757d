import { describe, expect, test } from 'vitest';
import { SSH_COMMANDS } from '../../src/commands/ssh/commands.ts';
import { blameless, command, forAdmin, formatHint, type Hint, Trouble } from '../../src/errors.ts';
import type { ExitCode } from '../../src/exit-codes.ts';
import { hintForPusher, PUSHER_VERBS } from '../../src/pusher-hint.ts';

test('hints name the commands that pushers may type over ssh', () => {
  expect(PUSHER_VERBS).toEqual(SSH_COMMANDS.map(({ name }) => name).sort());
});

test.each<[string, Hint, string, string]>([
  ['text', 'commit and push again', 'commit and push again', 'commit and push again'],
  [
    "a pusher's command",
    ['its log: ', command('logs', 'shop', '7')],
    'its log: doskara logs shop 7',
    'its log: ssh git@port logs shop 7',
  ],
  [
    "an admin's command",
    ['to see why: ', command('doctor'), '; or ', command('logs', 'shop')],
    'to see why: doskara doctor; or doskara logs shop',
    'tell an admin',
  ],
  ['what only an admin can do', forAdmin('on the factory: df -h'), 'on the factory: df -h', 'tell an admin'],
  [
    'what a pusher may ask for',
    forAdmin([command('config', 'shop', 'timeout', '60m')], 'ask for more time'),
    'doskara config shop timeout 60m',
    'ask for more time',
  ],
])('a hint with %s tells an admin and a pusher what each can do', (_, hint, admin, pusher) => {
  expect([formatHint(hint), hintForPusher(hint, 'ssh git@port')]).toEqual([admin, pusher]);
});

describe("this is not your app's fault", () => {
  test.each<[string, ExitCode, boolean]>([
    ['disk-full', 4, true],
    ['push-failed', 5, true],
    ['overtaken', 4, false],
    ['no-turn', 4, false],
    ['build-failed', 1, false],
    ['too-large', 3, false],
    ['cancelled', 130, false],
  ])('after %s (exit code %d): %s', (code, exitCode, said) => {
    const trouble = new Trouble(code, exitCode, 'why', { hint: 'what next' });
    const message = said ? "why; this is not your app's fault" : 'why';
    expect(blameless(trouble)).toMatchObject({ code, exitCode, message, hint: 'what next' });
  });
});
