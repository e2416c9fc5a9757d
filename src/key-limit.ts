import { checkAppName } from './contract.ts';
import { Trouble } from './errors.ts';
import { EXIT } from './exit-codes.ts';

/**
 * What a forced command says of its key: nothing, or `--apps a,b`, the apps that the key is limited to. Anything else
 * throws (exit code 2): a limit that is misspelt lets nobody in.
 */
export function parseKeyLimit(args: readonly string[]): string[] | undefined {
  const [option, list] = args;
  if (args.length === 0) return undefined;
  if (args.length === 2 && option === '--apps' && list !== undefined) return parseApps(list);
  throw new Trouble('wrong-key-limit', EXIT.usage, 'the forced command of this key is invalid', {
    hint: 'an admin can fix it in authorized_keys: …, or … --apps a,b',
  });
}

/** `a,b`: names of apps. */
export function parseApps(list: string): string[] {
  return [...new Set(list.split(',').map(checkAppName))];
}
