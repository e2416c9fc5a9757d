import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutputLine } from '../lines.ts';

/** The terminal of whoever pushes or replays. It may be slow, stopped or gone: nothing ever waits for it. */
export interface Output {
  show(piece: OutputLine): void;
  /** Waits until everything is read, or until nothing is read any more. Resolves in any case. */
  drain(): Promise<void>;
  /** Whether nobody reads any more: a drain has waited in vain. */
  readonly lost: boolean;
}

/** With more than that unread, lines are left out. */
const MAX_BUFFERED_BYTES = 256 * 1024;
/** A terminal that reads nothing for that long is lost. */
const LOST_AFTER_MS = 3000;

/**
 * A hook that keeps printing to a pusher who has gone blocks for ever once the pipe is full (git-receive-pack goes on
 * holding its other end), so what a terminal doesn't take is left out, and the reader is told. `format` prepares a line for
 * the terminal.
 */
export function makeOutput(out: Writable, format: (line: string) => string): Output {
  let leftOut = 0;
  let last = '';
  let gone = false;
  out.on('error', () => {
    gone = true;
  });
  const show = ({ text, end }: OutputLine) => {
    if (gone || out.writableLength > MAX_BUFFERED_BYTES) {
      leftOut += end === '\n' ? 1 : 0;
      last = end === '\n' ? text : last;
      return;
    }
    if (leftOut > 0) out.write(tooSlow(leftOut));
    leftOut = 0;
    out.write(format(text) + end);
  };
  const drain = async () => {
    if (!gone && !(await isRead(out))) gone = true;
  };
  return {
    show,
    async drain() {
      await drain();
      if (gone || leftOut === 0) return;
      leftOut -= 1; // the last line is the result
      show({ text: last, end: '\n' });
      await drain();
    },
    get lost() {
      return gone;
    },
  };
}

function tooSlow(lines: number): string {
  return `       (${lines} ${lines === 1 ? 'line' : 'lines'} left out here: this terminal was too slow; the log has them)\n`;
}

/** True once everything is read, false when nothing is read any more. */
async function isRead(out: Writable): Promise<boolean> {
  const read = new AbortController();
  if (out.writableLength > 0) out.write('', () => read.abort()); // 'drain' comes only after a full buffer
  while (out.writableLength > 0) {
    const before = out.writableLength;
    await sleep(LOST_AFTER_MS, undefined, { signal: read.signal }).catch(() => {});
    if (out.writableLength === before) return false;
  }
  return true;
}
