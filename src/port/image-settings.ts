import { ATTESTATION_WANTED, PLATFORMS_WANTED, readAttestation, readPlatforms } from '../image-options.ts';
import { readBoolean } from './setting-values.ts';

/** The settings that say how an app's image is made. */
export const IMAGE_OPTION_SETTINGS = {
  reproducible: {
    read: readBoolean,
    wanted: 'true or false',
    default: 'false',
    means:
      'give the same commit the same image digest on every factory; pushes take longer. doskara replay --verify proves it',
  },
  platforms: {
    read: readPlatforms,
    wanted: PLATFORMS_WANTED,
    without: "the factory's own",
    means: 'the platforms that an image is built for, separated by commas: linux/amd64,linux/arm64',
  },
  attest: {
    read: readAttestation,
    wanted: ATTESTATION_WANTED,
    means:
      'what to attest about an image, beside it in the registry: provenance (how it was built) or sbom (what is in it); repeat it for both',
    several: true,
  },
};
