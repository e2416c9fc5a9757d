import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { Parser } from 'tar';

/** An image as the registry has it. */
export interface RegistryImage {
  /** What is configured, without labels. */
  config: Record<string, unknown>;
  /** The entries of each layer, sorted: all that they say but their time. */
  layers: string[][];
}

interface Blob {
  mediaType: string;
  digest: string;
}

const ACCEPT = [
  ...['index.v1+json', 'manifest.v1+json'].map((type) => `application/vnd.oci.image.${type}`),
  'application/vnd.docker.distribution.manifest.v2+json',
].join();

/** All that the registry has of an image, unpacked: manifest, configuration and layers. */
export async function readBlobs(registry: string, name: string): Promise<Buffer[]> {
  const get = async (path: string) => {
    const response = await fetch(`http://${registry}/v2/${name}/${path}`, { headers: { accept: ACCEPT } });
    if (!response.ok) throw new Error(`${name}/${path}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const manifest = await get('manifests/latest');
  const { config, layers } = JSON.parse(manifest.toString()) as { config: Blob; layers: Blob[] };
  const blobs = [config, ...layers].map(async ({ digest, mediaType }) => {
    const bytes = await get(`blobs/${digest}`);
    if (mediaType.endsWith('json')) return bytes;
    return mediaType.endsWith('zstd') ? zstdDecompressSync(bytes) : gunzipSync(bytes);
  });
  return [manifest, ...(await Promise.all(blobs))];
}

export async function readImage(registry: string, name: string): Promise<RegistryImage> {
  const get = async (path: string) => {
    const response = await fetch(`http://${registry}/v2/${name}/${path}`, { headers: { accept: ACCEPT } });
    if (!response.ok) throw new Error(`${name}/${path}: ${response.status}`);
    return response;
  };
  const manifest = (await (await get('manifests/latest')).json()) as { config: Blob; layers: Blob[] };
  const { config } = (await (await get(`blobs/${manifest.config.digest}`)).json()) as { config: object };
  const layers = manifest.layers.map(async ({ digest, mediaType }) => {
    const bytes = Buffer.from(await (await get(`blobs/${digest}`)).arrayBuffer());
    return list(mediaType.endsWith('zstd') ? zstdDecompressSync(bytes) : gunzipSync(bytes));
  });
  return {
    config: Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'Labels')),
    layers: await Promise.all(layers),
  };
}

async function list(tar: Buffer): Promise<string[]> {
  const entries: string[] = [];
  const parser = new Parser({
    onReadEntry(entry) {
      const hash = createHash('sha256');
      entry.on('data', (chunk) => hash.update(chunk));
      entry.on('end', () => {
        const { path, type, mode = 0, uid, gid, linkpath = '' } = entry;
        entries.push(
          `${path} ${type} ${mode.toString(8)} ${uid}:${gid} ${linkpath} ${hash.digest('hex').slice(0, 12)}`,
        );
      });
      entry.resume();
    },
  });
  parser.end(tar);
  return entries.sort();
}
