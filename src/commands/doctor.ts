import { basename } from 'node:path';
import { type CheckedApp, checkApp } from '../doctor/app.ts';
import { checkMachine, type Tell } from '../doctor/machine.ts';
import { judgeMaxStartups, readSshdSettings } from '../doctor/sshd.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { asFinding, error, type Finding } from '../finding.ts';
import { listHeadless, listRepositories, readRoot } from '../port/apps.ts';
import { openGit } from '../port/git/git.ts';
import type { Hooks } from '../port/git/hooks.ts';
import { readSettingsOutside } from '../port/settings.ts';
import { asTrouble } from '../port/system-errors.ts';
import type { Installed } from './installed-paths.ts';
import { type Diagnosis, makeReport, type Report } from './report.ts';

/** `doskara doctor`: looks at port, at every app, and at every factory by way of the connection that builds take. */
export async function doctor(options: { json?: boolean }, here: Installed): Promise<ExitCode> {
  const report = await makeReport(options.json ?? false, here);
  const tell = report.at('port');
  try {
    const root = await readRoot();
    const sshd = await readSshdSettings(); // while we may
    const folders = await becomeUser(root, await listRepositories(), tell);
    await checkMachine(root, tell);
    const startups = sshd === undefined ? undefined : judgeMaxStartups(sshd);
    if (startups !== undefined) tell(startups);
    for (const folder of await listHeadless()) tell(noHead(folder));
    await checkFactories(await checkApps(root, folders, here, tell), report);
  } catch (thrown) {
    const trouble = asTrouble(thrown);
    if (!(trouble instanceof Trouble)) await report.end(); // it waits no more
    if (!(trouble instanceof Trouble)) throw thrown;
    tell(asFinding('port', trouble));
  }
  return exitCodeOf(await report.end());
}

/**
 * Whoever owns the repositories has the ssh configuration and the keys; where several do, the root's owner. Returns the
 * repositories that may be looked at: root itself reads nobody else's.
 */
async function becomeUser(root: string, folders: string[], tell: Tell): Promise<string[]> {
  try {
    await becomeOwner(folders.length > 0 ? folders : [root]);
    return folders;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const mend = `give them all to one user: ls -l ${root}; chown -R USER: ${root}/*.git`;
    tell({ ...asFinding('owner', error), ...(error.code === 'several-owners' ? { hint: mend } : {}) });
    await becomeOwner([root]);
    return process.getuid?.() === 0 ? [] : folders;
  }
}

function noHead(folder: string): Finding {
  return error(
    'repository',
    'head-missing',
    `${basename(folder, '.git')}: it has no HEAD, and git takes it for no repository`,
    `if it was one, as its owner: git init --bare --initial-branch=main ${folder}`,
  );
}

/** All apps whose settings can be read; without apps, what a new one would be. */
async function checkApps(root: string, folders: string[], hooks: Hooks, tell: Tell): Promise<CheckedApp[]> {
  if (folders.length === 0) return [{ settings: await readSettingsOutside(openGit(root), root), latest: undefined }];
  const found: CheckedApp[] = [];
  for (const folder of folders) {
    const app = await checkApp(folder, hooks, tell);
    if (app !== undefined) found.push(app);
  }
  return found;
}

/** What the warehouse has of an app is asked of the factory that is tried first. */
async function checkFactories(apps: readonly CheckedApp[], report: Report): Promise<void> {
  const settings = apps.map((app) => app.settings);
  const ways = settings.flatMap(({ factories, sshConfig }) => factories.map((factory) => ({ factory, sshConfig })));
  const different = new Map(ways.map((way) => [`${way.sshConfig} ${way.factory}`, way]));
  const { checkFactory } = await import('../doctor/factory.ts'); // ssh2 takes its time to load
  for (const { factory, sshConfig } of different.values()) {
    const latest = apps.flatMap((app) =>
      app.latest !== undefined && app.settings.factories[0] === factory && app.settings.sshConfig === sshConfig
        ? [app.latest]
        : [],
    );
    await checkFactory(factory, sshConfig, latest, report.at(`factory ${factory}`));
  }
}

function exitCodeOf(diagnoses: readonly Diagnosis[]): ExitCode {
  const first = diagnoses.find(({ level }) => level === 'error');
  if (first === undefined) return EXIT.built;
  return first.where === 'port' ? EXIT.usage : EXIT.factory;
}
