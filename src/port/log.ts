import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { OutputLine } from '../lines.ts';
import { leftOutOfLog, logIsFull } from './messages/build.ts';
import { asTrouble } from './system-errors.ts';

/** The log of one build: every line with a timestamp. Disposing of it closes it; what is added later is dropped. */
export interface Log extends Disposable {
  add(piece: OutputLine): void;
}

/**
 * Writes are synchronous, so that the log has everything that a terminal has shown, whatever kills this process. After
 * `maxBytes`, only the last lines are kept, and written when the log is closed. After the first failed write it calls
 * `onBroken` with the reason and writes nothing more.
 */
export function openLog(file: string, maxBytes: number, onBroken: (reason: unknown) => void): Log {
  let broken = false;
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return broken ? undefined : work();
    } catch (error) {
      broken = true;
      onBroken(asTrouble(error, file));
      return undefined;
    }
  };
  let fd = attempt(() => openSync(file, 'a', 0o600));
  const write = (lines: string) => attempt(() => writeFileSync(fd ?? -1, lines));
  let bytes = 0;
  let tail: Tail | undefined;
  return {
    add({ text }) {
      if (fd === undefined) return;
      const line = stamped(text);
      bytes += Buffer.byteLength(line);
      if (bytes <= maxBytes) return write(line);
      if (tail === undefined) write(stamped(logIsFull(maxBytes)));
      tail ??= makeTail();
      tail.add(line);
    },
    [Symbol.dispose]() {
      if (fd === undefined) return;
      if (tail !== undefined && tail.dropped.lines > 0) write(stamped(leftOutOfLog(tail.dropped)));
      if (tail !== undefined) write(tail.lines.join(''));
      closeSync(fd);
      fd = undefined;
    },
  };
}

const stamped = (text: string) => `${new Date().toISOString()} ${text}\n`;

const TAIL_BYTES = 64 * 1024;

/** The last lines, and how much came before them. */
interface Tail {
  add(line: string): void;
  readonly lines: readonly string[];
  readonly dropped: { lines: number; bytes: number };
}

function makeTail(): Tail {
  const lines: string[] = [];
  const dropped = { lines: 0, bytes: 0 };
  let bytes = 0;
  return {
    lines,
    dropped,
    add(line) {
      lines.push(line);
      bytes += Buffer.byteLength(line);
      while (bytes > TAIL_BYTES) {
        const size = Buffer.byteLength(lines.shift() ?? '');
        bytes -= size;
        dropped.lines += 1;
        dropped.bytes += size;
      }
    },
  };
}
