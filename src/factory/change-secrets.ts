/** `build.sh --secret-…`: what `doskara secret` and `doskara doctor` do on a factory. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { replaceFile } from '../replace-file.ts';
import { checkSecretValue, type SecretRequest } from '../secrets.ts';
import { spoolUnusable } from './messages/disk.ts';
import * as messages from './messages/secrets.ts';
import type { Output } from './output.ts';
import { readSecrets, secretsFolder } from './secrets.ts';

export async function changeSecrets(
  request: SecretRequest,
  input: Readable,
  spool: string,
  output: Output,
): Promise<void> {
  const folder = secretsFolder(spool, request.cacheId);
  switch (request.verb) {
    case 'secret-set':
      await set(request, input, folder);
      return output.raw(messages.secretSet(request));
    case 'secret-remove':
      await remove(join(folder, request.name));
      return output.raw(messages.secretRemoved(request));
    case 'secret-clear':
      await remove(folder);
      return output.raw(messages.secretsCleared(request));
    case 'secret-check':
      await readSecrets(spool, { ...request, secrets: request.names });
      return output.raw(messages.secretsThere(request));
  }
}

type SetRequest = Extract<SecretRequest, { verb: 'secret-set' }>;

async function set({ name, bytes }: SetRequest, input: Readable, folder: string): Promise<void> {
  const value = checkSecretValue(await readValue(input, bytes));
  await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(() => replaceFile(join(folder, name), value))
    .catch((error: NodeJS.ErrnoException) => {
      throw spoolUnusable(folder, error);
    });
}

/** Of so many bytes, which must arrive whole. */
async function readValue(input: Readable, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > bytes) break;
  }
  if (length !== bytes) throw messages.valueCutShort(length, bytes);
  return Buffer.concat(chunks);
}

/** What is not there is removed, too. */
async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
    throw spoolUnusable(path, error);
  });
}
