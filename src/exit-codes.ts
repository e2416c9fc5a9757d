/** One table of exit codes, for the runner on the factory and for `doskara` on port. */
export const EXIT = {
  built: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  factory: 4,
  warehouse: 5,
  bug: 70,
  cancelled: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
