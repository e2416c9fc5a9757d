/** What commands print when they have done something. */
import { command, type Hint } from '../../errors.ts';
import type { HookState } from '../git/hook-files.ts';
import type { GateState } from '../git/hooks.ts';
import type { Relimited } from '../keys/key-limits.ts';

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

// destroy

export const confirmDestroy = (app: string) =>
  `This deletes ${app}: its repository, and the records and logs of its builds. A backup is kept.\nType the app's name to confirm: `;
export const destroyed = (app: string, backup: string) => `destroyed ${app}; its backup is in ${backup}:`;
/** Without a bundle, the app had no branch. */
export function backupContents(hasBundle: boolean, builds: number): string {
  const rest = `settings, hooks, records and logs of ${plural(builds, 'build')}`;
  return hasBundle ? `branches and tags (a git bundle), ${rest}` : `${rest}; no git bundle, as it had no branch`;
}
export const imagesStay = (image: string) => `the images of ${image} stay in the warehouse`;
/** Where doskara.afterBuild is set. */
export const deployRunsOn = (image: string): Hint => [
  `what doskara.afterBuild has deployed runs on, such as a container doskara-${image}; to stop it: `,
  command('help', 'after-build'),
];
export const toRestore = () => 'to restore it:';

/** A key that was limited to `app` and maybe others. */
export const keyRelimited = (app: string, { key, apps }: Relimited) =>
  apps.length > 0
    ? `the key of ${key} is now limited to ${apps.join(', ')}`
    : `removed the key of ${key}, which was limited to ${app}`;

// rename

export const renamed = (app: string, name: string, folder: string) => `renamed ${app} to ${name}: ${folder}`;
export const newRemote = (url: string) => `its pushers must run: git remote set-url doskara ${url}`;
export const oldImagesStay = (app: string, name: string) =>
  `the images of ${app} stay in the warehouse; the next push, or doskara replay ${name}, creates those of ${name}`;
/** Where doskara.afterBuild is set. */
export const deployKeepsName = (app: string, name: string): Hint => [
  `what doskara.afterBuild deploys is still called ${app}, and runs on; to let ${name} take over: `,
  command('help', 'after-build'),
];

// create and key

export const created = (folder: string) => `created ${folder}`;
export const keyAdded = (name: string, apps: readonly string[] | undefined, isNew: boolean) =>
  `${name} can ${isNew ? 'now' : 'already'} push${apps === undefined ? '' : ` to ${apps.join(', ')}`}`;
export const keyRemoved = (name: string) => `${name} can no longer push`;

// hook

const HOOK_STATES: Record<HookState, string> = {
  installed: 'hook installed',
  kept: 'hook installed; the previous hook runs first',
  foreign: "another hook, not Doskara's",
  none: 'no hook',
};
const GATE_STATES: Record<GateState, string> = {
  on: '; gate',
  off: '',
  'not linked': "; warning: doskara.gate is on, but the gate's hook is missing",
  'not set': "; warning: the gate's hook is installed, but doskara.gate is not set",
};

export const hookState = (state: HookState, gate: GateState) => HOOK_STATES[state] + GATE_STATES[gate];
export const repairHook = (repository: string): Hint => ['to repair it: ', command('hook', 'install', repository)];

// builds

export const buildTimes = (sparkline: string) => `${sparkline} build times, oldest first`;
export const moreBuilds = (app: string, shown: number, all: number): Hint => [
  `${shown} of ${all} builds; all: `,
  command('builds', app, '-n', String(all)),
];

// list

export const createFirst = (): Hint => ['No apps yet; to create one, on port: ', command('create', '<app>')];
export const moreAboutOne = (): Hint => ['More about one of them: ', command('status', '<app>')];

// doctor

/** `apps`: how many were looked at, and how many of them have neither errors nor warnings. */
export function diagnosis(errors: number, warnings: number, apps: { all: number; good: number }): string {
  const found = `${countOf(errors, 'error')}, ${countOf(warnings, 'warning')}`;
  if (apps.all === 0) return found;
  return `${found}; ${apps.good === 0 ? 'no app is' : apps.good === 1 ? '1 app is' : `${apps.good} apps are`} good`;
}

const countOf = (count: number, what: string) => (count === 0 ? `no ${what}s` : plural(count, what));

// Over ssh

export const hello = (name: string, apps: number) => `Hello ${name}!${apps === 0 ? '' : ' Your apps:'}`;
export const noShell = () => 'There is no shell here; you can git push, fetch and clone, and run:';
export const noAppsYet = (apps: readonly string[] | undefined) =>
  apps === undefined ? 'There are no apps yet.' : `None of your apps exists yet: ${apps.join(', ')}`;
export const moreApps = (count: number, command: string) => `… and ${count} more: ${command}`;
export const sshExample = (command: string) => `For example: ${command}`;
export const sshOptions = (command: string) => `Options of a command: ${command}`;
