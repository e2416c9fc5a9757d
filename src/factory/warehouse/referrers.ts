import { readFile } from 'node:fs/promises';
import { parseObject } from '../../json.ts';
import { referrersUnknown } from '../messages/warehouse.ts';
import type { FactorySettings } from '../settings.ts';
import { dockerConfig, type Skopeo } from './skopeo.ts';
import { hostOf } from './without-tls.ts';

const ANSWER_TIMEOUT_MS = 30_000;

/**
 * Those of the digests that something refers to, for registries that keep an index of referrers; in others, referrers
 * have a tag. Skopeo does not know that part of the API:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 * Rejects with exit code 5 if the warehouse does not tell.
 */
export async function findReferred(
  { registry }: FactorySettings,
  { withoutTls }: Pick<Skopeo, 'withoutTls'>,
  app: string,
  digests: readonly string[],
): Promise<string[]> {
  const host = hostOf(registry);
  const path = `/v2${registry.slice(host.length)}/${app}/referrers`;
  const referred: string[] = [];
  for (const digest of digests) {
    const answer = await askAsDocker(host, withoutTls, `${path}/${digest}`).catch(() => undefined);
    if (answer?.status === 404) break; // it has no such index
    if (answer?.status !== 200) throw referrersUnknown(registry);
    const { manifests } = parseObject(await answer.text());
    if (!Array.isArray(manifests)) throw referrersUnknown(registry);
    if (manifests.length > 0) referred.push(digest);
  }
  return referred;
}

/** Over TLS, except where docker goes without and TLS fails. */
async function askAsDocker(host: string, withoutTls: boolean, path: string): Promise<Response> {
  const overTls = get(`https://${host}${path}`, host);
  return withoutTls ? overTls.catch(() => get(`http://${host}${path}`, host)) : overTls;
}

async function get(url: string, host: string): Promise<Response> {
  const request = (authorization?: string) =>
    fetch(url, {
      headers: authorization === undefined ? {} : { authorization },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
  const answer = await request();
  if (answer.status !== 401) return answer;
  const login = await readLogin(host);
  return request(await authorize(answer.headers.get('www-authenticate') ?? '', login));
}

/** As docker keeps it, unless a program keeps it for docker. */
async function readLogin(host: string): Promise<string | undefined> {
  const { auths } = parseObject(await readFile(dockerConfig(), 'utf8').catch(() => ''));
  const { auth } = { ...(auths as Record<string, { auth?: unknown } | undefined> | undefined)?.[host] };
  return typeof auth === 'string' && auth !== '' ? `Basic ${auth}` : undefined;
}

/** Answers a challenge: https://distribution.github.io/distribution/spec/auth/token/ */
async function authorize(challenge: string, login: string | undefined): Promise<string | undefined> {
  const field = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = field('realm');
  if (!/^bearer /i.test(challenge) || realm === undefined) return login;
  const url = new URL(realm);
  for (const name of ['service', 'scope']) {
    const value = field(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const answer = await fetch(url, {
    headers: login === undefined ? {} : { authorization: login },
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  const { token, access_token } = parseObject(await answer.text());
  return `Bearer ${token ?? access_token}`;
}
