/** What a setting of port is, and parsers of values; undefined if a value is invalid. */
import { parseBytes, parseDuration } from '../units.ts';

export interface Setting {
  /** Parses a value; undefined if it is invalid. */
  read: (value: string) => unknown;
  /** Describes valid values. */
  wanted: string;
  /** As one would type it. */
  default?: string;
  /** What applies if it is not set, for settings without a fixed default. */
  without?: string;
  means: string;
  /** Whether all values of the last scope that sets it apply. */
  several?: boolean;
}

export const readNumber = (digits: RegExp) => (value: string) => (digits.test(value) ? Number(value) : undefined);

/** Timers of node fire at once if set to more than 596 hours. */
export function readSeconds(value: string, max: number): number | undefined {
  const seconds = parseDuration(value) ?? 0;
  return seconds >= 1 && seconds <= max ? Math.ceil(seconds) : undefined;
}

export function readSize(value: string, min: number): number | undefined {
  const bytes = parseBytes(value) ?? 0;
  return bytes >= min ? bytes : undefined;
}

/** As git parses it: https://git-scm.com/docs/git-config#Documentation/git-config.txt-boolean */
export function readBoolean(value: string): boolean | undefined {
  if (/^(?:true|yes|on|1)$/i.test(value)) return true;
  return /^(?:false|no|off|0)$/i.test(value) ? false : undefined;
}
