import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SSH_KEY } from '../secrets.ts';
import type { SecretFiles } from './docker/build-order.ts';
import type { Builder } from './docker/builders.ts';
import { spoolUnusable } from './messages/disk.ts';
import * as messages from './messages/secrets.ts';
import type { Output } from './output.ts';
import { makeRedactor, type Redactor, type Secret } from './redact.ts';
import type { FactorySettings } from './settings.ts';

/** A folder for each life of an app, with a file for each secret. Only the runner's user can read them. */
export const secretsFolder = (spool: string, cacheId: string): string => join(spool, 'secrets', cacheId);

interface SecretJob {
  app: string;
  cacheId: string | undefined;
  /** Names. */
  secrets: readonly string[];
  settings: FactorySettings;
  output: Output;
}

/**
 * Gives a build files of its own, in `folder`: it sees the values of one moment, and its output is rid of the same ones.
 * Rejects with exit code 4 if a secret is not on this factory, or the builder cannot take it.
 */
export async function takeSecrets(
  { settings, output, ...job }: SecretJob,
  builder: Builder,
  folder: string,
): Promise<{ secretFiles: SecretFiles; redactor: Redactor }> {
  const secrets = await readSecrets(settings.spool, job);
  if (secrets.length > 0 && builder === 'classic') throw messages.secretsNeedBuildKit(job.app);
  const redactor = makeRedactor(secrets);
  output.hide(redactor);
  return { secretFiles: await placeSecrets(secrets, join(folder, 'secrets')), redactor };
}

type Wanted = Pick<SecretJob, 'app' | 'cacheId' | 'secrets'>;

/** Rejects with exit code 4 if one of them is not on this factory. */
export async function readSecrets(spool: string, { app, cacheId = '', secrets }: Wanted): Promise<Secret[]> {
  const found: Secret[] = [];
  const missing: string[] = [];
  for (const name of secrets) {
    const file = join(secretsFolder(spool, cacheId), name);
    const value = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw spoolUnusable(file, error);
    });
    if (value === undefined) missing.push(name);
    else found.push({ name, value });
  }
  if (missing.length > 0) throw messages.secretsMissing(app, missing);
  return found;
}

async function placeSecrets(secrets: readonly Secret[], folder: string): Promise<SecretFiles> {
  const files = new Map<string, string>();
  if (secrets.length > 0) await mkdir(folder, { mode: 0o700 });
  for (const { name, value } of secrets) {
    const file = join(folder, name);
    await writeFile(file, value, { mode: 0o600 });
    files.set(name, file);
  }
  const sshKey = files.get(SSH_KEY);
  files.delete(SSH_KEY);
  return { files, sshKey };
}
