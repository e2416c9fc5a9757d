/** The command lines of buildx about itself and a named builder, as values. */

/** How buildx is started where the plugin's own path is not known; the others are its arguments. */
export const buildxOfCli = (docker: string): string[] => [docker, 'buildx'];
export const buildxVersion = (): string[] => ['version'];
/** Of the builder that builds where none is named. */
export const inspectCurrentBuilder = (): string[] => ['inspect'];

/** Without buildx's own limit of 20 seconds for a silent builder: we set ours. */
export const inspect = (builder: string): string[] => ['inspect', '--', builder];
/** Starts the builder if it can be started. */
export const boot = (builder: string): string[] => ['inspect', '--bootstrap', '--', builder];

/** A step that prints its machine's free disk and load. `at` keeps it from being cached. */
export const measure = (builder: string, at: number): string[] => [
  'build',
  '--builder',
  builder,
  '--progress=plain',
  '--output=type=cacheonly',
  `--build-arg=AT=${at}`,
  '-',
];
export const measureFile = (baseImage: string): string =>
  `FROM ${baseImage}\nARG AT\nRUN : $AT; df -P -k / || :; cat /proc/loadavg\n`;

/** What build.sh made, and the mounts that outlive it, where nobody has used it for so many hours. */
export const prune = (builder: string, unusedHours: number): string[] => [
  'prune',
  '--builder',
  builder,
  '--force',
  '--all',
  `--filter=until=${unusedHours}h`,
  `--filter=description~=${MADE}`,
];
/** As BuildKit describes it, in the quotes that its filters want for such a text. */
const MADE = JSON.stringify('from exec .*[.]/build[.]sh');
