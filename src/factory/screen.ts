import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatEvent, type RunnerEvent } from '../contract.ts';
import type { Trouble } from '../errors.ts';
import { printable } from '../printable.ts';

/** Where the runner says what it does: headings at the line's start, everything that isn't ours indented. */
export interface Screen {
  heading(text: string): void;
  /**
   * Output of the app's own build: colours stay, other control sequences go, and it can't pass for a line of ours. The
   * states of a progress line, between which a carriage return stands, all go out.
   */
  output(line: string): void;
  warning(text: string): void;
  raw(line: string): void;
  /** For programs; a person at a terminal does not see it. */
  event(event: RunnerEvent): void;
  trouble(trouble: Trouble): void;
  /** Waits until all is read, or nothing is read any more. */
  drain(): Promise<void>;
}

/** Milliseconds without any byte read after which the reader counts as lost: of a network that was cut nobody tells. */
const LOST_AFTER = 20_000;

function statesOf(line: string): string[] {
  const states = line.split('\r').filter((state) => state !== '');
  return states.length === 0 ? [''] : states;
}

/** A reader that has gone away (EPIPE) is not our trouble: the build goes on. */
export function makeScreen(out: Writable & { isTTY?: boolean }): Screen {
  out.on('error', () => {});
  const raw = (line: string) => {
    out.write(`${line}\n`);
  };
  return {
    raw,
    event: (event) => {
      if (!out.isTTY) raw(formatEvent(event));
    },
    heading: (text) => raw(`-----> ${text}`),
    output: (line) =>
      raw(
        statesOf(line)
          .map((state) => `       ${printable(state)}`.trimEnd())
          .join('\r'),
      ),
    warning: (text) => raw(`warning: ${text}`),
    trouble({ message, hint }) {
      raw(`error: ${printable(message, false)}`); // docker's own last words may be in it
      if (hint !== undefined) raw(`hint: ${hint}`);
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
