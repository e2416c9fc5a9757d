/** What port and factory agree on: app names, exit codes, the runner's command line. */
import { type DockerfileOptions, dockerfileArgs, takeDockerfileArgs } from './dockerfile-options.ts';
import { command, Trouble } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { type ImageOptions, imageArgs, isDigest, takeImageArgs, type Verification } from './image-options.ts';

/** Where the runner is on every factory. */
export const RUNNER = '/usr/local/doskara/build.sh';

const APP_NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const APP_NAME_LIMIT = 63;

/**
 * What the runner can be asked for. `noCache`: build every step anew. `cacheId`: whose CACHE_DIR the build gets, one for
 * each life of an app, so that whoever takes the name of a destroyed one finds it empty; undefined: the name's.
 * `checkSeconds`: how long the image must run before it is pushed; undefined: it is not started. `dockerfile`: how to
 * build an app with a Dockerfile of its own; undefined: the one in its root, if it has no scripts. `verify`: build it
 * anew and compare, push nothing; undefined: build and push.
 */
export type RunnerRequest =
  | {
      verb: 'build';
      app: string;
      noCache: boolean;
      cacheId: string | undefined;
      checkSeconds: number | undefined;
      dockerfile: DockerfileOptions | undefined;
      image: ImageOptions;
      verify: Verification | undefined;
    }
  | { verb: 'cancel'; app: string }
  /** `commit`: also give the image the tag of that commit. */
  | { verb: 'retag'; app: string; digest: string; commit: string | undefined }
  | { verb: 'latest'; app: string }
  /** `json`: findings as data, a line each. */
  | { verb: 'check'; json: boolean }
  | { verb: 'prune' | 'version' | 'limit-builds' };

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

/**
 * What a forced command says of its key: nothing, or `--apps a,b`, the apps that the key is limited to. Anything else
 * throws (exit code 2): a limit that is misspelt lets nobody in.
 */
export function parseKeyLimit(args: readonly string[]): string[] | undefined {
  const [option, list] = args;
  if (args.length === 0) return undefined;
  if (args.length === 2 && option === '--apps' && list !== undefined) return parseApps(list);
  throw new Trouble('wrong-key-limit', EXIT.usage, 'the forced command of this key is invalid', {
    hint: 'an admin can fix it in authorized_keys: …, or … --apps a,b',
  });
}

/** `a,b`: names of apps. */
export function parseApps(list: string): string[] {
  return [...new Set(list.split(',').map(checkAppName))];
}

/** The command line that port sends over ssh. Nothing in it needs quoting: names have passed the grammar. */
export function runnerCommand(request: RunnerRequest): string {
  return [RUNNER, ...runnerArgs(request)].join(' ');
}

function runnerArgs(request: RunnerRequest): string[] {
  switch (request.verb) {
    case 'build':
      return [
        ...(request.noCache ? ['--no-cache'] : []),
        ...(request.cacheId === undefined ? [] : ['--cache-id', request.cacheId]),
        ...(request.checkSeconds === undefined ? [] : ['--check-run', String(request.checkSeconds)]),
        ...imageArgs(request.image, request.verify),
        ...dockerfileArgs(request.dockerfile),
        checkAppName(request.app),
      ];
    case 'cancel':
    case 'latest':
      return [`--${request.verb}`, checkAppName(request.app)];
    case 'retag':
      return [
        '--retag',
        checkAppName(request.app),
        checkDigest(request.digest),
        ...(request.commit === undefined ? [] : [checkCommit(request.commit)]),
      ];
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

/** A full id, of SHA-1 or SHA-256. */
export function isCommitId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function checkCommit(commit: string): string {
  if (isCommitId(commit)) return commit;
  throw wrongRunnerArgs();
}

const VERBS = ['version', 'prune', 'limit-builds'] as const;

/** Reads the runner's arguments; anything that it doesn't know is refused with exit code 2. */
export function parseRunnerArgs(args: readonly string[]): RunnerRequest {
  const [first, second, third, fourth] = args;
  const verb = VERBS.find((known) => first === `--${known}`);
  if (args.length === 1 && verb !== undefined) return { verb };
  if (first === '--check' && args.length === 1) return { verb: 'check', json: false };
  if (first === '--check' && args.length === 2 && second === '--json') return { verb: 'check', json: true };
  if (args.length === 2 && second !== undefined && (first === '--cancel' || first === '--latest'))
    return { verb: first === '--cancel' ? 'cancel' : 'latest', app: checkAppName(second) };
  if (first === '--retag' && second !== undefined && third !== undefined && args.length <= 4) {
    const commit = fourth === undefined ? undefined : checkCommit(fourth);
    return { verb: 'retag', app: checkAppName(second), digest: checkDigest(third), commit };
  }
  return parseBuildArgs(args);
}

/** `[--no-cache] [--cache-id ID] [--check-run SECONDS] [--reproducible …] [--dockerfile …] <app>` */
function parseBuildArgs(args: readonly string[]): RunnerRequest {
  const rest = [...args];
  const noCache = rest[0] === '--no-cache' && rest.shift() !== undefined;
  const cacheId = rest[0] === '--cache-id' && rest.length > 1 ? rest.splice(0, 2)[1] : undefined;
  const checkRun = rest[0] === '--check-run' && rest.length > 1 ? rest.splice(0, 2)[1] : undefined;
  const { image, verify } = takeImageArgs(rest);
  const dockerfile = takeDockerfileArgs(rest);
  const [app, ...more] = rest;
  if (app === undefined || app.startsWith('-') || more.length > 0) throw wrongRunnerArgs();
  if (cacheId !== undefined && !isCacheId(cacheId)) throw wrongRunnerArgs();
  if (checkRun !== undefined && !/^[1-9]\d{0,3}$/.test(checkRun)) throw wrongRunnerArgs();
  const checkSeconds = checkRun === undefined ? undefined : Number(checkRun);
  return { verb: 'build', app: checkAppName(app), noCache, cacheId, checkSeconds, dockerfile, image, verify };
}

/** 128 bits at random, in hexadecimal digits. */
export function isCacheId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
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
  return 'app' in request ? apps.includes(request.app) : request.verb === 'check' || request.verb === 'version';
}

function keyIsLimited(apps: readonly string[]): Trouble {
  return new Trouble('key-limited', EXIT.usage, `this key is only for ${apps.join(', ')}`, {
    hint: 'an admin limits keys on the factory, in authorized_keys: --ssh --apps a,b',
  });
}

function wrongRunnerArgs(): Trouble {
  return new Trouble('wrong-arguments', EXIT.usage, 'not a command of the runner', {
    hint: `${RUNNER} <app> < archive.tar; or --check [--json], --cancel <app>, --latest <app>, --retag <app> <digest> [<commit>], --prune, --limit-builds, --version`,
  });
}
