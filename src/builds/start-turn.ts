import { closeSync } from 'node:fs';

/** Set by hooks/take-turn.sh: the descriptor of the lock that a hook holds while it starts, or an empty string. */
const STARTING = 'DOSKARA_STARTING';

/** After this long, a hook gives up its turn, whatever it is waiting for. */
const MAX_TURN_MS = 10_000;

let held: number | undefined;

/** Keeps the lock that this hook was started with, until endStartTurn or for ten seconds. */
export function keepStartTurn(env: NodeJS.ProcessEnv): void {
  if (env[STARTING]) held = Number(env[STARTING]);
  delete env[STARTING];
  setTimeout(endStartTurn, MAX_TURN_MS).unref();
}

/** Lets the next hook start: this one has handed over its build, or waits for another build of its app. */
export function endStartTurn(): void {
  if (held !== undefined) closeSync(held);
  held = undefined;
}
