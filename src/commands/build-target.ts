import { Records } from '../port/records.ts';
import type { Repository } from '../port/repository.ts';
import { resolveCommit } from './commit.ts';
import type { ArgumentSpec } from './spec.ts';

/** A build by its number, or the id of a commit. */
export type BuildTarget = { build: number; exists: boolean } | { commit: string };

/** A number is that of a build if there is one, else it may begin a commit's id. Rejects if there is no such commit. */
export async function readTarget(repository: Repository, target: string): Promise<BuildTarget> {
  const number = /^[1-9]\d{0,8}$/.test(target) ? Number(target) : undefined;
  const exists = number !== undefined && (await new Records(repository.state).numbers()).includes(number);
  if (number !== undefined && (exists || number < MIN_COMMIT)) return { build: number, exists };
  return { commit: (await resolveCommit(repository, target)).commit };
}

/** Git abbreviates ids to four digits and more. */
const MIN_COMMIT = 1000;

/** What the argument may be, besides a commit. */
export const TARGET = { name: 'build', completes: 'images' } satisfies Partial<ArgumentSpec>;
