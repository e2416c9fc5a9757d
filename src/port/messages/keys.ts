/** What port says about pushers' keys. */
import { command, forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { hint, warning } from './text.ts';

export const badName = (name: string) =>
  new Trouble('bad-key-name', EXIT.usage, `${JSON.stringify(name)} is not a valid key name`, {
    hint: 'use letters and digits, with single . _ @ or - between them, at most 63 characters',
  });

export const nameMissing = (file: string) =>
  new Trouble('no-key-name', EXIT.usage, `${JSON.stringify(file)} is a file; give the name of the key first`, {
    hint: [command('key', 'add', '<name>', file)],
  });

export const notKeyOwner = (root: string) =>
  new Trouble('not-key-owner', EXIT.usage, `only the owner of ${root} can manage its keys`, {
    hint: 'run it with sudo, as root, or as that user',
  });

export const badKey = (text: string) =>
  new Trouble('bad-key', EXIT.usage, `not a single public ssh key: ${JSON.stringify(text.slice(0, 40))}`, {
    hint: 'give the file that ends in .pub, such as ~/.ssh/id_ed25519.pub',
  });

export const keyTaken = (name: string) =>
  new Trouble('key-taken', EXIT.usage, `this key is already registered as ${name}`, {
    hint: [command('key', 'remove', name)],
  });

export const keyIsForeign = (file: string) =>
  new Trouble('key-foreign', EXIT.usage, `this key is already in ${file}, on a line that Doskara did not write`, {
    hint: `sshd would use that line and none of Doskara's limits: remove it from ${file} first`,
  });

export const nameTaken = (name: string) =>
  new Trouble('name-taken', EXIT.usage, `${name} already has another key`, {
    hint: [`use another name, such as ${name}-laptop, or first: `, command('key', 'remove', name)],
  });

export const noKey = (name: string) =>
  new Trouble('no-key', EXIT.usage, `there is no key named ${JSON.stringify(name)}`, {
    hint: [command('key', 'list')],
  });

export const keyUnreadable = (error: NodeJS.ErrnoException) =>
  new Trouble('key-unreadable', EXIT.usage, `cannot read ${error.path}: ${error.code}`, {
    cause: error,
    hint: 'give a file that you can read, or the key on standard input',
  });

export const keyLimited = (name: string, app: string, apps: readonly string[]) =>
  new Trouble('key-limited', EXIT.usage, `the key of ${name} may not use ${app}, only ${apps.join(', ')}`, {
    hint: forAdmin(
      ['to allow it: ', command('key', 'add', name, 'KEY.pub', '--apps', [...apps, app].join(','))],
      'ask an admin to allow it',
    ),
  });

export const tooManySessions = (name: string, count: number) =>
  new Trouble('too-many-sessions', EXIT.factory, `the key of ${name} already runs ${count} commands on port`, {
    hint: 'end some of them, then try again',
  });

export const foreignKeys = (lines: number, file: string) => [
  warning(`${lines} ${lines === 1 ? 'line is' : 'lines are'} not managed by Doskara in ${file}`),
  hint(`grep -nv ' serve ' ${file}`),
];
