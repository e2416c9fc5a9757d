/**
 * The time of everything in a reproducible image, in seconds since 1970: the second that Cloud Native Buildpacks use,
 * too, since ZIP knows none before 1980. Not the commit's: the layers of unchanged steps would change with every
 * commit.
 */
export const EPOCH = 315_532_801;
