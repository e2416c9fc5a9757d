import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readUsedBlobs } from '../../../../src/factory/warehouse/stored-blobs.ts';

const root = mkdtempSync(join(tmpdir(), 'doskara-storage-'));
const storage = join(root, 'docker/registry/v2');
afterAll(() => rmSync(root, { recursive: true }));

function put(path: string, content: string): void {
  mkdirSync(dirname(join(storage, path)), { recursive: true });
  writeFileSync(join(storage, path), content);
}

function blob(content: string): string {
  const hash = createHash('sha256').update(content).digest('hex');
  put(`blobs/sha256/${hash.slice(0, 2)}/${hash}/data`, content);
  return `sha256:${hash}`;
}

const manifest = (name: string) => {
  const [config, layer] = [blob(`{"config": "${name}"}`), blob(`layer of ${name}`)];
  return { config, layer, digest: blob(JSON.stringify({ config: { digest: config }, layers: [{ digest: layer }] })) };
};

test('the blobs of all tags are used, those of indexes and of images without a tag, and no others', async () => {
  const [tagged, child, untagged] = ['tagged', 'child', 'untagged'].map(manifest) as ReturnType<typeof manifest>[];
  manifest('nowhere');
  const old = blob('an old layer');
  const ancient = blob(JSON.stringify({ fsLayers: [{ blobSum: old }] }));
  const listed = blob('a layer that a cache lists');
  const index = blob(
    JSON.stringify({ manifests: [{ digest: child?.digest }, { digest: listed }, null, { digest: '../x' }] }),
  );
  put('repositories/shop/_manifests/tags/v1/current/link', tagged?.digest ?? '');
  put('repositories/team/shop/_manifests/tags/v2/current/link', index);
  put('repositories/team/shop/_manifests/tags/old/current/link', ancient);
  put('repositories/team/shop/_manifests/tags/damaged/current/link', 'x');
  put(`repositories/shop/_manifests/revisions/sha256/${untagged?.digest.slice(7)}/link`, untagged?.digest ?? '');
  const used = await readUsedBlobs(root);
  const wanted = [tagged, child, untagged].flatMap((it) => Object.values(it ?? {}));
  expect([...used].toSorted()).toEqual([...wanted, index, listed, ancient, old].toSorted());
});

test('an empty registry uses none', async () => {
  expect(await readUsedBlobs(join(root, 'nowhere'))).toEqual(new Set());
});
