import type { Archive } from '../port/archive.ts';
import type { Relay } from '../port/relay.ts';
import * as words from '../port/words.ts';

/** Milliseconds between two states of the progress line; a short upload shows none. */
const INTERVAL = 1000;

/** The archive's chunks as they are; on their way it is told how far they got. `expected`: bytes, if known. */
export async function* showUpload(
  { chunks, bytes }: Archive,
  relay: Pick<Relay, 'line' | 'progress'>,
  expected: number | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const started = Date.now();
  let shown = started;
  for await (const chunk of chunks) {
    yield chunk;
    if (Date.now() - shown < INTERVAL) continue;
    shown = Date.now();
    relay.progress(words.uploadProgress(bytes(), expected, shown - started));
  }
  if (shown > started) relay.line(words.indented(words.uploaded(bytes(), Date.now() - started)));
}
