import type { Tell } from '../doctor/machine.ts';
import { formatHint } from '../errors.ts';
import { type Finding, findingLines } from '../finding.ts';
import type { Installed } from './installed-paths.ts';
import { outputOf } from './stdout.ts';

/** A finding, and where it was found. */
export interface Diagnosis extends Omit<Finding, 'hint'> {
  /** `port`, or `factory` and its ssh destination. */
  where: string;
  hint: string | null;
}

export interface Report {
  /** Takes what is found at one place, one place after the other. */
  at(where: string): Tell;
  /** Waits until all is printed; with all that was found. */
  end(): Promise<readonly Diagnosis[]>;
}

/** Prints findings as they come, place by place; as JSON, one array of them at the end. */
export async function makeReport(json: boolean, { print }: Installed): Promise<Report> {
  const output = await outputOf('auto');
  const line = (text: string) => output.show({ text, end: '\n' });
  const found: Diagnosis[] = [];
  const waiting = showWaiting(process.stderr);
  return {
    at(where) {
      waiting.at(where);
      return (finding) => {
        waiting.over();
        const isFirst = found.every((diagnosis) => diagnosis.where !== where);
        found.push({ where, ...finding, hint: finding.hint === undefined ? null : formatHint(finding.hint) });
        if (json) return;
        if (isFirst) line(`-----> ${where}`);
        findingLines(finding).forEach(line);
      };
    },
    async end() {
      waiting.end();
      if (json) print(JSON.stringify(found));
      await output.drain();
      return found;
    },
  };
}

/** The rest of a terminal's line; see `EL` in ECMA-48. */
const CLEAR = '\r\x1b[K';

/** On a terminal, a line that tells where the next finding is waited for, once that takes a second; it goes when it is over. */
function showWaiting(out: NodeJS.WriteStream): { at(where: string): void; over(): void; end(): void } {
  let where = '';
  let seconds = 0;
  const show = () => {
    seconds += 1;
    if (out.isTTY) out.write(`${CLEAR}       looking at ${where}, ${seconds} s`);
  };
  const timer = setInterval(show, 1000);
  const over = () => {
    if (seconds > 0 && out.isTTY) out.write(CLEAR);
    seconds = 0;
    timer.refresh();
  };
  return {
    over,
    at(place) {
      where = place;
    },
    end() {
      over();
      clearInterval(timer);
    },
  };
}
