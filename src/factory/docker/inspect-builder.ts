import * as commands from './builder-commands.ts';
import { type BuilderState, parseBuilder } from './builder-state.ts';
import { whyUnreachable } from './remote-endpoint.ts';
import { type Answer, ask } from './run.ts';

/** Long enough for a node under full load. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Asks a builder whether it can build; one that can be started is started. Never rejects: a silent builder is given up
 * after `timeoutMs`, as a stale connection can wait for ever (https://github.com/docker/buildx/issues/2770).
 */
export async function inspectBuilder(
  buildx: readonly string[],
  builder: string,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<BuilderState> {
  const answer = await ask([...buildx, ...commands.inspect(builder)], { timeoutMs: ANSWER_TIMEOUT_MS });
  const state = stateOf(answer);
  if (answer.failure !== undefined || state.trouble === undefined) return state;
  if (state.driver === 'remote') return { ...state, trouble: (await whyUnreachable(answer.stdout)) ?? state.trouble };
  return stateOf(await ask([...buildx, ...commands.boot(builder)], { timeoutMs }));
}

function stateOf({ stdout, failure }: Answer): BuilderState {
  const state = parseBuilder(stdout);
  return failure === undefined ? state : { ...state, trouble: failure };
}
