import { setTimeout as sleep } from 'node:timers/promises';
import * as messages from '../messages/docker.ts';
import type { FactorySettings } from '../settings.ts';
import { isReadOnly, isWorthRetrying } from './parse.ts';

/** Before the second and the third try to push. */
const PAUSES_MS = [1000, 4000];
/** While its garbage is collected, a registry takes nothing: for some seconds if it is small. */
const READ_ONLY_PAUSES_MS = Array.from({ length: 18 }, () => 10_000);

/** How long to wait before the next try to push, after each failure; undefined: no other try helps. */
export function makePauses(): (reason: string) => number | undefined {
  const pauses = [...PAUSES_MS];
  const readOnlyPauses = [...READ_ONLY_PAUSES_MS];
  return (reason) => {
    if (isReadOnly(reason)) return readOnlyPauses.shift();
    return isWorthRetrying(reason) ? pauses.shift() : undefined;
  };
}

/** Waits before another try, and throws where none is left, or none can help. */
export async function pauseOrGiveUp(
  { settings, signal }: { settings: FactorySettings; signal: AbortSignal },
  reference: string,
  reason: string,
  pauseAfter: ReturnType<typeof makePauses>,
  onRetry: (text: string) => void,
): Promise<void> {
  const pause = pauseAfter(reason);
  if (pause === undefined) throw messages.warehouseRefused(reference, settings.registry, reason);
  onRetry(messages.retryingPush(reason, pause));
  await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
}
