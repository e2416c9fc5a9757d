import { readSshConfig } from './config.ts';
import { type KnownKey, lookUpHostKeys } from './host-key.ts';
import type { SshTarget } from './target.ts';

/** How to connect to a factory, and which host keys to accept. */
export interface ResolvedTarget {
  target: SshTarget;
  /** Its keys in the known_hosts files. */
  known: readonly KnownKey[];
  sshConfig: string | undefined;
}

/** Rejects with exit code 4 if ssh's configuration cannot be read or has unsupported options. */
export async function resolveTarget(destination: string, sshConfig: string | undefined): Promise<ResolvedTarget> {
  const target = await readSshConfig(destination, sshConfig);
  return { target, known: await lookUpHostKeys(target), sshConfig };
}
