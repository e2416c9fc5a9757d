import { readFile, stat } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { error, type Finding, ok, warning } from '../finding.ts';
import type { SshTarget } from '../port/ssh/target.ts';

/** Checks the keys with which port logs in to a factory: the identity files, or an agent. */
export async function checkIdentities({ destination, identityFiles, agent }: SshTarget): Promise<Finding[]> {
  const found = (await Promise.all(identityFiles.map((file) => checkFile(file, agent !== undefined)))).filter(
    (finding) => finding !== undefined,
  );
  if (found.length > 0) return found;
  if (agent !== undefined) return [ok('identity', `identity: the keys of the ssh agent ${agent}`)];
  const file = identityFiles[0] ?? '~/.ssh/id_ed25519';
  return [
    error(
      'identity',
      'identity-missing',
      `no identity file for ${destination}: ${identityFiles.join(', ') || 'its ssh configuration names none'}`,
      `ssh-keygen -t ed25519 -N '' -f ${file}; then on the factory: ./install.sh factory --registry HOST[:PORT] --authorize KEY.pub`,
    ),
  ];
}

/** undefined if it does not exist, like most of ssh's default identity files. */
async function checkFile(file: string, hasAgent: boolean): Promise<Finding | undefined> {
  try {
    const { mode } = await stat(file);
    const parsed = ssh2.utils.parseKey(await readFile(file));
    return checkIdentity(file, mode, parsed instanceof Error && !hasAgent ? parsed.message : undefined);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? undefined
      : error('identity', 'identity-unreadable', `identity file ${file} can't be read: ${code}`, `ls -l ${file}`);
  }
}

/** ssh refuses a key that others can read. `problem`: why the file cannot be used as a key. */
export function checkIdentity(file: string, mode: number, problem: string | undefined): Finding {
  if ((mode & 0o077) !== 0)
    return error(
      'identity',
      'identity-open',
      `identity file ${file} is open to others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
      `chmod 600 ${file}`,
    );
  if (problem !== undefined)
    return warning(
      'identity',
      'identity-unusable',
      `identity file ${file} can't be used: ${problem}`,
      `ssh-keygen -p -f ${file} takes a passphrase away`,
    );
  return ok('identity', `identity file ${file}`);
}
