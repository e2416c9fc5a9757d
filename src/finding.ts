/** What a look at port or factory finds, and the lines in which the factory tells port. */
import type { Trouble } from './errors.ts';

export interface Finding {
  level: 'ok' | 'warning' | 'error';
  text: string;
  /** The command that mends it. */
  hint: string | undefined;
}

export const ok = (text: string): Finding => ({ level: 'ok', text, hint: undefined });
export const warning = (text: string, hint: string): Finding => ({ level: 'warning', text, hint });
export const error = (text: string, hint: string): Finding => ({ level: 'error', text, hint });
export const asFinding = ({ message, hint }: Trouble): Finding => ({ level: 'error', text: message, hint });

export function findingLines({ level, text, hint }: Finding): string[] {
  return [`${level}: ${text}`, ...(hint === undefined ? [] : [`hint: ${hint}`])];
}

/**
 * Reads findings line by line, and tells each as soon as it is whole: what is ok at once, anything else when its hint has
 * come, or the next line without one. Other lines are nobody's findings.
 */
export function makeFindingReader(tell: (finding: Finding) => void): { line(text: string): void; end(): void } {
  let held: Finding | undefined;
  const end = () => {
    if (held !== undefined) tell(held);
    held = undefined;
  };
  return {
    end,
    line(text) {
      const [, hint] = /^hint: (.*)$/.exec(text) ?? [];
      if (hint !== undefined && held !== undefined) held.hint ??= hint;
      end();
      const [, level, said] = /^(ok|warning|error): (.*)$/.exec(text) ?? [];
      if (said === undefined) return;
      held = { level: level as Finding['level'], text: said, hint: undefined };
      if (level === 'ok') end();
    },
  };
}

const SUBJECT =
  /^(?:the |no )?(clock|docker CLI|builder|Docker Engine|base image|spool|disk|warehouse|output limit|build limits)\b/;

/** What a finding of the factory is about: its first words, without spaces. */
export function subjectOf({ text }: Finding): string {
  return (SUBJECT.exec(text)?.[1] ?? 'runner').toLowerCase().replace(' ', '-');
}

export function clockLine(now: Date): string {
  return `the clock says ${now.toISOString()} (UTC)`;
}

/** Milliseconds since 1970, from a finding that is about the clock. */
export function readClock({ text }: Finding): number | undefined {
  const [, time] = /^the clock says (\d{4}-\d\d-\d\dT[\d:.]+Z) \(UTC\)$/.exec(text) ?? [];
  const milliseconds = Date.parse(time ?? '');
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
