/** What port says about branches, and the tags of their images. */
import { command, forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { refused } from './text.ts';

const ANOTHER_NAME = 'push it under another name';

export const noTag = (branch: string) =>
  refused(
    'no-tag',
    `the name of ${escaped(branch)} makes no image tag: a tag has letters, digits, . _ and -, at most 128; nothing was sent`,
    ANOTHER_NAME,
  );

export const tagReserved = (branch: string, tag: string) =>
  refused(
    'tag-reserved',
    `${escaped(branch)} would have the image tag ${tag}, which is not for branches; nothing was sent`,
    ANOTHER_NAME,
  );

export const tagPromoted = (branch: string, tag: string) =>
  refused(
    'tag-promoted',
    `${escaped(branch)} would have the image tag ${tag}, which an admin has given to an image (doskara promote); nothing was sent`,
    ANOTHER_NAME,
  );

export const tagShared = (branch: string, other: string, tag: string) =>
  refused(
    'tag-shared',
    `${escaped(branch)} would have the image tag ${tag}, which is that of the branch ${escaped(other)}; nothing was sent`,
    `${ANOTHER_NAME}, or delete the other branch: git push doskara --delete ${escaped(other)}`,
  );

export const severalBranches = (refs: readonly string[]) =>
  refused(
    'several-branches',
    `this push has more than one branch that is built (${refs.slice(0, 3).map(escaped).join(', ')}), and the gate takes one at a time`,
    'push them one after the other',
  );

export const branchNotBuilt = (app: string, branch: string, branches: readonly string[]) =>
  new Trouble(
    'branch-not-built',
    EXIT.usage,
    `${app} builds ${branches.map(escaped).join(', ')}, not ${escaped(branch)}`,
    {
      hint: forAdmin(['to build it, too: ', command('config', app, 'branch', branch, '--add')]),
    },
  );

export const tagOfBranch = (app: string, tag: string, branch: string) =>
  new Trouble('tag-of-branch', EXIT.usage, `${tag} is the tag of the branch ${escaped(branch)} of ${app}`, {
    hint: ['use another tag; what that branch has: ', command('status', app, '--branch', escaped(branch))],
  });

/** After a push, for what could not be built any more. */
export const builtLater = (branches: readonly string[]) =>
  `${branches.map(escaped).join(', ')}: doskara reconcile builds what this push did not`;
