import ssh2 from 'ssh2';
import { badSshKey } from '../messages/secrets.ts';

/** Returns a private key that buildx can use, or throws with exit code 2: nobody could give it a passphrase. */
export function checkPrivateKey(key: Buffer): Buffer {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw badSshKey(parsed.message);
  const [only] = [parsed].flat();
  if (only === undefined || !only.isPrivateKey()) throw badSshKey('this is a public key');
  return key;
}
