import type { OutputLine } from '../lines.ts';
import type { BuildRecord } from '../port/build-record.ts';
import type { Log } from '../port/log.ts';
import { stillRunning } from '../port/messages/build.ts';
import { indented } from '../port/messages/text.ts';
import type { Output } from '../port/output.ts';
import { makeRelay, type Relay } from '../port/relay.ts';
import { watchSilence } from '../port/silence.ts';
import type { RunnerEvent } from '../runner-events.ts';

/**
 * A relay that tells a silent terminal that the build goes on. The log does not get that: it has only what the build
 * printed, and `logs -f` tells its own reader.
 */
export function openRelay(
  record: BuildRecord,
  log: Log,
  output: Output,
  onEvent?: (event: RunnerEvent) => void,
): Relay & Disposable {
  const silence = watchSilence(() => output.aside(indented(stillRunning(record, Date.now()))));
  const show = (piece: OutputLine) => {
    silence.breaks();
    output.show(piece);
  };
  return Object.assign(makeRelay(record, log, { show, typed: output.typed }, onEvent), {
    [Symbol.dispose]: () => silence[Symbol.dispose](),
  });
}
