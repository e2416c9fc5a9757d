/** What the registry's manifests say, as values: https://github.com/opencontainers/image-spec/blob/main/manifest.md */
import { parseObject } from '../../json.ts';

/** One image; an index has one for each platform. */
export interface ImageManifest {
  digest: string;
  /** `os/arch[/variant]`; null: of an image without an index, which doesn't say. */
  platform: string | null;
  config: Blob;
  layers: Blob[];
}

export interface Blob {
  digest: string;
  /** Bytes, compressed. */
  size: number;
  mediaType: string;
}

/** undefined: it is none. */
export function parseManifest(json: string, digest: string, platform: string | null = null): ImageManifest | undefined {
  const { config, layers } = parseObject(json);
  const isWhole = isBlob(config) && Array.isArray(layers) && layers.every(isBlob);
  return isWhole ? { digest, platform, config, layers } : undefined;
}

function isBlob(value: unknown): value is Blob {
  const { digest, size, mediaType } = { ...(value as Partial<Blob> | null) };
  const isSize = Number.isSafeInteger(size) && Number(size) >= 0;
  return typeof digest === 'string' && isSize && typeof mediaType === 'string';
}

/** The images of an index, without its attestations; undefined: it is no index. */
export function parseIndex(json: string): Pick<ImageManifest, 'digest' | 'platform'>[] | undefined {
  const { manifests } = parseObject(json);
  if (!Array.isArray(manifests)) return undefined;
  return (manifests as (Entry | null)[]).flatMap((entry) => {
    const { digest, platform: { os, architecture, variant } = {} } = entry ?? {};
    if (typeof digest !== 'string' || os === ATTESTATION) return [];
    return [{ digest, platform: [os, architecture, variant].filter((part) => part !== undefined).join('/') || null }];
  });
}

interface Entry {
  digest?: unknown;
  platform?: { os?: string; architecture?: string; variant?: string };
}

/** As its operating system: https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
const ATTESTATION = 'unknown';

/** Bytes in the registry: it keeps what images share once. */
export function bytesOf(images: readonly ImageManifest[]): number {
  const blobs = images.flatMap(({ config, layers }) => [config, ...layers]);
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
