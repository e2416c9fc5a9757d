/** What doctor finds in the repository of an app. */
import { join } from 'node:path';
import { command } from '../../errors.ts';
import { error, type Finding, ok, warning } from '../../finding.ts';
import { escaped } from '../../printable.ts';
import type { BuildRecord } from '../build-record.ts';
import { strayLatest } from './gate.ts';
import { nameOf, olderSecret, verb } from './secrets.ts';
import { type AskedBranch, branchArgs, short } from './text.ts';

export const ofApp = (app: string, finding: Finding): Finding => ({ ...finding, app, text: `${app}: ${finding.text}` });

export const ofBranch = (branch: string, finding: Finding): Finding => ({
  ...finding,
  text: `branch ${escaped(branch)}: ${finding.text}`,
});

export const appFine = () => ok('app', 'hook, settings, records and head are fine');

export const repositoryUnreadable = (path: string, code: string) =>
  error('repository', 'unreadable', `cannot read ${path}: ${code}`, `ls -ld ${path}`);

export const stateNotWritable = (state: string, code: string | undefined) =>
  error('state', 'state-not-writable', `${state} is not writable: ${code}`, `ls -ld ${state}`);

const installHook = (folder: string) => [command('hook', 'install', folder)];

export const hookMissing = (folder: string) =>
  error('hook', 'hook-missing', 'no hook, so pushes are not built', installHook(folder));
export const hookForeign = (folder: string) =>
  error('hook', 'hook-other', "the hook is not Doskara's, so pushes are not built", [
    ...installHook(folder),
    ' keeps it and runs it first',
  ]);
export const gateHookMissing = (folder: string) =>
  error(
    'gate',
    'gate-hook-missing',
    'doskara.gate is on, but its hook is missing: git accepts pushes before they are built',
    installHook(folder),
  );
export const gateNotSet = (folder: string) =>
  warning('gate', 'gate-not-set', "the gate's hook is installed, but doskara.gate is not set", installHook(folder));

// Secrets

export const secretNotOn = (app: string, name: string, factories: readonly string[]) =>
  warning('secrets', 'secret-not-set', `${nameOf(name)} is not set on ${factories.join(', ')}`, [
    verb('set', app, name),
  ]);
export const secretOlderOn = (app: string, name: string, factories: readonly string[]) =>
  warning('secrets', 'secret-older', olderSecret(name, factories.join(', ')), [verb('set', app, name)]);
/** As the factory words it. */
export const secretsGone = ({ code, message, hint }: { code: string; message: string; hint: string | null }) =>
  error('secrets', code, message, hint ?? '');

// The head and latest

const reconcile = (app: string) => [command('reconcile', app)];

export const latestRejected = (app: string, build: BuildRecord) =>
  warning('builds', 'latest-rejected', strayLatest(build), reconcile(app));
export const headNotBuilt = (app: string, head: string) =>
  warning('builds', 'head-not-built', `its head, ${short(head)}, was not built`, reconcile(app));
export const headLost = (app: string, head: string, { number, error: reason }: BuildRecord) =>
  warning(
    'builds',
    'head-lost',
    `build ${number} of its head, ${short(head)}, was lost: ${reason ?? 'reason unknown'}`,
    reconcile(app),
  );
export const latestNotHead = (settings: AskedBranch, head: string, { commit, number, why, tag }: BuildRecord) =>
  warning(
    'builds',
    'latest-not-head',
    `${tag} is ${short(commit)} (build ${number}, a ${why}), not its head, ${short(head)}`,
    ['if this is not intended: ', command('replay', settings.app, ...branchArgs(settings))],
  );
/** `built`: the commit of the ref. */
export const builtRefDiffers = (settings: AskedBranch, ref: string, built: string | undefined, latest: string) =>
  warning(
    'builds',
    'built-ref-differs',
    `${ref} ${built === undefined ? 'does not exist' : `is ${short(built)}`}, but latest is ${short(latest)}`,
    [command('replay', settings.app, short(latest), ...branchArgs(settings))],
  );

// Refs

export const refsOpen = (folder: string) =>
  warning(
    'refs',
    'refs-open',
    "its configuration lacks some of Doskara's lines, so pushers can write to refs/built or refs/replace, or push damaged objects",
    installHook(folder),
  );
export const pushesUnchecked = (folder: string) =>
  warning(
    'refs',
    'pushes-unchecked',
    'receive.fsckObjects is off, so git accepts damaged objects, and paths that it cannot check out',
    `git -C ${folder} config receive.fsckObjects true`,
  );
export const objectsReplaced = (folder: string, first: string, count: number) =>
  warning(
    'refs',
    'refs-replaced',
    `${first}${count === 1 ? '' : ` (and ${count - 1} more)`} replaces an object: Doskara ignores that, plain git does not`,
    `git -C ${folder} for-each-ref --format='delete %(refname)' refs/replace | git -C ${folder} update-ref --stdin`,
  );
export const grafts = (folder: string, file: string) =>
  warning(
    'refs',
    'refs-file',
    `its file ${file} gives commits other parents: Doskara ignores that, plain git does not`,
    `rm ${join(folder, file)}`,
  );
export const shallow = (folder: string, file: string) =>
  warning(
    'refs',
    'refs-file',
    `its file ${file} cuts off the history: the app can be built, but not destroyed, as a bundle needs all of it`,
    `git -C ${folder} fetch --unshallow URL, from a complete repository`,
  );
export const refAlias = (folder: string, ref: string, branch: string) =>
  warning(
    'refs',
    'refs-alias',
    `${escaped(ref)} is an alias of ${escaped(branch)}: a push to it is built, too`,
    `if this is not intended: git -C ${folder} symbolic-ref --delete ${escaped(ref)}`,
  );
export const refBroken = (folder: string, ref: string) =>
  warning(
    'refs',
    'refs-broken',
    `${escaped(ref)} is broken: git cannot read it, so results are not published`,
    `rm -f ${join(folder, escaped(ref))}; git -C ${folder} update-ref -d ${escaped(ref)}; the records still have all results`,
  );
