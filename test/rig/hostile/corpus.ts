import { PAX, SIZES } from './headers.ts';
import { LIMITED } from './limits.ts';
import { KINDS, LINKS } from './links.ts';
import { NAMES, ROOTS } from './names.ts';
import type { Hostile } from './row.ts';
import { STREAMS, TARS } from './streams.ts';

/** Archives that must be refused, each because of a single fault. */
export const HOSTILE: readonly Hostile[] = [
  ...STREAMS,
  ...TARS,
  ...NAMES,
  ...ROOTS,
  ...LINKS,
  ...KINDS,
  ...PAX,
  ...SIZES,
  ...LIMITED,
];
