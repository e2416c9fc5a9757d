/**
 * Until a pre-receive hook has let a push through, its objects lie in a folder of their own, and only these variables
 * lead there: https://git-scm.com/docs/git-receive-pack#_quarantine_environment
 */
const VARIABLES = ['GIT_QUARANTINE_PATH', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'];

/** Where git finds objects that no ref leads to yet: variables of its environment. */
export type Quarantine = Readonly<Record<string, string>>;

/** The quarantine that a hook was started in; git quotes the paths in it as git reads them. */
export function readQuarantine(env: NodeJS.ProcessEnv): Quarantine {
  if (env['GIT_QUARANTINE_PATH'] === undefined) return {};
  return Object.fromEntries(VARIABLES.map((name) => [name, env[name] ?? '']));
}
