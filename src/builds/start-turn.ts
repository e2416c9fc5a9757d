import { closeSync } from 'node:fs';

/** Set by hooks/take-turn.sh: the descriptor of the lock that a hook holds while it starts, or an empty string. */
const STARTING = 'DOSKARA_STARTING';

/** After this long, a hook gives up its turn: it sends a large tree, or a factory does not answer. */
const MAX_TURN_MS = 5000;

let held: number | undefined;

/** Keeps the lock that this hook was started with, until endStartTurn or for MAX_TURN_MS. */
export function keepStartTurn(env: NodeJS.ProcessEnv): void {
  if (env[STARTING]) held = Number(env[STARTING]);
  delete env[STARTING];
  setTimeout(endStartTurn, MAX_TURN_MS).unref();
}

/** Lets the next hook start: a factory has answered this one, or cannot be reached, or another build of the app runs. */
export function endStartTurn(): void {
  if (held !== undefined) closeSync(held);
  held = undefined;
}
