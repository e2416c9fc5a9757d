import * as messages from '../port/messages/push.ts';
import type { RefUpdate } from './hook-input.ts';

export interface PushPlan {
  build: { commit: string; ref: string } | undefined;
  /** What was done with each ref that is not built. */
  sentences: string[];
  /** How to get a build, if there is none and something was stored. */
  hint: string | undefined;
}

/** A push can have thousands. */
const MAX_REFS_LISTED = 10;

/**
 * The head of the build branch is built; every other ref is only reported. A client may send a branch twice in one push
 * (git itself never does): git applies both in order, so the last one is the head.
 */
export function planPush(updates: readonly RefUpdate[], app: string, branch: string): PushPlan {
  const buildRef = `refs/heads/${branch}`;
  const target = updates.findLast(({ ref }) => ref === buildRef);
  const others = updates.filter((update) => update !== target || update.new === undefined);
  const more = others.length - MAX_REFS_LISTED;
  const build = target?.new === undefined ? undefined : { commit: target.new, ref: buildRef };
  return {
    build,
    sentences: [
      ...others.slice(0, MAX_REFS_LISTED).map((update) => sentenceFor(update, app, branch)),
      ...(more > 0 ? [messages.moreRefsStored(more)] : []),
    ],
    hint:
      build === undefined && updates.some((update) => update.new !== undefined)
        ? messages.toBuildHead(branch)
        : undefined,
  };
}

function sentenceFor(update: RefUpdate, app: string, branch: string): string {
  if (update.new !== undefined) return messages.refStored(update.ref, update.old === undefined, app, branch);
  return update.ref === `refs/heads/${branch}`
    ? messages.branchDeleted(update.ref, app)
    : messages.refDeleted(update.ref);
}
