/** Put in by the bundler: from package.json, and from git. */
declare const DOSKARA_VERSION: string | undefined;
declare const DOSKARA_SOURCE: string | undefined;

export const VERSION = typeof DOSKARA_VERSION === 'string' ? DOSKARA_VERSION : 'from source';

/** What `--version` tells: `0.1.0 (508ea5e9ce1652c6d4b72b00b9b3fa125e3cf465)`. */
export const VERSION_AND_SOURCE = typeof DOSKARA_SOURCE === 'string' ? `${VERSION} (${DOSKARA_SOURCE})` : VERSION;
