/** What docker is to build, for its command lines. */
import type { ImageOptions } from '../../image-options.ts';
import type { ImagePlan } from '../image/tags-and-labels.ts';
import type { Compression } from '../settings.ts';
import type { Exporter, ProgressFormat } from './builders.ts';

/** An app's own Dockerfile. */
export interface OwnDockerfile {
  /** The absolute path. */
  file: string;
  target: string | undefined;
  /** `KEY=value` each. */
  buildArgs: readonly string[];
}

/** What a build may see, and its image does not keep. */
export interface SecretFiles {
  /** Paths of the files, by the names of the secrets. */
  files: ReadonlyMap<string, string>;
  /** The path of the private key for ssh; undefined if it has none. */
  sshKey: string | undefined;
}

export interface BuildOrder {
  /** Folder with the Dockerfile and what it adds. */
  context: string;
  /** undefined: the one that we have written into the context. */
  dockerfile?: OwnDockerfile | undefined;
  image: ImagePlan;
  imageOptions: ImageOptions;
  noCache: boolean;
  secrets?: SecretFiles | undefined;
  /** Where its steps run; undefined: wherever the engine puts them. */
  cgroup: string | undefined;
}

export interface LoadOrder extends BuildOrder {
  /** A named builder; empty: the engine's own. */
  builderName: string;
  progress: ProgressFormat;
  /** What in the warehouse has the layers of earlier builds; undefined: a builder has only its own. */
  cache: string | undefined;
}

export interface BuildxOrder extends LoadOrder {
  exporter: Exporter;
  compression: Compression;
  /** Where buildx is to write the digest. */
  metadataFile: string;
}
