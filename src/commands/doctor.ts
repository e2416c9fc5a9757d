import { type CheckedApp, checkApp } from '../doctor/app.ts';
import { checkMachine, checkMaxStartups, type ReportFinding, readSshdSettings } from '../doctor/machine.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { asFinding } from '../finding.ts';
import { listHeadless, listRepositories, readRoot } from '../port/apps.ts';
import { openGit } from '../port/git/git.ts';
import type { Hooks } from '../port/git/hooks.ts';
import { giveToOneUser, headMissing } from '../port/messages/doctor-machine.ts';
import { readSettingsOutside } from '../port/read-settings.ts';
import { asTrouble } from '../port/system-errors.ts';
import { JSON_OPTION } from './arguments.ts';
import { type Diagnosis, openReport, type Report } from './doctor-report.ts';
import type { AdminCommand } from './spec.ts';
import { withSudo } from './sudo-hint.ts';

export const doctor: AdminCommand = {
  name: 'doctor',
  summary: 'check this port, its apps and its factories, and say how to fix what is wrong',
  who: 'admin',
  options: [{ flags: '--all', meaning: 'list what is good, too' }, JSON_OPTION],
  notes:
    'Exit code: 0 without errors (there may be warnings); otherwise 2 if the first error is on port, 4 if it is on a factory.',
  async run(_args, { json = false, all = false }: { json?: boolean; all?: boolean }, { installed }) {
    return checkAll(await openReport({ json, all }), installed);
  },
};

/** Checks each factory over the same connection that builds use. */
async function checkAll(report: Report, hooks: Hooks): Promise<ExitCode> {
  const reportPort = report.at('port');
  try {
    const root = await readRoot();
    const sshd = await readSshdSettings(); // only root may
    const folders = await becomeUser(root, await listRepositories(), reportPort);
    await checkMachine(root, reportPort);
    const startups = sshd === undefined ? undefined : checkMaxStartups(sshd);
    if (startups !== undefined) reportPort(startups);
    for (const folder of await listHeadless()) reportPort(headMissing(folder));
    await checkFactories(await checkApps(root, folders, hooks, reportPort), report);
  } catch (thrown) {
    const trouble = withSudo(asTrouble(thrown), ['doctor']);
    if (!(trouble instanceof Trouble)) await report.end(); // stops its timer
    if (!(trouble instanceof Trouble)) throw thrown;
    reportPort(asFinding('port', trouble));
  }
  return exitCodeOf(await report.end());
}

/**
 * Becomes the repositories' owner, whose ssh configuration and keys builds use; if they have several, the owner of the
 * root folder. Returns the repositories that can be checked: the superuser does not read those of other users.
 */
async function becomeUser(root: string, folders: string[], report: ReportFinding): Promise<string[]> {
  try {
    await becomeOwner(folders.length > 0 ? folders : [root]);
    return folders;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const fix = error.code === 'several-owners' ? { hint: giveToOneUser(root) } : {};
    report({ ...asFinding('owner', error), ...fix });
    await becomeOwner([root]);
    return process.getuid?.() === 0 ? [] : folders;
  }
}

/** All apps with readable settings; without any apps, the settings that a new one would have. */
async function checkApps(root: string, folders: string[], hooks: Hooks, report: ReportFinding): Promise<CheckedApp[]> {
  if (folders.length === 0)
    return [{ settings: await readSettingsOutside(openGit(root), root), latest: [], secrets: undefined }];
  const found: CheckedApp[] = [];
  for (const folder of folders) {
    const app = await checkApp(folder, hooks, report);
    if (app !== undefined) found.push(app);
  }
  return found;
}

/** The factory that is tried first also checks the app's latest image in the warehouse. */
async function checkFactories(apps: readonly CheckedApp[], report: Report): Promise<void> {
  const settings = apps.map((app) => app.settings);
  const ways = settings.flatMap(({ factories, sshConfig }) => factories.map((factory) => ({ factory, sshConfig })));
  const different = new Map(ways.map((way) => [`${way.sshConfig} ${way.factory}`, way]));
  const { checkFactory } = await import('../doctor/factory.ts'); // ssh2 takes its time to load
  for (const { factory, sshConfig } of different.values()) {
    const its = apps.filter(({ settings }) => settings.factories.includes(factory) && settings.sshConfig === sshConfig);
    const known = {
      latest: its.filter(({ settings }) => settings.factories[0] === factory).flatMap((app) => app.latest),
      secrets: its.flatMap((app) => app.secrets ?? []),
      maxSending: Math.min(...its.map(({ settings }) => settings.maxSending)),
    };
    await checkFactory(factory, sshConfig, known, report.at(`factory ${factory}`));
  }
}

function exitCodeOf(diagnoses: readonly Diagnosis[]): ExitCode {
  const first = diagnoses.find(({ level }) => level === 'error');
  if (first === undefined) return EXIT.built;
  return first.where === 'port' ? EXIT.usage : EXIT.factory;
}
