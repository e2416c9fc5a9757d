import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { makeOutput } from '../../src/factory/output.ts';
import { collectGarbage } from '../../src/factory/warehouse/collect-garbage.ts';
import { type Registry, readOnly, readPlace } from '../../src/factory/warehouse/registry-service.ts';
import type { Clone } from '../rig/clone.ts';
import { untilLogged } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';

const DAY_MS = 24 * 3600 * 1000;
const PATH = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = PATH;
});

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

test('the collection of garbage frees the bytes of what was removed, and of nothing else', async () => {
  const before = await pullAll();
  const [said] = await collect();
  expect(said).toMatch(/^collected the garbage of the registry: freed [34]\d\d KB, \d.* used$/);
  expect(await pullAll()).toEqual(before);
  expect(await collect()).toEqual([expect.stringMatching(/: freed 0 B, /)]);
});

test('nothing is deleted if a dry run names a blob that an image needs', async () => {
  const needed = (await read('production')).digest;
  const program = join(use.platform.folder, 'bin/docker-registry');
  mkdirSync(dirname(program));
  writeFileSync(
    program,
    `#!/bin/sh
[ "$1" != garbage-collect ] || { echo "$*" >>${program}.log; echo '1 blobs marked, 1 blobs and 0 manifests eligible for deletion'; echo 'blob eligible for deletion: ${needed}'; exit; }
PATH=\${PATH#*:} exec docker-registry "$@"
`,
    { mode: 0o755 },
  );
  process.env['PATH'] = `${dirname(program)}:${PATH}`;
  await expect(collect()).rejects.toThrow(`would delete 1 blob that images still need, such as ${needed}`);
  expect(readFileSync(`${program}.log`, 'utf8')).toMatch(/^garbage-collect --dry-run \S+\n$/);
  await pullAll();
});

test('a collection that is ended leaves a registry that takes images', async () => {
  await expect(collect(AbortSignal.abort(new Error('the machine shuts down')))).rejects.toThrow('shuts down');
  await tagAs('again', await read('production'));
});

test('a push waits while the warehouse is read-only, and --check says that it does not allow deletes', async () => {
  let push: ReturnType<Clone['push']>;
  await use.platform.runner(['--check'], '', { DOSKARA_KEEP_TAGS: '0' }); // its image stays
  {
    await using _ = await readOnly(registry(), await readPlace(registry().configFile));
    await app.commit({ blob: randomBytes(1000) });
    push = app.push();
    await untilLogged(use.platform, 'shop', 8, 'the warehouse is read-only');
    const { all } = await use.platform.runner(['--check'], '');
    expect(all).toMatch(/^warning: old images stay in the warehouse: .* does not let images be removed\nhint: in /m);
  }
  expect((await push).lines.at(-1)).toMatch(/^success: shop build 8 built/);
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

function registry(): Registry {
  const { configFile, stop, restart } = use.warehouse;
  return { configFile, stop, start: restart };
}

async function collect(signal = new AbortController().signal): Promise<string[]> {
  const out = new PassThrough();
  await collectGarbage(registry(), signal, makeOutput(out));
  return String(out.read()).trimEnd().split('\n');
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

/** Reads everything that has a tag to its last byte, and returns the sizes. */
async function pullAll(): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  const references = await listTags();
  for (const reference of references) {
    const { config, layers = [], manifests = [] } = JSON.parse(String((await read(reference)).bytes));
    references.push(...manifests.map((it: { digest: string }) => it.digest));
    for (const { digest } of [...(config ? [config] : []), ...layers]) {
      const answer = await ask(`blobs/${digest}`);
      expect(answer.status).toBe(200);
      sizes[digest] = (await answer.arrayBuffer()).byteLength;
    }
  }
  return sizes;
}
