/** What a look at port or factory finds, and the JSON in which the factory tells port. */
import { formatHint, type Hint, type Trouble } from './errors.ts';
import { parseObject } from './json.ts';

export interface Finding {
  level: 'ok' | 'warning' | 'error';
  /** What was looked at: `disk`, `base-image`. */
  subject: string;
  /** Which finding it is: `base-image-missing`; `ok` where nothing is wrong. */
  code: string;
  text: string;
  /** How to fix it. */
  hint: Hint | undefined;
  /** The app that it is about; undefined: none, or all. */
  app?: string;
  /** ISO 8601, UTC: what a clock says. */
  time?: string;
  /** How many builds may run at once on the engine, or on one builder. */
  maxBuilds?: number;
}

type Wrong = (subject: string, code: string, text: string, hint: Hint) => Finding;

export const ok = (subject: string, text: string): Finding => ({
  level: 'ok',
  subject,
  code: 'ok',
  text,
  hint: undefined,
});
export const warning: Wrong = (subject, code, text, hint) => ({ level: 'warning', subject, code, text, hint });
export const error: Wrong = (subject, code, text, hint) => ({ level: 'error', subject, code, text, hint });
export const asFinding = (subject: string, { code, message, hint }: Trouble): Finding => ({
  level: 'error',
  subject,
  code,
  text: message,
  hint,
});

/** For people. */
export function findingLines({ level, text, hint }: Pick<Finding, 'level' | 'text' | 'hint'>): string[] {
  return [`${level}: ${text}`, ...(hint === undefined ? [] : [`hint: ${formatHint(hint)}`])];
}

/** Characters of a text: port cuts longer lines in pieces. */
const MAX_TEXT_LENGTH = 4096;

/** For programs, in one line. */
export function formatFinding({ text, hint, ...finding }: Finding): string {
  return JSON.stringify({
    ...finding,
    text: text.slice(0, MAX_TEXT_LENGTH),
    hint: hint === undefined ? null : formatHint(hint).slice(0, MAX_TEXT_LENGTH),
  });
}

/** undefined: the line is no finding. */
export function parseFinding(line: string): Finding | undefined {
  const { level, subject, code, text, hint, time, maxBuilds } = parseObject(line);
  if (level !== 'ok' && level !== 'warning' && level !== 'error') return undefined;
  if (typeof subject !== 'string' || typeof code !== 'string' || typeof text !== 'string') return undefined;
  return {
    level,
    subject,
    code,
    text,
    hint: typeof hint === 'string' ? hint : undefined,
    ...(typeof time === 'string' ? { time } : {}),
    ...(typeof maxBuilds === 'number' ? { maxBuilds } : {}),
  };
}
