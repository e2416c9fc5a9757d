import type { ReportFinding } from '../doctor/machine.ts';
import { formatHint } from '../errors.ts';
import { type Finding, findingLines } from '../finding.ts';
import { diagnosis } from '../port/messages/output.ts';
import { outputOf, print } from './stdout.ts';

/** A finding, and where it was found. */
export interface Diagnosis extends Omit<Finding, 'hint' | 'app'> {
  /** `port`, or `factory` and its ssh destination. */
  where: string;
  app: string | null;
  hint: string | null;
}

export interface Report {
  /** Returns where to report findings of one place. One place at a time. */
  at(where: string): ReportFinding;
  /** Waits until everything is printed; returns all findings. */
  end(): Promise<readonly Diagnosis[]>;
}

/**
 * Prints what was found once all of it is known, errors first, and then a summary. `all`: also what is good. `json`:
 * everything, as one array.
 */
export async function openReport({ json, all }: { json: boolean; all: boolean }): Promise<Report> {
  const output = await outputOf('auto');
  const line = (text: string) => output.show({ text, end: '\n' });
  const found: Diagnosis[] = [];
  const waiting = showWaiting(process.stderr);
  return {
    at(where) {
      waiting.at(where);
      return (finding) => {
        const { app = null, hint, ...rest } = finding;
        found.push({ where, ...rest, app, hint: hint === undefined ? null : formatHint(hint) });
      };
    },
    async end() {
      waiting.end();
      if (json) print(JSON.stringify(found));
      else
        for (const text of [...reportLines(found.filter(({ level }) => all || level !== 'ok')), summaryOf(found)])
          line(text);
      await output.drain();
      return found;
    },
  };
}

/** The errors of all places, then everything else: what is an error at one place may cause a warning at another. */
export function reportLines(found: readonly Diagnosis[]): string[] {
  const errors = found.filter(({ level }) => level === 'error');
  const warnings = found.filter(({ level }) => level === 'warning');
  const good = found.filter(({ level }) => level === 'ok');
  return [...linesOf(errors), ...linesOf([...warnings, ...good])];
}

/** Each place with its findings. */
function linesOf(found: readonly Diagnosis[]): string[] {
  const places = [...new Set(found.map(({ where }) => where))];
  return places.flatMap((place) => [
    `-----> ${place}`,
    ...found
      .filter(({ where }) => where === place)
      .flatMap(({ level, text, hint }) => findingLines({ level, text, hint: hint ?? undefined })),
  ]);
}

function summaryOf(found: readonly Diagnosis[]): string {
  const countOf = (wanted: Finding['level']) => found.filter(({ level }) => level === wanted).length;
  const appsOf = (findings: readonly Diagnosis[]) =>
    new Set(findings.map(({ app }) => app).filter((app) => app !== null));
  const all = appsOf(found).size;
  const wrong = appsOf(found.filter(({ level }) => level !== 'ok')).size;
  return diagnosis(countOf('error'), countOf('warning'), { all, good: all - wrong });
}

/** Clears the terminal's line: `EL` in ECMA-48. */
const CLEAR_LINE = '\r\x1b[K';

/** On a terminal, a line that shows what is being checked, once that takes a second. */
function showWaiting(out: NodeJS.WriteStream): { at(where: string): void; end(): void } {
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
    at(place) {
      over();
      where = place;
    },
    end() {
      over();
      clearInterval(timer);
    },
  };
}
