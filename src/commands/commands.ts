import { archive } from './archive.ts';
import { builds } from './builds.ts';
import { cancel } from './cancel.ts';
import { completion } from './completion.ts';
import { config } from './config.ts';
import { create } from './create.ts';
import { destroy } from './destroy.ts';
import { doctor } from './doctor.ts';
import { gate } from './gate.ts';
import { help } from './help.ts';
import { hook } from './hook.ts';
import { key } from './key.ts';
import { list } from './list.ts';
import { logs } from './logs.ts';
import { man } from './man.ts';
import { promote } from './promote.ts';
import { reconcile } from './reconcile.ts';
import { rename } from './rename.ts';
import { replay } from './replay.ts';
import { rollback } from './rollback.ts';
import { secret } from './secret.ts';
import type { CommandSpec } from './spec.ts';
import { status } from './status.ts';
import { wait } from './wait.ts';

/** All commands, in the order of --help. `serve` (run by sshd) and `complete` (run by shells) start in doskara.ts. */
export const COMMANDS: readonly CommandSpec[] = [
  ...[create, list, rename, destroy],
  ...[status, builds, logs, wait, replay, rollback, promote, cancel, archive],
  ...[config, gate, secret, reconcile, doctor, hook, key],
  ...[help, completion, man],
];
