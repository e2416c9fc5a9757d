import { Trouble } from '../errors.ts';
import { asFinding, type Finding } from '../finding.ts';
import { readCacheId } from '../port/cache-id.ts';
import * as messages from '../port/messages/doctor-app.ts';
import type { Repository } from '../port/repository.ts';
import { type KnownSecret, lackingFactories, secretsOfBuild } from '../port/secrets.ts';
import { parseEvent } from '../runner-events.ts';
import type { AskRunner } from './latest.ts';
import type { ReportFinding } from './machine.ts';

/** What an app's factories should have. */
export interface AppSecrets {
  /** Of the image, and of the repository. */
  app: string;
  name: string;
  cacheId: string;
  secrets: readonly KnownSecret[];
}

/** What builds of an app get, and what is wrong with it as far as port knows. */
export async function readAppSecrets(
  repository: Repository,
  name: string,
): Promise<{ known: AppSecrets | undefined; wrong: Finding[] }> {
  const { app, factories } = repository.settings;
  try {
    const secrets = await secretsOfBuild(repository);
    const cacheId = await readCacheId(repository.state);
    const known = cacheId === undefined || secrets.length === 0 ? undefined : { app, name, cacheId, secrets };
    return { known, wrong: secrets.flatMap((secret) => checkPlaces(app, secret, factories)) };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { known: undefined, wrong: [asFinding('secrets', error)] };
  }
}

function checkPlaces(app: string, secret: KnownSecret, factories: readonly string[]): Finding[] {
  const lacking = lackingFactories(secret, factories);
  const older = lacking.filter((factory) => secret.older.includes(factory));
  const without = lacking.filter((factory) => !older.includes(factory));
  return [
    ...(without.length === 0 ? [] : [messages.secretNotOn(app, secret.name, without)]),
    ...(older.length === 0 ? [] : [messages.secretOlderOn(app, secret.name, older)]),
  ];
}

/** Asks a factory whether it has what port has told it: it may have been replaced since. */
export async function checkSecretsOn(
  destination: string,
  known: readonly AppSecrets[],
  ask: AskRunner,
  report: ReportFinding,
): Promise<void> {
  for (const { app, name, cacheId, secrets } of known) {
    const told = secrets.filter(({ factories, older }) => [...factories, ...older].includes(destination));
    const names = told.map((secret) => secret.name);
    if (names.length === 0) continue;
    await ask({ verb: 'secret-check', app, cacheId, names }, ({ text }) => {
      const event = parseEvent(text);
      if (event?.event === 'failed') report({ ...messages.secretsGone(event), app: name });
    });
  }
}
