import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { usePlatform } from '../rig/platform-test.ts';

const DAY_MS = 24 * 3600 * 1000;

const use = usePlatform({ DOSKARA_KEEP_TAGS: '2' });

let app: Clone;
const commits: string[] = [];

test('images beyond those to keep go a day later, except for those that are used otherwise', async () => {
  app = await use.platform.app('shop');
  for (let n = 0; n < 5; n++) {
    commits.push(await app.commit({ blob: randomBytes(300_000) }));
    expect((await app.push()).lines.at(-1)).toMatch(/^success: shop build \d built/);
  }
  const [first = '', second = '', third = '', fourth = '', fifth = ''] = commits;
  await tagAs('production', await read(second));
  const { type, bytes, digest } = await read(first);
  const manifests = [{ mediaType: type, digest, size: bytes.length }];
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  await tagAs('multi', {
    type: mediaType,
    bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })),
  });
  const foreign = 'f'.repeat(40);
  await tagAs(foreign, await read(fifth));

  expect(await pruneTags()).toEqual(['no old images in the warehouse']);
  makeOlder();
  expect(await pruneTags()).toEqual([
    'removed 1 tag of shop, kept 8',
    'kept 1 tag of shop that this factory did not push',
  ]);
  const tags = [first, second, fourth, fifth, foreign, 'latest', 'multi', 'production'];
  expect(await listTags()).toEqual(tags.toSorted());
  expect(await pruneTags()).toEqual(['no old images in the warehouse']);
  const gone = await use.platform.doskara('rollback', 'shop', third);
  expect(gone.exitCode).toBe(5);
  expect(gone.all).toMatch(/^error: .* not found in the warehouse\nhint: to build its commit again: doskara replay /m);
});

test('what was kept is there to go back to, and what is latest then stays', async () => {
  const fourth = commits[3] ?? '';
  expect((await use.platform.doskara('rollback', 'shop', fourth)).exitCode).toBe(0);
  expect(await use.platform.latestRevision('shop')).toBe(fourth);
  makeOlder();
  expect(await pruneTags()).toEqual(['no old images in the warehouse']);
});

async function pruneTags(): Promise<string[]> {
  const { all, exitCode } = await use.platform.runner(['--prune-tags'], '');
  expect({ all, exitCode }).toMatchObject({ exitCode: 0 });
  return all.split('\n');
}

/** As if two days had gone by. */
function makeOlder(): void {
  const file = join(use.platform.folder, 'spool/pushes/shop.json');
  const pushes = JSON.parse(readFileSync(file, 'utf8')) as { time: number }[];
  writeFileSync(file, JSON.stringify(pushes.map((push) => ({ ...push, time: push.time - 2 * DAY_MS }))));
}

const MANIFESTS = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`);
const ask = (path: string, init?: RequestInit) => fetch(`http://${use.platform.shared.registry}/v2/shop/${path}`, init);

interface Stored {
  type: string;
  bytes: Buffer;
}

async function read(reference: string): Promise<Stored & { digest: string }> {
  const answer = await ask(`manifests/${reference}`, { headers: { accept: MANIFESTS.join() } });
  expect(answer.status).toBe(200);
  const header = (name: string) => answer.headers.get(name) ?? '';
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { type: header('content-type'), digest: header('docker-content-digest'), bytes };
}

async function tagAs(tag: string, { type, bytes }: Stored): Promise<void> {
  const headers = { 'content-type': type };
  expect((await ask(`manifests/${tag}`, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status).toBe(201);
}

async function listTags(): Promise<string[]> {
  return ((await (await ask('tags/list')).json()) as { tags: string[] }).tags.toSorted();
}
