import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { senderSilent } from './messages/archive.ts';

/** Without a byte for this long the sender counts as lost. */
const SENDER_TIMEOUT_MS = 40_000;

/**
 * Ends the stream at the signal, or when it falls silent: nobody tells sshd, or us, that a network was cut.
 */
export function endingWith(signal: AbortSignal, stream: Readable): Readable {
  if (stream instanceof Socket) {
    stream.setTimeout(SENDER_TIMEOUT_MS, () => stream.destroy(senderSilent(SENDER_TIMEOUT_MS / 1000)));
    stream.once('end', () => stream.setTimeout(0));
  }
  return addAbortSignal(signal, stream);
}
