import { LATEST } from '../../image-tag.ts';

/** Names and labels of an app's image. */
export interface ImagePlan {
  /** `<registry>/<app>` */
  name: string;
  /** References to give the image and to push, the one that moves last. */
  references: string[];
  labels: Record<string, string>;
}

const OCI = 'org.opencontainers.image';

/**
 * `commitTime` is in seconds since 1970. The labels are OCI's: https://specs.opencontainers.org/image-spec/annotations/
 */
export function planImage(
  registry: string,
  app: string,
  commit: string | undefined,
  commitTime: number,
  tag = LATEST,
): ImagePlan {
  const name = `${registry}/${app}`;
  return {
    name,
    references: [...(commit === undefined ? [] : [`${name}:${commit}`]), `${name}:${tag}`],
    labels: {
      'doskara.app': app,
      [`${OCI}.title`]: app,
      ...(commit === undefined
        ? {}
        : { [`${OCI}.revision`]: commit, [`${OCI}.created`]: new Date(commitTime * 1000).toISOString() }),
    },
  };
}

/** The commit that an image is of, if that is known. */
export const revisionOf = ({ labels }: ImagePlan): string | undefined => labels[`${OCI}.revision`];
