import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatEvent, type RunnerEvent } from '../contract.ts';
import { formatHint, type Trouble } from '../errors.ts';
import type { OutputLine } from '../lines.ts';
import { printable } from '../printable.ts';

/** Where the runner says what it does: headings at the line's start, everything that isn't ours indented. */
export interface Output {
  heading(text: string): void;
  /**
   * Output of the app's own build: colours stay, other control sequences go, and it can't pass for a line of ours. A
   * state of a progress line ends with the carriage return that lets the next one overwrite it.
   */
  output(text: string, end?: OutputLine['end']): void;
  warning(text: string): void;
  raw(line: string): void;
  /** For programs; a person at a terminal does not see it. */
  event(event: RunnerEvent): void;
  /** Also as an event, unless it isn't `forPrograms`. */
  trouble(trouble: Trouble, forPrograms?: boolean): void;
  /** Waits until all is read, or nothing is read any more. */
  drain(): Promise<void>;
}

/** Milliseconds without any byte read after which the reader counts as lost: of a network that was cut nobody tells. */
const LOST_AFTER = 20_000;

/** Characters of a message to programs, and of its hint: port must keep its line together. */
const LONGEST = 4096;

/** A reader that has gone away (EPIPE) is not our trouble: the build goes on. */
export function makeOutput(out: Writable & { isTTY?: boolean }): Output {
  out.on('error', () => {});
  const raw = (line: string) => {
    out.write(`${line}\n`);
  };
  const event = (news: RunnerEvent) => {
    if (!out.isTTY) raw(formatEvent(news));
  };
  return {
    raw,
    event,
    heading: (text) => raw(`-----> ${text}`),
    output: (text, end = '\n') => {
      if (text !== '' || end === '\n') out.write(`       ${printable(text)}`.trimEnd() + end);
    },
    warning: (text) => raw(`warning: ${text}`),
    trouble({ code, message, hint }, forPrograms = true) {
      const text = printable(message, false); // docker's own last words may be in it
      const next = hint === undefined ? null : formatHint(hint);
      raw(`error: ${text}`);
      if (next !== null) raw(`hint: ${next}`);
      if (!forPrograms) return;
      event({ event: 'failed', code, message: text.slice(0, LONGEST), hint: next?.slice(0, LONGEST) ?? null });
    },
    async drain() {
      let since = Date.now();
      for (let left = Infinity; out.writableLength > 0 && Date.now() - since < LOST_AFTER; await sleep(20)) {
        if (out.writableLength < left) since = Date.now();
        left = out.writableLength;
      }
    },
  };
}
