import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { type DockerfileCase, dockerfileCases, ONBUILD_IMAGE } from '../rig/dockerfile-cases.ts';
import { BASE_IMAGE } from '../rig/engine.ts';
import { gitOnPort } from '../rig/gate.ts';
import { type RegistryImage, readImage } from '../rig/image.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();
/** The BuildKit in Docker 20.10 knows neither heredocs nor COPY --link. */
const isModern = inject('release') === 'forky';

async function makeApp(name: string, { files, settings = [], prepare }: DockerfileCase): Promise<Clone> {
  const app = await use.platform.app(name, files);
  if (prepare !== undefined) {
    prepare(app.folder);
    await app.commit({});
  }
  for (const [key, value] of settings) await gitOnPort(use.platform, name, 'config', '--add', `doskara.${key}`, value);
  return app;
}

/** As somebody without Doskara builds a checkout. */
async function buildPlainly(app: Clone, options: string[]): Promise<RegistryImage> {
  const { docker, env, registry } = use.platform.shared;
  const folder = join(use.platform.folder, 'plain', app.app);
  mkdirSync(folder, { recursive: true });
  await app.git('checkout-index', '--all', `--prefix=${folder}/`);
  const image = `${registry}/plain/${app.app}`;
  const build = ['build', ...options, '--no-cache', `--tag=${image}`];
  const run = (...args: string[]) =>
    execa(docker, args, { env: { ...env, DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' }, cwd: folder });
  if (isModern) await run('buildx', ...build, '--push', '.');
  else {
    await run(...build, '.');
    await run('push', image);
  }
  return readImage(registry, `plain/${app.app}`);
}

beforeAll(async () => {
  const { docker, env } = use.platform.shared;
  const onbuild = `FROM ${BASE_IMAGE}\nONBUILD COPY a /copied/\nONBUILD RUN cat /copied/b >/copied/c\n`;
  await execa(docker, ['build', `--tag=${ONBUILD_IMAGE}`, '-'], {
    env: { ...env, DOCKER_BUILDKIT: '0' },
    input: onbuild,
  });
});

describe('a push builds the image that plain docker builds', () => {
  const all = Object.entries(dockerfileCases(isModern)).filter(([, { modern }]) => isModern || modern === undefined);
  test.each(all)('%s', async (name, row) => {
    const app = await makeApp(name, row);
    const { text, lines } = await app.push();
    expect(text).toMatch(new RegExp(`^success: ${name} build 1 built`, 'm'));
    expect(lines.filter((line) => /^(?:error|warning|hint): /.test(line))).toEqual([]);
    const plain = await buildPlainly(app, row.options ?? []);
    const pushed = await readImage(use.platform.shared.registry, name);
    expect(pushed.layers.length).toBeGreaterThan(0);
    expect(pushed).toEqual(plain);
    expect(await use.platform.latestRevision(name)).toBe((await app.git('rev-parse', 'HEAD')).stdout);
  });
});

test('a Dockerfile without the frontend that it asks for is built with the same ignore file', async () => {
  const app = await use.platform.app('frontend', {
    Dockerfile: `# syntax=127.0.0.1:9/frontend:1\nFROM ${BASE_IMAGE}\nCOPY . /app\nRUN ls -A /app\n`,
    'Dockerfile.dockerignore': 'ignored\nDockerfile*\n',
    ignored: '',
    kept: '',
  });
  const { lines, text } = await app.push();
  expect(text).toContain('# syntax=127.0.0.1:9/frontend:1 is ignored');
  expect(lines).toContain('       kept');
  expect(lines).not.toContain('       ignored');
  expect(lines.at(-1)).toMatch(/^success: /);
});
