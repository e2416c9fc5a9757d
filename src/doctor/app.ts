import { access, constants } from 'node:fs/promises';
import { basename } from 'node:path';
import { findUnacceptedLatest } from '../builds/gated-build.ts';
import { headState } from '../builds/reconcile.ts';
import { latestBuild } from '../builds/turns.ts';
import { type Hint, Trouble } from '../errors.ts';
import { asFinding, type Finding } from '../finding.ts';
import { LATEST } from '../image-tag.ts';
import { openBranches } from '../port/branches.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { checkHooksPath, type HookState, isOurs } from '../port/git/hook-files.ts';
import { type GateState, type Hooks, readHooks } from '../port/git/hooks.ts';
import * as messages from '../port/messages/doctor-app.ts';
import { promoteAgain, replayHead } from '../port/messages/doctor-factory.ts';
import { listPromoted } from '../port/promoted-tags.ts';
import { recordsOf } from '../port/records.ts';
import { openRepository, type Repository, readHead, withTag } from '../port/repository.ts';
import type { PortSettings } from '../port/settings.ts';
import type { KnownLatest } from './latest.ts';
import type { ReportFinding } from './machine.ts';
import { checkRefs } from './refs.ts';
import { type AppSecrets, readAppSecrets } from './secrets.ts';

/** What doctor knows of an app. */
export interface CheckedApp {
  settings: PortSettings;
  /** The images that its tags should name; without those that are unknown during a build. */
  latest: KnownLatest[];
  secrets: AppSecrets | undefined;
}

/**
 * Checks the repository of one app: settings, hooks, records, head. Resolves to undefined if its settings cannot be
 * read. `hooks`: the installed ones.
 */
export async function checkApp(folder: string, hooks: Hooks, report: ReportFinding): Promise<CheckedApp | undefined> {
  const app = basename(folder).replace(/\.git$/, '');
  const reportOf: ReportFinding = (finding) => report(messages.ofApp(app, finding));
  try {
    const repository = await openRepository(folder);
    const branches = await openBranches(repository);
    const secrets = await readAppSecrets(repository, app);
    await checkParts(repository, branches, hooks, secrets.wrong, reportOf);
    const tags = (await listPromoted(repository)).map(({ tag }) => tag);
    const latest = await Promise.all([
      ...branches.map((each) => readLatest(each, app, () => replayHead(each.settings))),
      ...tags.map(async (tag) =>
        readLatest(await withTag(repository, tag), app, ({ number }) =>
          promoteAgain(repository.settings.app, number, tag),
        ),
      ),
    ]);
    return {
      settings: repository.settings,
      latest: latest.filter((each) => each !== undefined),
      secrets: secrets.known,
    };
  } catch (error) {
    reportOf(unusable(error, folder));
    return undefined;
  }
}

async function readLatest(
  repository: Repository,
  name: string,
  fixOf: (last: BuildRecord) => Hint,
): Promise<KnownLatest | undefined> {
  const { settings, tag } = repository;
  const records = await recordsOf(repository).latest();
  const last = latestBuild(records.filter(({ outcome, pushing }) => outcome === 'built' || pushing));
  if (last?.outcome !== 'built' || last.digest === null) return undefined;
  if (records.some(({ outcome }) => outcome === 'running')) return undefined;
  const { number, digest } = last;
  return { app: settings.app, name, tag: tag ?? LATEST, number, digest, fix: fixOf(last) };
}

/** `branches`: those that are built. `others`: what was found already. */
async function checkParts(
  repository: Repository,
  branches: readonly Repository[],
  hooks: Hooks,
  others: readonly Finding[],
  report: ReportFinding,
): Promise<void> {
  const folder = repository.path;
  const { state, gate } = await readHooks(folder, hooks);
  const found = [
    await checkHook(folder, hooks.hook, state),
    checkGate(folder, gate),
    await checkState(repository),
    ...(isOurs(state) ? await Promise.all(branches.map(checkBranch)) : []),
    ...(isOurs(state) ? await checkRefs(repository) : []),
    ...others,
  ];
  const wrong = found.filter((finding) => finding !== undefined);
  for (const finding of wrong) report(finding);
  if (wrong.length === 0) report(messages.appFine());
}

/** What cannot be read is a finding, too. */
function unusable(thrown: unknown, folder: string): Finding {
  if (thrown instanceof Trouble) return asFinding(thrown.code === 'bad-settings' ? 'settings' : 'repository', thrown);
  const { code, path } = thrown as NodeJS.ErrnoException;
  if (code === undefined) throw thrown;
  return messages.repositoryUnreadable(path ?? folder, code);
}

async function checkHook(folder: string, hook: string, state: HookState): Promise<Finding | undefined> {
  const elsewhere = await checkHooksPath(folder, hook).catch(asElsewhere);
  if (elsewhere !== undefined) return isOurs(state) ? { ...elsewhere, level: 'warning' } : elsewhere;
  if (isOurs(state)) return undefined;
  return state === 'none' ? messages.hookMissing(folder) : messages.hookForeign(folder);
}

function checkGate(folder: string, gate: GateState): Finding | undefined {
  if (gate === 'not linked') return messages.gateHookMissing(folder);
  return gate === 'not set' ? messages.gateNotSet(folder) : undefined;
}

function asElsewhere(thrown: unknown): Finding {
  if (thrown instanceof Trouble) return asFinding('hook', thrown);
  throw thrown;
}

async function checkState({ state }: Repository): Promise<Finding | undefined> {
  return access(state, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => undefined,
    ({ code }: NodeJS.ErrnoException) => messages.stateNotWritable(state, code),
  );
}

async function checkBranch(repository: Repository): Promise<Finding | undefined> {
  const finding = await checkHead(repository);
  const { branch, branches } = repository.settings;
  return finding === undefined || branch === branches[0] ? finding : messages.ofBranch(branch, finding);
}

/** Checks for a head that reconcile would build. */
async function checkHead(repository: Repository): Promise<Finding | undefined> {
  const { app, branch } = repository.settings;
  const head = await readHead(repository, `refs/heads/${branch}`);
  if (head === undefined) return undefined;
  const records = await recordsOf(repository).latest();
  const unaccepted = await findUnacceptedLatest(head, records);
  if (unaccepted?.pending === false) return messages.latestRejected(app, unaccepted.build);
  if (unaccepted?.pending) return undefined;
  if (headState(head, records, unaccepted?.build) !== 'build') return checkLatest(head, records, repository);
  const lost = records.find(({ commit, outcome }) => commit === head && outcome === 'lost');
  return lost === undefined ? messages.headNotBuilt(app, head) : messages.headLost(app, head, lost);
}

/** A head that was built may not be latest anymore, after a replay or rollback of another commit. */
async function checkLatest(
  head: string,
  records: readonly BuildRecord[],
  repository: Repository,
): Promise<Finding | undefined> {
  const { branch } = repository.settings;
  const latest = latestBuild(records.filter(({ outcome }) => outcome === 'built'));
  if (latest === undefined) return undefined;
  const wasBuilt = records.find(({ commit }) => commit === head)?.outcome === 'built';
  if (wasBuilt && latest.commit !== head) return messages.latestNotHead(repository.settings, head, latest);
  const ref = `refs/built/${branch}`;
  const known = await readHead(repository, ref);
  return known === latest.commit ? undefined : messages.builtRefDiffers(repository.settings, ref, known, latest.commit);
}
