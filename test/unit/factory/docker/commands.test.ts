import { describe, expect, test } from 'vitest';
import type { BuildxOrder } from '../../../../src/factory/docker/build-order.ts';
import * as builders from '../../../../src/factory/docker/builder-commands.ts';
import {
  type Builder,
  chooseBuilder,
  chooseExporter,
  chooseProgress,
} from '../../../../src/factory/docker/builders.ts';
import { create } from '../../../../src/factory/docker/check-commands.ts';
import * as commands from '../../../../src/factory/docker/commands.ts';
import { PLAIN_IMAGE } from '../../../../src/image-options.ts';

describe('the builder', () => {
  test.each<[string, boolean, Builder]>([
    ['20.10.24+dfsg1', false, 'buildkit'],
    ['20.10.24', true, 'buildx'],
    ['18.09.1', false, 'buildkit'],
    ['23.0.0', false, 'classic'],
    ['28.2.2', false, 'classic'],
    ['28.2.2', true, 'buildx'],
    ['', false, 'classic'],
  ])('of CLI %j with buildx=%j is %s', (version, hasBuildx, builder) => {
    expect(chooseBuilder(version, hasBuildx)).toBe(builder);
  });

  test.each<[Builder, string]>([
    ['classic', '0'],
    ['buildkit', '1'],
    ['buildx', '1'],
  ])('%s is selected with DOCKER_BUILDKIT=%s', (builder, value) => {
    expect(commands.buildEnvironment(builder, PLAIN_IMAGE)).toMatchObject({ DOCKER_BUILDKIT: value });
  });
});

const image = { name: 'w/a', references: ['w/a:c0ffee', 'w/a:latest'], labels: { 'doskara.app': 'a', k: 'v=w' } };
const order = { context: '/spool/x', image, imageOptions: PLAIN_IMAGE, noCache: false, cgroup: undefined };
const labels = ['--label=doskara.app=a', '--label=k=v=w'];
const tags = ['--tag=w/a:c0ffee', '--tag=w/a:latest'];
const end = ['--', '/spool/x'];

describe('the command line of a build through the engine', () => {
  test.each<['classic' | 'buildkit', boolean, string[]]>([
    ['classic', false, ['build', '--force-rm']],
    ['classic', true, ['build', '--force-rm', '--no-cache']],
    ['buildkit', false, ['build', '--progress=plain']],
  ])('with %s, noCache %s', (builder, noCache, start) => {
    expect(commands.build(builder, { ...order, noCache })).toEqual([...start, ...labels, ...tags, ...end]);
  });
});

test('buildx leaves an image to check in the engine', () => {
  const args = commands.buildAndLoad({
    ...order,
    builderName: 'many',
    progress: 'rawjson',
    noCache: true,
    cache: undefined,
  });
  const start = ['build', '--builder', 'many', '--progress=rawjson', '--no-cache'];
  expect(args).toEqual([...start, ...labels, ...tags, '--load', ...end]);
});

test('a container that checks an image has no network, and the limits of a build', () => {
  expect(create('a', undefined, { memory: 1024, processes: 5, cpuWeight: 50 })).toEqual([
    ...['create', '--rm', '--name=doskara-check-a', '--network=none', '--log-driver=none'],
    ...['--memory=1024', '--pids-limit=5', '--cpu-shares=512', '--', 'doskara-check/a:latest'],
  ]);
  const limits = { memory: 1024, processes: 5, cpuWeight: 50 };
  expect(create('a', 'linux/arm64', limits)).toContain('--platform=linux/arm64');
});

describe('the command line of buildx, which also pushes', () => {
  const buildx = {
    ...order,
    exporter: 'image',
    builderName: '',
    cache: undefined,
    progress: 'rawjson',
    compression: 'zstd',
    metadataFile: '/m',
  } as const;
  const zstd =
    '--output=type=image,"name=w/a:c0ffee,w/a:latest",push=true,store=false,oci-mediatypes=true,compression=zstd,compression-level=1';
  const gzip =
    '--output=type=image,"name=w/a:c0ffee,w/a:latest",push=true,store=false,oci-mediatypes=true,compression=gzip';

  test.each<[Partial<BuildxOrder>, string[], string[]]>([
    [{}, [], [zstd]],
    [{ compression: 'gzip' }, [], [gzip]],
    [{ builderName: 'many' }, ['--builder', 'many'], [zstd]],
    [{ exporter: 'moby' }, [], [...tags, '--push']],
  ])('with %j', (part, start, out) => {
    const expected = ['build', ...start, '--progress=rawjson', ...labels, '--metadata-file=/m', ...out, ...end];
    expect(commands.buildAndPush({ ...buildx, ...part })).toEqual(expected);
  });

  test('in a cgroup', () => {
    expect(commands.buildAndPush({ ...buildx, cgroup: '/doskara.slice/app-a' })).toContain(
      '--cgroup-parent=/doskara.slice/app-a',
    );
    expect(commands.build('buildkit', { ...order, cgroup: '/x' })).toContain('--cgroup-parent=/x');
  });

  test("of an app's own Dockerfile", () => {
    const dockerfile = { file: '/c/deploy/Dockerfile', target: 'release', buildArgs: ['A=1', 'B=$(x) "y"'] };
    const options = ['--file=/c/deploy/Dockerfile', '--target=release', '--build-arg=A=1', '--build-arg=B=$(x) "y"'];
    expect(commands.buildAndPush({ ...buildx, dockerfile })).toEqual(expect.arrayContaining(options));
    expect(commands.buildAndLoad({ ...buildx, dockerfile })).toEqual(expect.arrayContaining(options));
    expect(commands.build('classic', { ...order, dockerfile })).toEqual(expect.arrayContaining(options));
    expect(commands.build('classic', { ...order, dockerfile }).join()).not.toMatch(/--(?:allow|secret|ssh|network)/);
  });

  test('without the cache', () => {
    expect(commands.buildAndPush({ ...buildx, noCache: true })).toContain('--no-cache');
  });

  test('with layers from the warehouse, which it also leaves there', () => {
    const shared = { ...buildx, cache: 'w/a:buildcache' };
    const from = '--cache-from=type=registry,ref=w/a:buildcache';
    const to =
      '--cache-to=type=registry,ref=w/a:buildcache,mode=min,image-manifest=true,ignore-error=true,oci-mediatypes=true,compression=';
    expect(commands.buildAndPush(shared)).toEqual(expect.arrayContaining([from, `${to}zstd,compression-level=1`]));
    const anew = commands.buildAndPush({ ...shared, noCache: true, compression: 'gzip' });
    expect(anew).toContain(`${to}gzip`);
    expect(anew).not.toContain(from);
    expect(commands.buildAndLoad(shared)).toContain(from);
  });
});

test.each([
  ['0.29.1+ds1', { image: true, plain: false }],
  ['github.com/docker/buildx v0.22.0 4f7d145', { image: true, plain: false }],
  ['v0.21.3', { image: false, plain: false }],
  ['0.13.1+ds1', { image: false, plain: false }],
  ['v0.12.1', { image: false, plain: true }],
  ['v1.0.0', { image: true, plain: false }],
  ['', { image: false, plain: true }],
])(
  'buildx %s pushes from an engine with an image store, prints plain progress: %j',
  (buildxVersion, { image, plain }) => {
    const facts = { hasImageStore: true, ownBuildKit: false, buildxVersion };
    expect(chooseExporter(facts)).toBe(image ? 'image' : 'moby');
    expect(chooseExporter({ ...facts, hasImageStore: false })).toBe('moby');
    expect(chooseExporter({ ...facts, hasImageStore: false, ownBuildKit: true })).toBe('image');
    expect(chooseProgress(buildxVersion)).toBe(plain ? 'plain' : 'rawjson');
  },
);

test.each<[string, string[], string[]]>([
  ['push', commands.push('w/a'), ['push', 'w/a']],
  [
    'retag',
    commands.retag('w/a@x', 'w/a:latest'),
    ['imagetools', 'create', '--prefer-index=false', '--tag=w/a:latest', '--', 'w/a@x'],
  ],
  ['inspectManifest', commands.inspectManifest('w/a@x'), ['manifest', 'inspect', '--insecure', '--', 'w/a@x']],
  ['pull', commands.pull('w/a@x'), ['pull', '--quiet', '--', 'w/a@x']],
  ['tag', commands.tag('w/a@x', 'w/a:latest'), ['tag', '--', 'w/a@x', 'w/a:latest']],
  ['removeImages', commands.removeImages(['a', 'b']), ['image', 'rm', '--', 'a', 'b']],
])('%s is a command that docker knows', (_, args, expected) => {
  expect(args).toEqual(expected);
});

test.each<[string[], string]>([
  [commands.push('w/a:latest'), 'push w/a:latest'],
  [commands.pull('debian:1'), 'pull --quiet -- debian:1'],
  [commands.pullAloud('w/a:latest'), 'pull -- w/a:latest'],
  [commands.tag('w/a@sha256:1', 'w/a:latest'), 'tag -- w/a@sha256:1 w/a:latest'],
  [commands.inspectManifest('w/a@sha256:1'), 'manifest inspect --insecure -- w/a@sha256:1'],
  [
    commands.retag('w/a@sha256:1', 'w/a:latest'),
    'imagetools create --prefer-index=false --tag=w/a:latest -- w/a@sha256:1',
  ],
  [commands.inspectRemote('w/a:latest'), 'imagetools inspect --format={{json .Manifest}} -- w/a:latest'],
  [commands.listImages('label=l'), 'image ls --format {{.Repository}}\t{{.Tag}}\t{{.CreatedAt}} --filter label=l'],
  [commands.removeImages(['a:1', 'a:2']), 'image rm -- a:1 a:2'],
  [commands.pruneImages('label=l'), 'image prune --force --filter label=l'],
  [commands.pruneContainers('label=l'), 'container prune --force --filter label=l'],
  [commands.pruneCache('x1'), 'builder prune --force --all --filter id=x1'],
  [commands.clientVersion(), 'version --format {{.Client.Version}}'],
  [commands.serverVersion(), 'version --format {{json .Server}}'],
  [commands.cliVersion(), '--version'],
  [commands.info(), 'info --format {{json .}}'],
  [commands.listContexts(), 'context ls --format {{.Name}}'],
  [commands.inspectImage('debian:1'), 'image inspect --format {{.Id}} -- debian:1'],
  [commands.importImage('LABEL a=b', 'w/a'), 'import --change LABEL a=b - w/a'],
  [builders.buildxOfCli('/usr/bin/docker'), '/usr/bin/docker buildx'],
  [builders.buildxVersion(), 'version'],
  [builders.inspectCurrentBuilder(), 'inspect'],
])('%j is the command line %j', (args, line) => {
  expect(args.join(' ')).toBe(line);
});

test.each<[string[], string]>([
  [builders.inspect('builder-1'), 'inspect -- builder-1'],
  [builders.boot('builder-1'), 'inspect --bootstrap -- builder-1'],
  [
    builders.measure('builder-1', 12),
    'build --builder builder-1 --progress=plain --output=type=cacheonly --build-arg=AT=12 -',
  ],
  [
    builders.prune('builder-1', 168),
    'prune --builder builder-1 --force --all --filter=until=168h --filter=description~="from exec .*[.]/build[.]sh"',
  ],
])('%j is the command line %j of buildx', (args, line) => {
  expect(args.join(' ')).toBe(line);
});
