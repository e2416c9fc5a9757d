import { readSshConfig } from './config.ts';
import { type KnownKey, lookUpHostKeys } from './host-key.ts';
import type { SshTarget } from './target.ts';

/** How a factory is reached and known again, before any connection. */
export interface ResolvedTarget {
  target: SshTarget;
  /** What the known_hosts files have for it. */
  known: readonly KnownKey[];
  sshConfig: string | undefined;
}

/** Asks ssh; rejects with exit code 4 where its configuration can't be followed. */
export async function resolveTarget(destination: string, sshConfig: string | undefined): Promise<ResolvedTarget> {
  const target = await readSshConfig(destination, sshConfig);
  return { target, known: await lookUpHostKeys(target), sshConfig };
}
