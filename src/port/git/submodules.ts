import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as messages from '../messages/submodules.ts';
import type { Repository } from '../repository.ts';
import { openBoundedGit } from './bounded-git.ts';
import { GitFailure } from './git.ts';
import { copyCommit, fetchCommit, type Submodule } from './submodule-fetch.ts';
import { openStore, type Store, type SubmoduleJob } from './submodule-store.ts';
import { isRelative, parseSubmoduleUrl, resolveSubmoduleUrl } from './submodule-url.ts';

const MAX_SUBMODULES = 100;
/** Of submodules in submodules. */
const MAX_DEPTH = 5;

/** A commit with the files of its submodules. */
export interface MergedCommit {
  id: string;
  /** The folder with its objects, which are not all in the app's repository. */
  objects: string;
}

/**
 * Fetches a commit's submodules, if they are not here yet, and makes a commit in which their files replace them, with
 * the same author, time and message: `git archive` reads it in place of the original (git-replace(1)), and still writes
 * the original's id. Resolves to undefined if there are no submodules. Rejects with a Trouble that names a
 * submodule that cannot be had: exit code 4 if its host cannot be reached, else 3.
 */
export async function mergeSubmodules(job: SubmoduleJob): Promise<MergedCommit | undefined> {
  const { repository, commit } = job;
  const known = MERGED.get(repository);
  if (known?.has(commit)) return known.get(commit);
  const merged = await merge(job);
  MERGED.set(repository, new Map(known).set(commit, merged));
  return merged;
}

/** The preflight reads a commit's archive, too, before it is sent. */
const MERGED = new WeakMap<Repository, ReadonlyMap<string, MergedCommit | undefined>>();

async function merge(job: SubmoduleJob): Promise<MergedCommit | undefined> {
  const { repository, commit } = job;
  const store = await openStore(job);
  const submodules = await collect(job, store, commit, repository.settings.submoduleBase);
  if (submodules.length === 0) return undefined;
  const index = join(store.folder, `index-${process.pid}`);
  try {
    const tree = await buildTree(store, index, commit, submodules);
    const text = await store.git(['cat-file', 'commit', commit]);
    const changed = text.replace(/^tree \S+/, `tree ${tree}`);
    const id = (await store.git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input: changed })).trim();
    return { id, objects: join(store.folder, 'objects') };
  } finally {
    for (const suffix of ['', '.lock']) await rm(index + suffix, { force: true });
  }
}

/** The submodules of a commit, each before those in it; fetched, so that their trees can be read. */
async function collect(
  job: SubmoduleJob,
  store: Store,
  commit: string,
  base: string | undefined,
  prefix = '',
  depth = 1,
): Promise<Submodule[]> {
  const { settings } = job.repository;
  const links = await listLinks(job, store, commit, prefix === '' ? settings.folder : undefined);
  if (links.length === 0) return [];
  if (depth > MAX_DEPTH) throw messages.tooDeep(prefix, MAX_DEPTH);
  const urls = await readUrls(job, store, commit);
  const found: Submodule[] = [];
  for (const { path, object } of links) {
    const submodule = {
      path: prefix + path,
      commit: object,
      url: resolve(settings.app, prefix + path, urls.get(path), base),
    };
    await fetchIfMissing(job, store, submodule);
    found.push(submodule, ...(await collect(job, store, object, submodule.url, `${submodule.path}/`, depth + 1)));
    if (found.length > MAX_SUBMODULES) throw messages.tooMany(MAX_SUBMODULES);
  }
  return found;
}

/**
 * Counts the entries of all trees, which can be as large as any (see readCommitTree): an index has them all in memory.
 */
async function listLinks(job: SubmoduleJob, store: Store, commit: string, folder: string | undefined) {
  const { settings, path } = job.repository;
  const git = openBoundedGit(path, store.env as Record<string, string>, job.signal);
  const links: { path: string; object: string }[] = [];
  const args = [
    'ls-tree',
    '-r',
    '-t',
    '-z',
    '--full-tree',
    commit,
    ...(folder === undefined ? [] : ['--', `${folder}/`]),
  ];
  for await (const line of git.list(...args)) {
    store.entries += 1;
    if (store.entries > settings.maxEntries) throw messages.tooLarge(settings.app, settings.maxEntries);
    const [mode, , object = ''] = line.slice(0, line.indexOf('\t')).split(' ');
    if (mode === '160000') links.push({ path: line.slice(line.indexOf('\t') + 1), object });
    if (links.length > MAX_SUBMODULES) throw messages.tooMany(MAX_SUBMODULES);
  }
  return links;
}

/** By path, from `.gitmodules`. */
async function readUrls({ signal }: SubmoduleJob, store: Store, commit: string): Promise<Map<string, string>> {
  const args = ['config', '--no-includes', '--null', '--blob', `${commit}:.gitmodules`];
  const text = await store.git([...args, '--get-regexp', '^submodule\\..*\\.(path|url)$']).catch(() => {
    signal?.throwIfAborted();
    return ''; // there is none, or nothing that git can read
  });
  const byName = new Map<string, { path?: string; url?: string }>();
  // `submodule.<name>.<key>\n<value>\0`
  for (const entry of text.split('\0')) {
    const [, name, key, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(entry) ?? [];
    if (name !== undefined && key !== undefined) byName.set(name, { ...byName.get(name), [key]: value });
  }
  return new Map([...byName.values()].flatMap(({ path, url }) => (path && url ? [[path, url] as const] : [])));
}

function resolve(app: string, path: string, url: string | undefined, base: string | undefined): string {
  if (url === undefined) throw messages.noUrl(path);
  if (!isRelative(url)) return url;
  if (base === undefined) throw messages.noBase(app, path, url);
  return resolveSubmoduleUrl(url, base);
}

async function fetchIfMissing(job: SubmoduleJob, store: Store, submodule: Submodule): Promise<void> {
  const { app, submoduleHosts } = job.repository.settings;
  const parsed = parseSubmoduleUrl(submodule.url);
  if (parsed === undefined) throw messages.badUrl(submodule);
  if (!submoduleHosts.includes(parsed.host)) throw messages.hostForbidden(app, submodule, parsed.host);
  const has = () =>
    store.git(['cat-file', '-e', `${submodule.commit}^{tree}`]).then(
      () => true,
      () => false,
    );
  if (await has()) return;
  await copyCommit(store.env, store.previous, submodule, job.signal);
  if (await has()) return;
  job.note(messages.fetching(submodule));
  const failure = await fetchCommit(store.env, submodule, job.signal);
  if (!(await has())) throw messages.fetchFailed(submodule, failure);
}

/** The tree of the commit with those of its submodules in it. */
async function buildTree(
  store: Store,
  index: string,
  commit: string,
  submodules: readonly Submodule[],
): Promise<string> {
  const env = { GIT_INDEX_FILE: index };
  await store.git(['read-tree', commit], { env });
  for (const { path, commit: id } of submodules) {
    await store.git(['update-index', '-z', '--index-info'], { env, input: `0 ${'0'.repeat(id.length)}\t${path}\0` });
    await store.git(['read-tree', `--prefix=${path}/`, id], { env }).catch((error: unknown) => {
      throw error instanceof GitFailure ? messages.unreadable(path, error) : error;
    });
  }
  return (await store.git(['write-tree'], { env })).trim();
}
