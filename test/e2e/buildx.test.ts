import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import type { Platform } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

interface Manifest {
  mediaType: string;
  layers: { mediaType: string }[];
}

/** As the registry returns it. */
async function manifestOf({ shared: { registry } }: Platform, app: string): Promise<Manifest> {
  const accept = ['image.index', 'image.manifest'].map((kind) => `application/vnd.oci.${kind}.v1+json`).join(', ');
  const response = await fetch(`http://${registry}/v2/${app}/manifests/latest`, { headers: { accept } });
  return (await response.json()) as Manifest;
}

describe('one buildx command', () => {
  afterEach(async () => {
    use.platform.setFactory({ DOSKARA_COMPRESSION: 'zstd' });
    await restartFactory();
  });

  test.each(['zstd', 'gzip'])(
    'pushes one image without attestations, and reports how much of it is new (%s)',
    async (compression) => {
      use.platform.setFactory({ DOSKARA_COMPRESSION: compression });
      await restartFactory();
      const app = await use.platform.app(`by-${compression}`);
      expect((await app.push()).lines.at(-1)).toMatch(/^success: /);
      const { mediaType, layers } = await manifestOf(use.platform, app.app);
      expect(mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
      expect(layers.at(-1)?.mediaType).toBe(`application/vnd.oci.image.layer.v1.tar+${compression}`);
    },
  );

  test('leaves no image in the engine', async () => {
    const app = await use.platform.app('not-kept');
    await app.push();
    const { stdout } = await use.platform.docker('image', 'ls', '--all', '--format', '{{.Repository}}');
    expect(stdout).not.toContain('/not-kept');
  });

  async function restartFactory(): Promise<void> {
    await use.platform.factory.stop();
    await use.platform.startFactory();
  }
});

test('--check reports one error if the only builder is dead', async () => {
  const { docker, env } = use.platform.shared;
  const home = join(use.platform.folder, 'factory-home/.docker'); // builders belong to one user
  const buildx = (...args: string[]) => execa(docker, ['buildx', ...args], { env: { ...env, DOCKER_CONFIG: home } });
  await buildx('create', '--name', 'dead', '--driver', 'remote', 'tcp://127.0.0.1:9');
  try {
    const { exitCode, stdout } = await use.platform.runner(['--check'], '', { DOSKARA_BUILDER: 'dead' });
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(
      /^error: builder dead \(DOSKARA_BUILDERS\) is not available: its node is inactive\nhint: .*docker buildx inspect dead /m,
    );
    expect(stdout.match(/^error: /gm)).toHaveLength(1);
  } finally {
    await buildx('rm', '--force', 'dead');
  }
});
