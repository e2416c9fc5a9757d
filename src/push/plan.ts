import { escaped } from '../printable.ts';
import type { RefUpdate } from './hook-input.ts';

/** What is done with a push. */
export interface PushPlan {
  build: { commit: string; ref: string } | undefined;
  /** One sentence for each ref that is not built: what was done with it. */
  sentences: string[];
  /** How to get something built, where nothing is. */
  hint: string | undefined;
}

/** Refs that get a sentence of their own; a push can bring thousands. */
const SPOKEN_OF = 10;

/**
 * The head of the build branch is built; every other ref is kept as git keeps it, and spoken of. No git says a branch
 * twice in one push, but a client may, and git takes one after the other: the last is the head.
 */
export function planPush(updates: readonly RefUpdate[], app: string, branch: string): PushPlan {
  const buildRef = `refs/heads/${branch}`;
  const target = updates.findLast(({ ref }) => ref === buildRef);
  const others = updates.filter((update) => update !== target || update.new === undefined);
  const more = others.length - SPOKEN_OF;
  const build = target?.new === undefined ? undefined : { commit: target.new, ref: buildRef };
  return {
    build,
    sentences: [
      ...others.slice(0, SPOKEN_OF).map((update) => sentenceFor(update, app, branch)),
      ...(more > 0
        ? [`${more} more ${more === 1 ? 'ref was stored but not built' : 'refs were stored but not built'}`]
        : []),
    ],
    hint:
      build === undefined ? `to build what you have checked out: git push doskara HEAD:${escaped(branch)}` : undefined,
  };
}

function sentenceFor(update: RefUpdate, app: string, branch: string): string {
  const name = nameOf(update.ref);
  if (update.new === undefined && update.ref === `refs/heads/${branch}`)
    return `${name} was deleted; the image of ${app} is unchanged`;
  if (update.new === undefined) return `${name} was deleted; there is nothing to build`;
  return `${name} was ${update.old === undefined ? 'stored' : 'updated'} but not built (${app} builds ${escaped(branch)})`;
}

function nameOf(ref: string): string {
  const name = escaped(ref);
  if (name.startsWith('refs/heads/')) return `branch ${name.slice('refs/heads/'.length)}`;
  return name.startsWith('refs/tags/') ? `tag ${name.slice('refs/tags/'.length)}` : name;
}
