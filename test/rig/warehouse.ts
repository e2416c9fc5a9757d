import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, type Daemon, freePort, startDaemon } from './processes.ts';

export interface Warehouse extends Pick<Daemon, 'stop' | 'kill' | 'send'> {
  registry: string;
  configFile: string;
  /** Restarts with the same images and the same address. */
  restart(): Promise<void>;
}

/** Debian's docker-registry on loopback, with its images in `folder`; `more` is added to its configuration. */
export async function startWarehouse(folder: string, httpPort?: number, more = ''): Promise<Warehouse> {
  const tcpPort = httpPort ?? (await freePort());
  const configFile = join(folder, 'registry.yml');
  writeFileSync(
    configFile,
    `version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: ${join(folder, 'registry')} }, delete: { enabled: true } }
http: { addr: '127.0.0.1:${tcpPort}' }
${more}`,
  );
  const start = () =>
    startDaemon(['docker-registry', 'serve', configFile], join(folder, 'registry.log'), () => answers(tcpPort));
  let daemon = await start();
  return {
    registry: `127.0.0.1:${tcpPort}`,
    configFile,
    stop: () => daemon.stop(),
    kill: () => daemon.kill(),
    send: (signal) => daemon.send(signal),
    async restart() {
      await daemon.stop();
      daemon = await start();
    },
  };
}

const MANIFESTS = ['index.v1+json', 'manifest.v1+json'].map((type) => `application/vnd.oci.image.${type}`);
const OLD_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** The commit of an app's latest image; undefined if there is none. */
export async function latestRevisionIn(registry: string, app: string): Promise<string | undefined> {
  return (await imageIn(registry, app))?.revision;
}

export interface ImageInWarehouse {
  digest: string;
  /** The digests of its unpacked layers. */
  layers: string[];
  revision: string | undefined;
  attestations: number;
  /** Those of an index without its attestations, or the only one, with the digests of its packed layers. */
  manifests: { platform: string | undefined; layers: string[] }[];
}

/**
 * An image, undefined if there is none. Asks the registry itself, since a `docker pull` takes longer, and would change what
 * the engine is about to push if it builds first and pushes afterwards.
 */
export async function imageIn(registry: string, app: string, tag = 'latest'): Promise<ImageInWarehouse | undefined> {
  const ask = (path: string) =>
    fetch(`http://${registry}/v2/${app}/${path}`, { headers: { accept: [...MANIFESTS, OLD_MANIFEST].join() } });
  const answer = await ask(`manifests/${tag}`);
  if (!answer.ok) return undefined;
  const top = (await answer.json()) as Manifest;
  const entries = top.manifests?.filter(({ platform }) => platform.os !== 'unknown');
  const children = entries?.map(async ({ digest }) => (await (await ask(`manifests/${digest}`)).json()) as Manifest);
  const all = children === undefined ? [top] : await Promise.all(children);
  const image = (await (await ask(`blobs/${all[0]?.config?.digest}`)).json()) as Image;
  return {
    digest: answer.headers.get('docker-content-digest') ?? '',
    layers: image.rootfs.diff_ids,
    revision: image.config.Labels['org.opencontainers.image.revision'],
    attestations: (top.manifests?.length ?? 0) - (entries?.length ?? 0),
    manifests: all.map(({ layers = [] }, i) => ({
      platform: entries && Object.values(entries[i]?.platform ?? {}).join('/'),
      layers: layers.map(({ digest }) => digest),
    })),
  };
}

/** The manifest of an image or an index: https://github.com/opencontainers/image-spec/blob/main/manifest.md */
interface Manifest {
  manifests?: { digest: string; platform: { os: string; architecture: string; variant?: string } }[];
  layers?: { digest: string }[];
  config?: { digest: string };
}

interface Image {
  config: { Labels: Record<string, string> };
  rootfs: { diff_ids: string[] };
}
