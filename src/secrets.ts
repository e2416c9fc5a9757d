/** What port and factory agree on about an app's secrets. Both sides check it. */
import { isCacheId } from './cache-id.ts';
import { Trouble } from './errors.ts';
import { EXIT } from './exit-codes.ts';

/** Beside the secrets, whose names have no lower-case letters: the private key with which a build may use ssh. */
export const SSH_KEY = 'ssh';

const NAME = /^[A-Z_][A-Z0-9_]{0,63}$/;
export const MAX_SECRETS = 64;
/** BuildKit takes secrets of up to 500 KiB. */
export const MAX_SECRET_BYTES = 64 * 1024;

/** Docker's `--secret id=NAME,src=PATH` is a list of fields: a comma or `=` in a name would be another field. */
export function isSecretName(name: string): boolean {
  return NAME.test(name) || name === SSH_KEY;
}

/** Returns the name, or throws with exit code 2. */
export function checkSecretName(name: string): string {
  if (NAME.test(name)) return name;
  throw new Trouble('bad-secret-name', EXIT.usage, `${JSON.stringify(name)} is not a name of a secret`, {
    hint: 'use upper-case letters, digits and _, at most 64 characters, such as NPM_TOKEN',
  });
}

/** Returns the value, or throws with exit code 2. */
export function checkSecretValue(value: Buffer): Buffer {
  const problem =
    value.length === 0
      ? 'is empty'
      : value.length > MAX_SECRET_BYTES
        ? `is larger than ${MAX_SECRET_BYTES / 1024} KB`
        : value.includes(0)
          ? 'has a NUL byte'
          : undefined;
  if (problem === undefined) return value;
  throw new Trouble('bad-secret-value', EXIT.usage, `the value of the secret ${problem}`, {
    hint: `give it on standard input: 1 byte to ${MAX_SECRET_BYTES / 1024} KB of text`,
  });
}

/** Names of the secrets of a build, as the runner's option. */
export function secretNamesArgs(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const list = names.join(',');
  if (parseSecretNames(list).length !== names.length) throw wrongSecretArgs();
  return ['--secrets', list];
}

/** Reads `A,B`; throws (exit code 2) if it is no such list. */
export function parseSecretNames(list: string | undefined): string[] {
  const names = list?.split(',') ?? [];
  const areGood = names.every(isSecretName) && new Set(names).size === names.length;
  if (!areGood || names.length > MAX_SECRETS + 1) throw wrongSecretArgs();
  return names;
}

/**
 * `bytes`: of the value, which comes on standard input; a lost connection ends that, too. `secret-clear` removes all.
 * `secret-check` fails if one of the names is missing.
 */
export type SecretRequest =
  | { verb: 'secret-set'; app: string; cacheId: string; name: string; bytes: number }
  | { verb: 'secret-remove'; app: string; cacheId: string; name: string }
  | { verb: 'secret-clear'; app: string; cacheId: string }
  | { verb: 'secret-check'; app: string; cacheId: string; names: readonly string[] };

/** The runner's arguments. */
export function secretArgs(request: SecretRequest): string[] {
  const { verb, app, cacheId } = request;
  const name = 'name' in request ? [request.name] : [];
  const names = 'names' in request ? [request.names.join(',')] : [];
  const bytes = 'bytes' in request ? [String(request.bytes)] : [];
  const args = [`--${verb}`, app, cacheId, ...name, ...names, ...bytes];
  takeSecretArgs(args);
  return args;
}

/**
 * Reads `--secret-set <app> ID NAME BYTES`, `--secret-remove <app> ID NAME`, `--secret-clear <app> ID` or
 * `--secret-check <app> ID A,B`; the app is still to be checked. undefined: it is another verb. Throws (exit code 2) if
 * something else is wrong.
 */
export function takeSecretArgs(args: readonly string[]): SecretRequest | undefined {
  const [option, app = '', cacheId = '', name = '', size = ''] = args;
  const verb = VERBS.find((known) => option === `--${known}`);
  if (verb === undefined) return undefined;
  if (!isCacheId(cacheId) || args.length !== LENGTHS[verb]) throw wrongSecretArgs();
  if (verb === 'secret-clear') return { verb, app, cacheId };
  if (verb === 'secret-check') return { verb, app, cacheId, names: parseSecretNames(name) };
  if (!isSecretName(name)) throw wrongSecretArgs();
  if (verb === 'secret-remove') return { verb, app, cacheId, name };
  const bytes = /^[1-9]\d{0,5}$/.test(size) ? Number(size) : Infinity;
  if (bytes > MAX_SECRET_BYTES) throw wrongSecretArgs();
  return { verb, app, cacheId, name, bytes };
}

const LENGTHS = { 'secret-set': 5, 'secret-remove': 4, 'secret-clear': 3, 'secret-check': 4 };
const VERBS = ['secret-set', 'secret-remove', 'secret-clear', 'secret-check'] as const;

const wrongSecretArgs = () =>
  new Trouble('wrong-arguments', EXIT.usage, 'not a command of the runner about secrets', {
    hint: 'on port: doskara secret set, list or remove',
  });
