/** The secrets of an app, on all of its factories. */
import { makeCacheId, readCacheId } from '../port/cache-id.ts';
import { similarNames } from '../port/did-you-mean.ts';
import { noSecret, tooManySecrets } from '../port/messages/secrets.ts';
import type { Repository } from '../port/repository.ts';
import { changeSecrets, type KnownSecret, readSecrets } from '../port/secrets.ts';
import { MAX_SECRETS, SSH_KEY } from '../secrets.ts';
import { type Told, tellFactories } from './send-secret.ts';

/** Gives a secret to all factories of the app, or a new value. Builds get it from now on, or fail where it is missing. */
export async function setSecret({ state, settings }: Repository, name: string, value: Buffer): Promise<Told> {
  const { app, factories, sshConfig } = settings;
  return changeSecrets(state, async (before) => {
    const [known, others] = split(before, name);
    const count = others.filter((each) => each.name !== SSH_KEY).length;
    if (name !== SSH_KEY && count >= MAX_SECRETS) throw tooManySecrets(app, MAX_SECRETS);
    const cacheId = await cacheIdOf(state);
    const bytes = value.length;
    const told = await tellFactories(factories, sshConfig, { verb: 'secret-set', app, cacheId, name, bytes }, value);
    const mayBe = [...placesOf(known), ...told.failed.map(({ factory }) => factory)];
    const older = [...new Set(mayBe)].filter((factory) => !told.done.includes(factory));
    return { after: [...others, { name, set: new Date().toISOString(), factories: told.done, older }], result: told };
  });
}

/** An app that an old version made has none yet. Its caches begin anew then. */
async function cacheIdOf(state: string): Promise<string> {
  if ((await readCacheId(state)) === undefined) await makeCacheId(state);
  return (await readCacheId(state)) ?? '';
}

/** From all factories that may have it. No build gets it from now on, even if one of them can't be reached. */
export async function removeSecret({ state, settings }: Repository, name: string): Promise<Told> {
  const { app, sshConfig } = settings;
  return changeSecrets(state, async (before) => {
    const [known, others] = split(before, name);
    const names = before.map((each) => each.name);
    if (known === undefined) throw noSecret(app, name, similarNames(name, names));
    const cacheId = await cacheIdOf(state);
    const request = { verb: 'secret-remove', app, cacheId, name } as const;
    const told = await tellFactories(placesOf(known), sshConfig, request);
    const older = told.failed.map(({ factory }) => factory);
    return { after: [...others, { ...known, factories: [], older, removed: true }], result: told };
  });
}

/**
 * Removes all secrets of an app that is gone: its state has moved to `state`. Undefined if it has none. Rejects with a
 * Trouble if nobody knows any more which it has.
 */
export async function clearSecrets(
  { settings }: Repository,
  state: string,
): Promise<(Told & { cacheId: string }) | undefined> {
  const { app, sshConfig } = settings;
  const factories = [...new Set((await readSecrets(state)).flatMap(placesOf))];
  if (factories.length === 0) return undefined;
  return changeSecrets(state, async (before) => {
    const cacheId = await cacheIdOf(state);
    const told = await tellFactories(factories, sshConfig, { verb: 'secret-clear', app, cacheId });
    const failed = told.failed.map(({ factory }) => factory);
    const left = (known: KnownSecret) => placesOf(known).filter((factory) => failed.includes(factory));
    const after = before.map((known) => ({ ...known, factories: [], older: left(known), removed: true as const }));
    return { after, result: { ...told, cacheId } };
  });
}

const placesOf = (known: KnownSecret | undefined) => [...(known?.factories ?? []), ...(known?.older ?? [])];

function split(all: readonly KnownSecret[], name: string): [KnownSecret | undefined, KnownSecret[]] {
  return [all.find((each) => each.name === name), all.filter((each) => each.name !== name)];
}
