import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../exec.ts';
import { parseObject } from '../../json.ts';
import { lastLine } from '../docker/parse.ts';
import * as messages from '../messages/warehouse.ts';
import type { FactorySettings } from '../settings.ts';
import { isWithoutTls } from './without-tls.ts';

/** The tool that removes images from a registry with docker's logins: docker itself can't. */
export interface Skopeo {
  /** None if the warehouse does not know the app. */
  listTags(app: string): Promise<string[]>;
  /** undefined if there is none. `reference`: a tag or a digest. */
  readManifest(app: string, reference: string): Promise<Manifest | undefined>;
  /** With all its tags. It may be gone already. */
  remove(app: string, reference: string): Promise<void>;
  readonly withoutTls: boolean;
}

export interface Manifest {
  digest: string;
  /** The digests of the manifests in an index. */
  lists: string[];
  /** What it refers to. */
  subject: string | undefined;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** Where docker keeps its logins. */
export const dockerConfig = (): string =>
  join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');

/** All rejects with exit code 4 without skopeo, and with 5 if the warehouse does not answer or refuses. */
export async function openSkopeo(settings: FactorySettings): Promise<Skopeo> {
  const withoutTls = await isWithoutTls(settings);
  const options = [
    ...(existsSync(dockerConfig()) ? [`--authfile=${dockerConfig()}`] : []),
    ...(withoutTls ? ['--tls-verify=false'] : []),
  ];
  const nameOf = (app: string) => `docker://${settings.registry}/${app}`;
  const ask = (verb: string, image: string, ...more: string[]) =>
    askSkopeo(settings.registry, [verb, ...more, ...options, '--', image]);
  return {
    withoutTls,
    async listTags(app) {
      const { Tags: tags } = parseObject((await ask('list-tags', nameOf(app))) ?? '');
      return Array.isArray(tags) ? tags.map(String) : [];
    },
    async readManifest(app, reference) {
      const raw = await ask('inspect', nameOf(app) + asSuffix(reference), '--raw');
      return raw === undefined ? undefined : parseManifest(raw);
    },
    async remove(app, reference) {
      await ask('delete', nameOf(app) + asSuffix(reference));
    },
  };
}

const asSuffix = (reference: string) => (reference.includes(':') ? `@${reference}` : `:${reference}`);

/** What it prints; undefined if the warehouse does not have it. */
async function askSkopeo(registry: string, args: string[]): Promise<string | undefined> {
  const { failed, reason, stdout, stderr } = await exec(['skopeo', ...args], { timeoutMs: ANSWER_TIMEOUT_MS });
  if (!failed) return stdout;
  if (reason === 'ENOENT' || reason === 'EACCES') throw messages.skopeoMissing();
  const said = messageIn(lastLine(stderr.split('\n')));
  if (/\b405\b/.test(said)) throw messages.deletesRefused(registry);
  if (isAbsent(said)) return undefined;
  throw messages.warehouseSilent(registry, stderr === '' ? reason : said);
}

/** Of a line of its log. */
function messageIn(line: string): string {
  return /\bmsg="(.*)"$/.exec(line)?.[1]?.replaceAll('\\"', '"').replaceAll('\\n', ' ') ?? line;
}

/** Other things may not be found, too: the registry's host, a program that keeps logins. */
function isAbsent(said: string): boolean {
  return /manifest unknown|name unknown|status code from registry 404|Image may not exist/i.test(said);
}

/**
 * A manifest is known by the hash of its bytes:
 * https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 */
function parseManifest(raw: string): Manifest {
  const { manifests, subject } = parseObject(raw) as { manifests?: unknown; subject?: { digest?: unknown } | null };
  const listed = Array.isArray(manifests) ? (manifests as ({ digest?: unknown } | null)[]) : [];
  return {
    digest: `sha256:${createHash('sha256').update(raw).digest('hex')}`,
    lists: listed.flatMap(digestOf),
    subject: digestOf(subject)[0],
  };
}

/** Of any algorithm. */
function digestOf(descriptor: { digest?: unknown } | null | undefined): string[] {
  const { digest } = { ...descriptor };
  return typeof digest === 'string' && /^[a-z0-9+._-]+:[0-9a-zA-Z=_-]+$/.test(digest) ? [digest] : [];
}
