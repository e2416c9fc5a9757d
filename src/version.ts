/** Put in by the bundler, from package.json. */
declare const DOSKARA_VERSION: string | undefined;

export const VERSION = typeof DOSKARA_VERSION === 'string' ? DOSKARA_VERSION : 'from source';
