/**
 * Until pre-receive accepts a push, its objects are in a folder that git finds only by these variables:
 * https://git-scm.com/docs/git-receive-pack#_quarantine_environment
 */
const VARIABLES = ['GIT_QUARANTINE_PATH', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'];

/** Environment variables by which git finds the objects of a push that is not accepted yet. */
export type Quarantine = Readonly<Record<string, string>>;

/** The quarantine that a hook runs in. The paths are in git's own quoting. */
export function readQuarantine(env: NodeJS.ProcessEnv): Quarantine {
  if (env['GIT_QUARANTINE_PATH'] === undefined) return {};
  return Object.fromEntries(VARIABLES.map((name) => [name, env[name] ?? '']));
}
