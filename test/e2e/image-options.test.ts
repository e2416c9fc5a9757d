import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useBuilders } from '../rig/builders-test.ts';
import { imageIn } from '../rig/warehouse.ts';

const use = useBuilders();

const layersOf = async (name: string, tag: string) =>
  (await imageIn(use.warehouse.registry, name, tag))?.manifests[0]?.layers ?? [];

test('a reproducible app gives the same digest from a warm cache, and from another builder without one', async () => {
  const name = use.nameAt('south', 'reproducible');
  const app = await use.platform.app(name, {
    'deps.sh': '# needs: lock\necho "$SOURCE_DATE_EPOCH" > epoch-of-deps\ncp lock installed\n',
    'build.sh': 'echo "$SOURCE_DATE_EPOCH" > epoch; cp page built\n',
    'run.sh': 'true\n',
    lock: '1\n',
    page: '1\n',
  });
  const verify = (...more: string[]) => use.platform.doskara('replay', name, ...more, '--verify');
  const never = await verify('main');
  expect(never.exitCode).toBe(2); // nothing was pushed yet
  await app.push();
  expect(await verify()).toMatchObject({
    exitCode: 2,
    all: expect.stringContaining('was built without doskara.reproducible'),
  });

  await use.platform.doskara('config', name, 'reproducible', 'true');
  const first = await app.commit({ page: '2\n' });
  await app.push();
  const { digest } = use.platform.record(name, 2);
  const second = await app.commit({ page: '3\n' });
  await app.push();
  // the base image, /app, what deps.sh sees, and what it made
  const deps = await layersOf(name, first);
  expect(deps).toHaveLength(6);
  expect((await layersOf(name, second)).slice(0, 4)).toEqual(deps.slice(0, 4));
  await use.platform.doskara('replay', name, first);
  expect(use.platform.record(name, 4)).toMatchObject({ digest, imageOptions: { reproducible: true }, buildkit: null });

  await use.south.cut();
  await use.platform.doskara('replay', name, first); // from the layers in the warehouse
  expect(use.platform.record(name, 5)).toMatchObject({ outcome: 'built', digest });
  expect(use.platform.log(name, 5)).toContain("nothing changed: using Docker's build cache");
  const { all, exitCode } = await verify(first);
  await use.south.mend();
  expect(all).toContain('warning: builder south does not answer; building on north');
  expect(all.split('\n').at(-1)).toBe(`success: reproduced ${digest}`);
  expect(exitCode).toBe(0);

  const random = await app.commit({ 'build.sh': 'cat /proc/sys/kernel/random/uuid > x\n' });
  await app.push();
  const differs = await verify();
  expect(differs.all).toContain(
    '-----> Layers that differ:\n       6 of 6: build.sh\nerror: not reproduced: build 6 is sha256:',
  );
  expect(differs.exitCode).toBe(1);
  expect(use.platform.hasRecord(name, 7)).toBe(false);
  expect(await use.platform.latestRevision(name)).toBe(random);
});

test('an app for two platforms has an index, attested or not, which is rolled back and verified as one image', async () => {
  const name = use.nameAt('south', 'platforms');
  const config = (key: string, value: string) => use.platform.doskara('config', name, key, value);
  const app = await use.platform.app(name, {
    'build.sh': 'echo "$TARGETARCH$TARGETVARIANT" > arch\n',
    'run.sh': 'true\n',
  });
  await config('platforms', 'linux/amd64,linux/arm64');
  const refused = await app.push();
  expect(refused.text).toMatch(
    /error: the factory cannot build for linux\/arm64: builder south has linux\/amd64, .*; builder north has linux\/amd64, /,
  );
  expect(use.platform.record(name, 1)).toMatchObject({ outcome: 'lost', exitCode: 4, imageBytes: null });

  await config('platforms', 'linux/amd64,linux/amd64/v2');
  await config('reproducible', 'true');
  await config('check', '2s');
  const commit = await app.commit({});
  const { text } = await app.push();
  expect(text).toContain('-----> build.sh on linux/amd64/v2');
  expect(text).not.toContain('warning: ');
  const image = await imageIn(use.warehouse.registry, name);
  expect(image?.manifests.map(({ platform }) => platform)).toEqual(['amd64/linux', 'amd64/linux/v2']);
  const { digest, imageBytes } = use.platform.record(name, 2);
  expect(image).toMatchObject({ digest, revision: commit });
  expect(imageBytes).toBeGreaterThan(1_000_000);

  await config('attest', 'provenance');
  const attested = await app.commit({ 'run.sh': ':\n' });
  await app.push();
  const index = await imageIn(use.warehouse.registry, name);
  expect(index).toMatchObject({ digest: use.platform.record(name, 3)['digest'], revision: attested, attestations: 2 });
  expect((await use.platform.doskara('replay', name, '--verify')).all).toMatch(`success: reproduced ${index?.digest}`);
  await use.platform.doskara('rollback', name);
  expect(use.platform.record(name, 4)).toMatchObject({ outcome: 'built', digest, imageBytes });
  expect((await use.platform.runner(['--latest', name], '')).stdout).toContain(`"digest":"${digest}"`);
  await use.platform.doskara('rollback', name, '3');
  expect(use.platform.record(name, 5)).toMatchObject({ outcome: 'built', digest: index?.digest });
  expect((await imageIn(use.warehouse.registry, name))?.digest).toBe(index?.digest);

  await use.platform.doskara('config', name, '--add', 'attest', 'sbom');
  const { all, exitCode } = await use.platform.doskara('replay', name);
  expect(all).toMatch(/error: the factory cannot make an SBOM with docker\/buildkit-syft-scanner:stable-1: .+\nhint: /);
  expect(exitCode).toBe(4);
});

test('a base image for another platform than the one that is built is an error', async () => {
  const { registry } = use.warehouse;
  const base = await use.platform.docker('create', `${registry}/base:1`, 'true');
  const tree = join(use.platform.folder, 'base.tar');
  await use.platform.docker('export', `--output=${tree}`, base.stdout);
  await use.platform.docker('import', '--platform=linux/arm64', tree, `${registry}/base:arm`);
  await use.platform.docker('push', `${registry}/base:arm`);
  await use.platform.docker('rm', base.stdout);
  const name = use.nameAt('south', 'foreign');
  const app = await use.platform.app(name, { Dockerfile: `FROM ${registry}/base:arm\nCMD ["true"]\n` });
  const wrong = `base image ${registry}/base:arm was pulled with platform "linux/arm64", expected "linux/amd64"`;
  expect((await app.push()).text).toContain(`warning: ${wrong}`);
  await use.platform.doskara('config', name, 'platforms', 'linux/amd64');
  expect((await use.platform.doskara('replay', name)).all).toContain(`error: ${wrong}`);
  expect(use.platform.record(name, 2)).toMatchObject({ outcome: 'failed', exitCode: 1 });
});
