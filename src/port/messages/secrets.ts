/** What port says about the secrets of apps. */
import { type Command, command, forAdmin, type Hint, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { SSH_KEY } from '../../secrets.ts';
import { orList } from '../did-you-mean.ts';
import { factory, hint, warning } from './text.ts';

export const nameOf = (name: string) => (name === SSH_KEY ? 'the ssh key' : name);
export const verb = (what: 'set' | 'remove', app: string, name: string): Command =>
  command('secret', what, app, name === SSH_KEY ? '--ssh' : name);

export const askValue = (app: string, name: string) => `Value of ${name} of ${app} (not shown as you type): `;
export const secretSet = (app: string, name: string, factories: readonly string[]) =>
  `set ${nameOf(name)} of ${app} on ${factories.join(', ')}`;
export const secretRemoved = (app: string, name: string, factories: readonly string[]) =>
  `removed ${nameOf(name)} of ${app} from ${factories.join(', ')}`;
export const secretsRemoved = (app: string, factories: readonly string[]) =>
  `removed the secrets of ${app} from ${factories.join(', ')}; an app that is restored needs them set again`;
export const nextBuilds = (app: string): Hint => [
  'a cached step does not run again for a new value; to run all steps: git push -o no-cache, or ',
  command('replay', app, '--no-cache'),
];
export const useSshKey = (app: string): Hint => ['for builds to use it: ', command('config', app, 'ssh', 'default')];

/** Some factories could not be told. */
type Failed = readonly { factory: string; trouble: Trouble }[];

const namesOf = (failed: Failed) => failed.map(({ factory }) => factory).join(', ');
const reasons = (failed: Failed) => [...new Set(failed.map(({ trouble }) => trouble.message))].join('; ');

export const notSet = (app: string, name: string, failed: Failed) =>
  new Trouble(
    'secret-not-set',
    EXIT.factory,
    `${nameOf(name)} of ${app} is not set on ${namesOf(failed)}: ${reasons(failed)}`,
    { hint: again(failed, verb('set', app, name)) },
  );

export const notRemoved = (app: string, name: string, failed: Failed) =>
  new Trouble(
    'secret-not-removed',
    EXIT.factory,
    `${nameOf(name)} of ${app} is still on ${namesOf(failed)}, but no build gets it: ${reasons(failed)}`,
    { hint: again(failed, verb('remove', app, name)) },
  );

function again(failed: Failed, how: Command): Hint {
  const first = failed.find(({ trouble }) => trouble.hint !== undefined)?.trouble.hint;
  const words =
    first === undefined ? undefined : typeof first === 'object' && 'forAdmin' in first ? first.forAdmin : first;
  const fix = words === undefined ? [] : [...(typeof words === 'string' ? [words] : words), '\n'];
  return forAdmin([...fix, 'then again: ', how]);
}

/** Of an app that is destroyed: nobody knows the folder's name any more. */
export const secretsLeft = (app: string, cacheId: string, failed: Failed) => [
  warning(`the secrets of ${app} are still on ${namesOf(failed)}, where no build gets them: ${reasons(failed)}`),
  hint(`to remove them, there: rm -r /var/lib/doskara/secrets/${cacheId}`),
];

export const secretsUnknown = (app: string, { message }: Trouble) => [
  warning(`the secrets of ${app}, if it had any, are still on its factories: ${message}`),
  hint('to find them, there: ls -l /var/lib/doskara/secrets'),
];

export const noSecret = (app: string, name: string, similar: readonly string[]) =>
  new Trouble('no-secret', EXIT.usage, `${app} has no ${name === SSH_KEY ? 'ssh key' : `secret ${name}`}`, {
    hint: [
      similar.length === 0 ? '' : `did you mean ${orList(similar)}? `,
      'its secrets: ',
      command('secret', 'list', app),
    ],
  });

export const tooManySecrets = (app: string, limit: number) =>
  new Trouble('too-many-secrets', EXIT.usage, `${app} has ${limit} secrets already`, {
    hint: ['remove one that is no longer used: ', command('secret', 'list', app)],
  });

export const nameOrSsh = (what: 'set' | 'remove', app: string) =>
  new Trouble('no-secret-name', EXIT.usage, 'give the name of a secret, or --ssh', {
    hint: [command('secret', what, app, 'NAME'), ', or ', command('secret', what, app, '--ssh')],
  });

export const pipeKey = (app: string) =>
  new Trouble('no-secret-value', EXIT.usage, 'the private key is read from standard input', {
    hint: [command('secret', 'set', app, '--ssh'), ' < id_ed25519'],
  });

export const noAnswer = (app: string, name: string) =>
  new Trouble('no-secret-value', EXIT.usage, `no value was given; ${name} of ${app} was not changed`);

export const badSshKey = (reason: string) =>
  new Trouble('bad-ssh-key', EXIT.usage, `not a private ssh key without a passphrase: ${reason}`, {
    hint: "make one for this app alone: ssh-keygen -t ed25519 -N '' -f KEY",
  });

export const sshKeyMissing = (app: string) =>
  factory('no-ssh-key', `doskara.ssh is set, but ${app} has no ssh key`, [
    'on port: ',
    verb('set', app, SSH_KEY),
    ' < KEY; or: ',
    command('config', app, 'ssh', '--unset'),
  ]);

export const secretsDamaged = (file: string) =>
  factory(
    'secrets-damaged',
    `${file}, the list of the app's secrets, is damaged`,
    "restore it from a backup; or remove it, and set all of the app's secrets again: doskara secret set",
  );
export const cacheIdDamaged = (file: string) =>
  factory(
    'cache-id-damaged',
    `${file}, by which factories know the app's caches and secrets, is damaged`,
    "restore it from a backup; or remove it, and set all of the app's secrets again: doskara secret set",
  );

export const olderSecret = (name: string, destination: string) =>
  `${destination} may have an older value of ${nameOf(name)}: it could not be reached when the last one was set`;

export const notOn = (app: string, name: string, factories: readonly string[]) => [
  warning(`${nameOf(name)} is not set on ${factories.join(', ')}`),
  hint([verb('set', app, name)]),
];
export const stillOn = (app: string, name: string, factories: readonly string[]) => [
  warning(`no build gets ${nameOf(name)}, but it may still be on ${factories.join(', ')}`),
  hint([verb('remove', app, name)]),
];
export const noSecrets = (app: string): Hint => [
  `${app} has no secrets; to set one: `,
  command('secret', 'set', app, 'NAME'),
];
