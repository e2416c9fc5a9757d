import { type KnownKey, lookUpHostKeys } from './host-key.ts';
import { readSshConfig } from './ssh-config.ts';
import type { SshTarget } from './ssh-target.ts';

/** How a factory is reached and known again, before any connection. */
export interface Way {
  target: SshTarget;
  /** What the known_hosts files have for it. */
  known: readonly KnownKey[];
  sshConfig: string | undefined;
}

/** Asks ssh; rejects with exit code 4 where its configuration can't be followed. */
export async function findWay(destination: string, sshConfig: string | undefined): Promise<Way> {
  const target = await readSshConfig(destination, sshConfig);
  return { target, known: await lookUpHostKeys(target), sshConfig };
}
