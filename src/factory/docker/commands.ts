/** Docker's command lines, as values: one function a command, and nothing here runs one. */
import type { Attestation, ImageOptions } from '../../image-options.ts';
import { EPOCH } from '../image/epoch.ts';
import type { ImagePlan } from '../image/tags-and-labels.ts';
import type { Compression } from '../settings.ts';
import type { BuildOrder, BuildxOrder, LoadOrder, OwnDockerfile, SecretFiles } from './build-order.ts';
import type { Builder } from './builders.ts';

/** BuildKit gives the epoch to the image, and to those stages of a Dockerfile that declare it as an ARG. */
export function buildEnvironment(builder: Builder, { reproducible }: ImageOptions): Record<string, string> {
  return {
    DOCKER_BUILDKIT: builder === 'classic' ? '0' : '1',
    BUILDKIT_PROGRESS: 'plain',
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1', // some registries refuse an index of image and attestations
    BUILDX_METADATA_PROVENANCE: 'disabled', // of the metadata only the digest is read
    ...(reproducible ? { SOURCE_DATE_EPOCH: String(EPOCH) } : {}),
  };
}

/** `docker build`: the image stays in the engine, and `push` takes it from there. */
export function build(builder: Exclude<Builder, 'buildx'>, order: BuildOrder): string[] {
  const option = builder === 'classic' ? '--force-rm' : '--progress=plain';
  return ['build', option, ...sharedOptions(order), ...tags(order.image), '--', order.context];
}

/** `docker buildx build`, which pushes what it has built. */
export function buildAndPush(order: BuildxOrder): string[] {
  const { context, image, exporter, cache, metadataFile } = order;
  return [
    ...buildxBuild(order),
    ...order.imageOptions.attest.map((attestation) => ATTEST[attestation]),
    ...(cache === undefined ? [] : [`--cache-to=${cacheOutput(cache, order)}`]),
    `--metadata-file=${metadataFile}`,
    ...(exporter === 'image' ? [`--output=${output(order)}`] : [...tags(image), '--push']),
    '--',
    context,
  ];
}

/** https://docs.docker.com/build/metadata/attestations/ */
const ATTEST: Record<Attestation, string> = {
  provenance: '--attest=type=provenance,mode=min',
  sbom: '--attest=type=sbom',
};

/** `docker buildx build`, which leaves the image in a folder of this machine. */
export function buildAndExport(order: BuildxOrder, folder: string): string[] {
  const output = ['type=oci', `dest=${folder}`, 'tar=false', ...layerOptions(order.compression), ...timeOptions(order)];
  return [...buildxBuild(order), `--output=${output.join(',')}`, '--', order.context];
}

/** `docker buildx build`, which leaves the image in the engine. */
export function buildAndLoad(order: LoadOrder): string[] {
  return [...buildxBuild(order), ...tags(order.image), '--load', '--', order.context];
}

/** If there is no cache yet, BuildKit goes on without. */
function buildxBuild({ builderName, progress, cache, ...order }: LoadOrder): string[] {
  const { platforms } = order.imageOptions;
  const builder = builderName === '' ? [] : ['--builder', builderName];
  const from = cache === undefined || order.noCache ? [] : [`--cache-from=type=registry,ref=${cache}`];
  const all = platforms.length === 0 ? [] : [`--platform=${platforms.join(',')}`];
  return ['build', ...builder, `--progress=${progress}`, ...from, ...all, ...sharedOptions(order)];
}

/** Of all builders. */
function sharedOptions({ noCache, cgroup, image, dockerfile, secrets }: BuildOrder): string[] {
  return [
    ...(dockerfile === undefined ? [] : ownDockerfile(dockerfile)),
    ...(noCache ? ['--no-cache'] : []),
    ...(secrets === undefined ? [] : secretOptions(secrets)),
    ...(cgroup === undefined ? [] : [`--cgroup-parent=${cgroup}`]),
    ...labels(image),
  ];
}

/** Lists of fields: neither a name of a secret nor a path in the spool has a comma or a quote. */
function secretOptions({ files, sshKey }: SecretFiles): string[] {
  return [
    ...Array.from(files, ([name, file]) => `--secret=id=${name},src=${file}`),
    ...(sshKey === undefined ? [] : [`--ssh=default=${sshKey}`]),
  ];
}

function ownDockerfile({ file, target, buildArgs }: OwnDockerfile): string[] {
  return [
    `--file=${file}`,
    ...(target === undefined ? [] : [`--target=${target}`]),
    ...buildArgs.map((text) => `--build-arg=${text}`),
  ];
}

const tags = ({ references }: ImagePlan) => references.map((reference) => `--tag=${reference}`);

/**
 * Both references, of which latest moves last. What defaults differ on between versions of BuildKit is said: OCI's media
 * types, the only ones that know zstd, and that nothing is kept in the engine's image store.
 * https://docs.docker.com/build/exporters/image-registry/
 */
function output(order: BuildxOrder): string {
  const { image, compression } = order;
  const name = `"name=${image.references.join(',')}"`;
  const more = [...layerOptions(compression), ...timeOptions(order), ...attestOptions(order)];
  return ['type=image', name, 'push=true', 'store=false', ...more].join(',');
}

/** From BuildKit 0.32 on, attestations are artifacts, which not every registry takes; before, it ignores this. */
const attestOptions = ({ imageOptions }: BuildOrder) => (imageOptions.attest.length > 0 ? ['oci-artifact=false'] : []);

/** Also of files: https://github.com/moby/buildkit/blob/master/docs/build-repro.md#source_date_epoch */
const timeOptions = ({ imageOptions }: BuildOrder) => (imageOptions.reproducible ? ['rewrite-timestamp=true'] : []);

/**
 * A manifest of its own, whose layers are those of the image. Not `type=inline`: it puts the time of each layer into the
 * image, and no two builds of a commit would have the same digest.
 * https://docs.docker.com/build/cache/backends/registry/
 */
function cacheOutput(cache: string, { compression }: BuildxOrder): string {
  const manifest = ['mode=min', 'image-manifest=true', 'ignore-error=true'];
  return ['type=registry', `ref=${cache}`, ...manifest, ...layerOptions(compression)].join(',');
}

function layerOptions(compression: Compression): string[] {
  const level = compression === 'zstd' ? ['compression-level=1'] : [];
  return ['oci-mediatypes=true', `compression=${compression}`, ...level];
}

function labels(image: ImagePlan): string[] {
  return Object.entries(image.labels).map(([key, value]) => `--label=${key}=${value}`);
}

export const push = (reference: string): string[] => ['push', reference];

/** Of an image in the warehouse; `--insecure` lets it ask a registry that the engine takes without TLS, too. */
export const inspectManifest = (image: string): string[] => ['manifest', 'inspect', '--insecure', '--', image];

/** Buildx: gives a manifest that the warehouse has another name; no layer moves. */
export const retag = (image: string, reference: string): string[] => [
  'imagetools',
  'create',
  '--prefer-index=false',
  `--tag=${reference}`,
  '--',
  image,
];

/** Buildx: what the warehouse has under a reference, as JSON with its digest. */
export const inspectRemote = (reference: string): string[] => [
  'imagetools',
  'inspect',
  '--format={{json .Manifest}}',
  '--',
  reference,
];
/** Ends with a line that tells the digest. */
export const pullAloud = (reference: string): string[] => ['pull', '--', reference];

export const pull = (image: string): string[] => ['pull', '--quiet', '--', image];
export const tag = (image: string, reference: string): string[] => ['tag', '--', image, reference];

export const listImages = (label: string): string[] => [
  'image',
  'ls',
  '--format',
  '{{.Repository}}\t{{.Tag}}\t{{.CreatedAt}}',
  '--filter',
  label,
];
export const removeImages = (references: readonly string[]): string[] => ['image', 'rm', '--', ...references];
export const pruneImages = (label: string): string[] => ['image', 'prune', '--force', '--filter', label];
export const pruneContainers = (label: string): string[] => ['container', 'prune', '--force', '--filter', label];
export const pruneCache = (id: string): string[] => ['builder', 'prune', '--force', '--all', '--filter', `id=${id}`];

export const clientVersion = (): string[] => ['version', '--format', '{{.Client.Version}}'];
export const serverVersion = (): string[] => ['version', '--format', '{{json .Server}}'];
export const cliVersion = (): string[] => ['--version'];
/** Plugins of the CLI are in it even where no engine answers. */
export const info = (): string[] => ['info', '--format', '{{json .}}'];
/** Which registries the engine takes without TLS. */
export const registryConfig = (): string[] => ['info', '--format', '{{json .RegistryConfig}}'];
export const listContexts = (): string[] => ['context', 'ls', '--format', '{{.Name}}'];
export const inspectImage = (image: string): string[] => ['image', 'inspect', '--format', '{{.Id}}', '--', image];
export const importImage = (change: string, reference: string): string[] => [
  'import',
  '--change',
  change,
  '-',
  reference,
];
