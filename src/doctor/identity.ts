import { readFile, stat } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { Finding } from '../finding.ts';
import * as messages from '../port/messages/doctor-factory.ts';
import type { SshTarget } from '../port/ssh/target.ts';

/** Checks the keys with which port logs in to a factory: the identity files, or an agent. */
export async function checkIdentities(target: SshTarget): Promise<Finding[]> {
  const { identityFiles, agent } = target;
  const found = (await Promise.all(identityFiles.map((file) => checkFile(file, agent !== undefined)))).filter(
    (finding) => finding !== undefined,
  );
  if (found.length > 0) return found;
  return [agent === undefined ? messages.identityMissing(target) : messages.identityAgent(agent)];
}

/** undefined if it does not exist, like most of ssh's default identity files. */
async function checkFile(file: string, hasAgent: boolean): Promise<Finding | undefined> {
  try {
    const { mode } = await stat(file);
    const parsed = ssh2.utils.parseKey(await readFile(file));
    return checkIdentity(file, mode, parsed instanceof Error && !hasAgent ? parsed.message : undefined);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : messages.identityUnreadable(file, code);
  }
}

/** ssh refuses a key that others can read. `problem`: why the file cannot be used as a key. */
export function checkIdentity(file: string, mode: number, problem: string | undefined): Finding {
  if ((mode & 0o077) !== 0) return messages.identityOpen(file, mode);
  return problem === undefined ? messages.identity(file) : messages.identityUnusable(file, problem);
}
