import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { parseFactorySettings } from '../../../../src/factory/read-settings.ts';
import { findReferred } from '../../../../src/factory/warehouse/referrers.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const SIGNED = JSON.stringify({ manifests: [{ digest: B }] });
const NOTHING = JSON.stringify({ manifests: [] });

const folder = mkdtempSync(join(tmpdir(), 'doskara-referrers-'));
const earlier = process.env['DOCKER_CONFIG'];
afterEach(() => {
  if (earlier === undefined) delete process.env['DOCKER_CONFIG'];
  else process.env['DOCKER_CONFIG'] = earlier;
});
afterAll(() => rmSync(folder, { recursive: true }));

type Answer = [status: number, body: string, challenge?: string];

/** Asks a registry that answers so; without TLS, as docker takes one on loopback. */
async function ask(answer: (url: string, request: IncomingMessage) => Answer) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const [status, body, challenge] = answer(request.url ?? '', request);
    response.writeHead(status, challenge === undefined ? {} : { 'www-authenticate': challenge }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const login = { auths: { [host]: { auth: Buffer.from('me:secret').toString('base64') } } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(login));
  process.env['DOCKER_CONFIG'] = folder;
  const settings = parseFactorySettings({ DOSKARA_REGISTRY: `${host}/team` }, {});
  try {
    return { asked, found: await findReferred(settings, { withoutTls: true }, 'shop', [A, B]) };
  } finally {
    server.close();
  }
}

test('what a registry lists referrers of is found', async () => {
  const { asked, found } = await ask((url) => [200, url.endsWith(A) ? SIGNED : NOTHING]);
  expect(found).toEqual([A]);
  expect(asked).toEqual([`/v2/team/shop/referrers/${A}`, `/v2/team/shop/referrers/${B}`]);
});

test('a registry without an index of referrers is asked once', async () => {
  expect(await ask(() => [404, 'page not found'])).toEqual({ asked: [`/v2/team/shop/referrers/${A}`], found: [] });
});

test('a registry with a login gets that of docker', async () => {
  const { found } = await ask((_, { headers }) =>
    headers.authorization === `Basic ${btoa('me:secret')}` ? [200, SIGNED] : [401, '', 'Basic realm="images"'],
  );
  expect(found).toEqual([A, B]);
});

test('a registry with tokens gets one for that login', async () => {
  const { found, asked } = await ask((url, { headers }) => {
    if (url.startsWith('/token'))
      return headers.authorization?.startsWith('Basic ') ? [200, '{"token": "t"}'] : [401, ''];
    const challenge = `Bearer realm="http://${headers.host}/token",service="r",scope="repository:shop:pull"`;
    return headers.authorization === 'Bearer t' ? [200, SIGNED] : [401, '', challenge];
  });
  expect(found).toEqual([A, B]);
  expect(asked[1]).toBe('/token?service=r&scope=repository%3Ashop%3Apull');
});

test.each<Answer>([
  [401, ''],
  [500, ''],
  [200, 'no json'],
])('a registry that answers %j with %j does not tell, so nothing is removed', async (status, body) => {
  await expect(ask(() => [status, body])).rejects.toMatchObject({ code: 'referrers-unknown', exitCode: 5 });
});
