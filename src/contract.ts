/** What port and factory agree on: app names, exit codes, the runner's command line. */
import { type BuildOptions, buildOptionArgs, takeBuildOptions } from './build-options.ts';
import { isCommitId } from './commit-id.ts';
import { command, Trouble } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { isDigest } from './image-options.ts';
import { isImageTag, isReservedTag } from './image-tag.ts';
import { type SecretRequest, secretArgs, takeSecretArgs } from './secrets.ts';
import { takeOption } from './take-option.ts';

/** Where the runner is on every factory. */
export const RUNNER = '/usr/local/doskara/build.sh';

const APP_NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const APP_NAME_LIMIT = 63;

/** What the runner can be asked for. */
export type RunnerRequest =
  | ({ verb: 'build'; app: string } & BuildOptions)
  /** `tag`: only the builds for this tag. */
  | { verb: 'cancel'; app: string; tag: string | undefined }
  /**
   * `from`: the app that made the image, under its name then. `tag`: instead of latest. `commit`: also give the image the
   * tag of that commit.
   */
  | {
      verb: 'retag';
      app: string;
      from: string | undefined;
      tag: string | undefined;
      digest: string;
      commit: string | undefined;
    }
  /** `tag`: instead of latest. */
  | { verb: 'latest'; app: string; tag: string | undefined }
  | SecretRequest
  /** `json`: findings as data, a line each. */
  | { verb: 'check'; json: boolean }
  | { verb: (typeof VERBS)[number] };

/** The repository of `a` is `a.git`, and whoever asks for `a.git` means `a`: no other app may be called so. */
export function isAppName(name: string): boolean {
  return name.length <= APP_NAME_LIMIT && APP_NAME.test(name) && !name.endsWith('.git');
}

/** Returns the name, or throws with exit code 2. */
export function checkAppName(name: string): string {
  if (isAppName(name)) return name;
  throw new Trouble('bad-app-name', EXIT.usage, `${JSON.stringify(name)} is not an app name`, {
    hint: name.endsWith('.git')
      ? 'leave out .git: it is added to the repository automatically'
      : 'use lower-case letters and digits, with single . _ or - between them, at most 63 characters',
  });
}

/** The command line that port sends over ssh. Nothing in it needs quoting: names have passed the grammar. */
export function runnerCommand(request: RunnerRequest): string {
  return [RUNNER, ...runnerArgs(request)].join(' ');
}

function runnerArgs(request: RunnerRequest): string[] {
  switch (request.verb) {
    case 'build':
      return [...buildOptionArgs(request), checkAppName(request.app)];
    case 'cancel':
    case 'latest':
      return [`--${request.verb}`, ...tagArgs(request.tag), checkAppName(request.app)];
    case 'retag':
      return [
        '--retag',
        ...(request.from === undefined ? [] : ['--from', checkAppName(request.from)]),
        ...tagArgs(request.tag),
        checkAppName(request.app),
        checkDigest(request.digest),
        ...(request.commit === undefined ? [] : [checkCommit(request.commit)]),
      ];
    case 'secret-set':
    case 'secret-remove':
    case 'secret-clear':
    case 'secret-check':
      return secretArgs({ ...request, app: checkAppName(request.app) });
    case 'check':
      return ['--check', ...(request.json ? ['--json'] : [])];
    default:
      return [`--${request.verb}`];
  }
}

function checkDigest(digest: string): string {
  if (isDigest(digest)) return digest;
  throw new Trouble('bad-digest', EXIT.usage, `${JSON.stringify(digest)} is not an image digest`, {
    hint: [
      'a digest is sha256: and 64 hexadecimal digits; docker push prints it, and ',
      command('builds', '<app>', '--json'),
    ],
  });
}

function checkCommit(commit: string): string {
  if (isCommitId(commit)) return commit;
  throw wrongRunnerArgs();
}

function tagArgs(tag: string | undefined): string[] {
  return tag === undefined ? [] : ['--tag', checkTag(tag)];
}

function checkTag(tag: string): string {
  if (isImageTag(tag)) return tag;
  throw wrongRunnerArgs();
}

const VERBS = ['version', 'prune', 'prune-tags', 'collect-garbage', 'limit-builds'] as const;

/** Reads the runner's arguments; anything that it doesn't know is refused with exit code 2. */
export function parseRunnerArgs(args: readonly string[]): RunnerRequest {
  const [first, second] = args;
  const verb = VERBS.find((known) => first === `--${known}`);
  if (args.length === 1 && verb !== undefined) return { verb };
  if (first === '--check' && args.length === 1) return { verb: 'check', json: false };
  if (first === '--check' && args.length === 2 && second === '--json') return { verb: 'check', json: true };
  if (first === '--cancel' || first === '--latest') return parseTaggedArgs(first, args.slice(1));
  return first === '--retag' ? parseRetagArgs(args.slice(1)) : parseLongArgs(args);
}

/** `[--tag <tag>] <app>` */
function parseTaggedArgs(verb: '--cancel' | '--latest', args: readonly string[]): RunnerRequest {
  const rest = [...args];
  const tag = takeTag(rest);
  const [app, ...more] = rest;
  if (app === undefined || more.length > 0) throw wrongRunnerArgs();
  return { verb: verb === '--cancel' ? 'cancel' : 'latest', app: checkAppName(app), tag };
}

function takeTag(args: string[]): string | undefined {
  const tag = takeOption(args, '--tag');
  return tag === undefined ? undefined : checkTag(tag);
}

/** `[--from <former name>] [--tag <tag>] <app> <digest> [<commit>]` */
function parseRetagArgs(args: readonly string[]): RunnerRequest {
  const rest = [...args];
  const from = takeOption(rest, '--from');
  const tag = takeTag(rest);
  if (tag !== undefined && isReservedTag(tag)) throw wrongRunnerArgs();
  const [app, digest, commit, ...more] = rest;
  if (app === undefined || digest === undefined || more.length > 0) throw wrongRunnerArgs();
  return {
    verb: 'retag',
    app: checkAppName(app),
    from: from === undefined ? undefined : checkAppName(from),
    tag,
    digest: checkDigest(digest),
    commit: commit === undefined ? undefined : checkCommit(commit),
  };
}

function parseLongArgs(args: readonly string[]): RunnerRequest {
  const secret = takeSecretArgs(args);
  return secret === undefined ? parseBuildArgs(args) : { ...secret, app: checkAppName(secret.app) };
}

function parseBuildArgs(args: readonly string[]): RunnerRequest {
  const rest = [...args];
  const options = takeBuildOptions(rest);
  const [app, ...more] = rest;
  if (options === undefined || app === undefined || app.startsWith('-') || more.length > 0) throw wrongRunnerArgs();
  return { verb: 'build', app: checkAppName(app), ...options };
}

/**
 * Reads the command that an ssh client asked for (`SSH_ORIGINAL_COMMAND`). It is compared word by word and never
 * given to a shell, so quotes, `;`, `$()` or a newline have no meaning in it and make it a refused command.
 * `apps`: those that the client's key is limited to.
 */
export function parseRunnerCommand(command: string, apps?: readonly string[]): RunnerRequest {
  const [program, ...args] = command.split(' ');
  if (program !== RUNNER) throw wrongRunnerArgs();
  const request = parseRunnerArgs(args);
  if (apps !== undefined && !isWithin(apps, request)) throw keyIsLimited(apps);
  return request;
}

/** A key for some apps may look, but not touch what belongs to all. */
function isWithin(apps: readonly string[], request: RunnerRequest): boolean {
  if (!('app' in request)) return request.verb === 'check' || request.verb === 'version';
  const from = request.verb === 'retag' ? (request.from ?? request.app) : request.app;
  return [request.app, from].every((app) => apps.includes(app));
}

function keyIsLimited(apps: readonly string[]): Trouble {
  return new Trouble('key-limited', EXIT.usage, `this key is only for ${apps.join(', ')}`, {
    hint: 'an admin limits keys on the factory, in authorized_keys: --ssh --apps a,b',
  });
}

function wrongRunnerArgs(): Trouble {
  return new Trouble('wrong-arguments', EXIT.usage, 'not a command of the runner', {
    hint: `${RUNNER} <app> < archive.tar; or --check [--json], --cancel [--tag <tag>] <app>, --latest [--tag <tag>] <app>, --retag [--from <app>] [--tag <tag>] <app> <digest> [<commit>], --prune, --prune-tags, --collect-garbage, --limit-builds, --version`,
  });
}
