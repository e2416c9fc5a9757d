import { join } from 'node:path';
import { becomeOwner } from '../../drop-privileges.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { appOf, findRepository, listRepositories, readRoot } from '../../port/apps.ts';
import { openGit } from '../../port/git/git.ts';
import { Records } from '../../port/records.ts';
import { escaped } from '../../printable.ts';
import { listTopics, manualBeside } from '../manual/pages.ts';

/** Commits or builds to offer. */
const RECENT = 20;

/**
 * Names that are safe to offer: some shells insert them into the command line unquoted, and git lets a pusher name a
 * branch `$(reboot)`.
 */
const HARMLESS = /^[A-Za-z0-9][\w./@+-]*$/;

type Names = (app: string, manual: string) => Promise<string[][]>;

const KINDS: Record<string, Names> = { apps, builds, commits, images, keys, secrets, settings, topics };

/**
 * `doskara complete <kind> [<app>]`: prints names for a shell to offer, one per line, each with a tab and a description.
 * `bundle`: the URL of the running file.
 */
export async function complete(bundle: string, kind = '', app = ''): Promise<ExitCode> {
  const names = Object.hasOwn(KINDS, kind) ? await KINDS[kind]?.(app, manualBeside(bundle)) : undefined;
  for (const [name = '', meaning = ''] of names ?? [])
    if (HARMLESS.test(name)) process.stdout.write(`${name}\t${escaped(meaning)}\n`);
  return names === undefined ? EXIT.usage : EXIT.built;
}

async function apps(): Promise<string[][]> {
  return (await listRepositories()).map((folder) => [appOf(folder), 'app']);
}

async function builds(app: string): Promise<string[][]> {
  const records = await new Records(join(await openAsOwner(app), 'doskara')).latest(RECENT);
  return records.map(({ number, outcome, subject }) => [String(number), `${outcome}: ${subject}`]);
}

async function commits(app: string): Promise<string[][]> {
  const git = openGit(await openAsOwner(app));
  const refs = await git('for-each-ref', '--format=%(refname:lstrip=2)%09%(objecttype)', 'refs/heads', 'refs/tags');
  // an app without commits: nothing to offer
  const recent = await git('log', `-${RECENT}`, '--branches', '--format=%h%x09%s').catch(() => '');
  return `${refs}${recent}`.split('\n').map((line) => line.split('\t'));
}

/** The builds that a rollback can go to. */
async function images(app: string): Promise<string[][]> {
  const { buildsWithImage } = await import('../../builds/choose-rollback.ts');
  const records = await new Records(join(await openAsOwner(app), 'doskara')).latest();
  return buildsWithImage(records.filter(({ why }) => why !== 'promote'))
    .slice(0, RECENT)
    .map(({ number, commit, subject }) => [String(number), `${commit.slice(0, 12)} ${subject}`]);
}

async function keys(): Promise<string[][]> {
  const { listKeys } = await import('../../port/keys/authorized-keys.ts');
  await becomeOwner([await readRoot()]);
  return (await listKeys()).map(({ name, apps }) => [name, `key for ${apps?.join(', ') ?? 'all apps'}`]);
}

async function secrets(app: string): Promise<string[][]> {
  const { readSecrets } = await import('../../port/secrets.ts');
  const { SSH_KEY } = await import('../../secrets.ts');
  const all = await readSecrets(join(await openAsOwner(app), 'doskara'));
  return all.filter(({ name }) => name !== SSH_KEY).map(({ name, set }) => [name, `set ${set}`]);
}

async function settings(): Promise<string[][]> {
  const { PORT_SETTINGS } = await import('../../port/settings.ts');
  return Object.entries(PORT_SETTINGS).map(([key, { means }]) => [key, means]);
}

async function topics(_app: string, manual: string): Promise<string[][]> {
  return listTopics(manual).map(({ name, summary }) => [name, summary]);
}

async function openAsOwner(app: string): Promise<string> {
  const folder = await findRepository(app);
  await becomeOwner([folder]);
  return folder;
}
