import type { ReportFinding } from '../doctor/machine.ts';
import { formatHint } from '../errors.ts';
import { type Finding, findingLines } from '../finding.ts';
import { outputOf, print } from './stdout.ts';

/** A finding, and where it was found. */
export interface Diagnosis extends Omit<Finding, 'hint'> {
  /** `port`, or `factory` and its ssh destination. */
  where: string;
  hint: string | null;
}

export interface Report {
  /** Returns where to report findings of one place. One place at a time. */
  at(where: string): ReportFinding;
  /** Waits until everything is printed; returns all findings. */
  end(): Promise<readonly Diagnosis[]>;
}

/** Prints findings as they come; with `json`, one array at the end. */
export async function openReport(json: boolean): Promise<Report> {
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

/** Clears the terminal's line: `EL` in ECMA-48. */
const CLEAR_LINE = '\r\x1b[K';

/** On a terminal, a line that shows what is being checked, once that takes a second. */
function showWaiting(out: NodeJS.WriteStream): { at(where: string): void; over(): void; end(): void } {
  let where = '';
  let seconds = 0;
  const show = () => {
    seconds += 1;
    if (out.isTTY) out.write(`${CLEAR_LINE}       checking ${where}, ${seconds} s`);
  };
  const timer = setInterval(show, 1000);
  const over = () => {
    if (seconds > 0 && out.isTTY) out.write(CLEAR_LINE);
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
