import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import * as messages from '../port/messages/connection.ts';
import { factory as factoryTrouble } from '../port/messages/text.ts';
import { resolveTarget } from '../port/ssh/resolve-target.ts';
import { parseEvent } from '../runner-events.ts';
import type { SecretRequest } from '../secrets.ts';
import { askRunner } from './ask-runner.ts';

/** Which factories have done what they were asked, and why the others have not. */
export interface Told {
  done: string[];
  failed: { factory: string; trouble: Trouble }[];
}

/** Asks all at once. Never rejects with a Trouble. */
export async function tellFactories(
  factories: readonly string[],
  sshConfig: string | undefined,
  request: SecretRequest,
  value?: Buffer,
): Promise<Told> {
  const told: Told = { done: [], failed: [] };
  const troubles = await Promise.all(factories.map((factory) => tellFactory(factory, sshConfig, request, value)));
  for (const [index, factory] of factories.entries()) {
    const trouble = troubles[index];
    if (trouble === undefined) told.done.push(factory);
    else told.failed.push({ factory, trouble });
  }
  return told;
}

/** Of a factory that is up, but has much to do. */
const ANSWER_TIMEOUT_MS = 60_000;

async function tellFactory(
  factory: string,
  sshConfig: string | undefined,
  request: SecretRequest,
  value: Buffer | undefined,
): Promise<Trouble | undefined> {
  try {
    const { openConnection } = await import('../port/ssh/connection.ts'); // ssh2 takes long to load
    using connection = await openConnection(await resolveTarget(factory, sshConfig));
    let why: Trouble | undefined;
    const { code, signal } = await askRunner(
      connection,
      request,
      ANSWER_TIMEOUT_MS,
      ({ text }) => {
        const event = parseEvent(text);
        if (event?.event === 'failed') why = factoryTrouble(event.code, event.message, event.hint ?? '');
      },
      value,
    );
    if (code === EXIT.built) return undefined;
    if (code === EXIT.usage) return why ?? messages.runnerOlder(factory);
    return why ?? messages.runnerEnded(signal ?? `exit code ${code}`);
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
}
