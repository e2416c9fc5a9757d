import { branchIn, isBuiltBranch } from '../port/branch-patterns.ts';
import * as messages from '../port/messages/push.ts';
import type { RefUpdate } from './hook-input.ts';

export interface PushPlan {
  /** The main branch comes first. */
  builds: { commit: string; ref: string }[];
  /** Other branches that were built, and are gone. */
  deleted: string[];
  /** What was done with each ref that is not built. */
  sentences: string[];
  /** How to get a build, if there is none and something was stored. */
  hint: string | undefined;
}

/** A push can have thousands. */
const MAX_REFS_LISTED = 10;

/**
 * The heads of the branches that are built are; every other ref is only reported. A client may send a branch twice in one
 * push (git itself never does): git applies both in order, so the last one is the head. `branches`: see PortSettings.
 */
export function planPush(updates: readonly RefUpdate[], app: string, branches: readonly string[]): PushPlan {
  const [main = ''] = branches;
  const heads = new Map(
    updates.filter(({ ref }) => isBuiltBranch(branches, branchIn(ref) ?? '')).map((each) => [each.ref, each]),
  );
  const isMain = ({ ref }: RefUpdate) => ref === `refs/heads/${main}`;
  const last = [...heads.values()].toSorted((a, b) => Number(isMain(b)) - Number(isMain(a)));
  const builds = last.flatMap(({ ref, new: commit }) => (commit === undefined ? [] : [{ commit, ref }]));
  const others = updates.filter((update) => heads.get(update.ref) !== update || update.new === undefined);
  const more = others.length - MAX_REFS_LISTED;
  return {
    builds,
    deleted: last.flatMap((each) => (each.new === undefined && !isMain(each) ? [branchIn(each.ref) ?? ''] : [])),
    sentences: [
      ...others.slice(0, MAX_REFS_LISTED).map((update) => sentenceFor(update, app, branches)),
      ...(more > 0 ? [messages.moreRefsStored(more)] : []),
    ],
    hint:
      builds.length === 0 && updates.some((update) => update.new !== undefined)
        ? messages.toBuildHead(main)
        : undefined,
  };
}

function sentenceFor(update: RefUpdate, app: string, branches: readonly string[]): string {
  const { ref, old, new: commit } = update;
  if (commit !== undefined) return messages.refStored(ref, old === undefined, app, branches);
  const branch = branchIn(ref) ?? '';
  if (branch === branches[0]) return messages.branchDeleted(ref, app);
  return isBuiltBranch(branches, branch) ? messages.imagesStay(ref) : messages.refDeleted(ref);
}
