import { execa } from 'execa';
import { asFinding, error, type Finding, ok, warning } from '../finding.ts';
import { chooseBuilder } from './docker-words.ts';
import type { FactorySettings } from './settings.ts';
import * as words from './words.ts';

/** Seconds that docker gets to answer a question: an engine that hangs must not make the check hang. */
const PATIENCE = 10;
/** Seconds that a base image gets to be pulled. */
const PULL_PATIENCE = 60;

export interface Answer {
  stdout: string;
  /** Why there is none, in one line. */
  failure: string | undefined;
}

/** One question to the docker CLI, bounded in time. Never rejects. */
export async function askBounded(
  { docker }: FactorySettings,
  args: string[],
  more: { seconds?: number; input?: Buffer } = {},
): Promise<Answer> {
  const seconds = more.seconds ?? PATIENCE;
  const { failed, timedOut, stdout, stderr, code } = await execa(docker, args, {
    ...(more.input === undefined ? { stdin: 'ignore' } : { input: more.input }),
    timeout: seconds * 1000,
    forceKillAfterDelay: 1000,
    reject: false,
  });
  if (!failed) return { stdout: stdout.trim(), failure: undefined };
  return { stdout: '', failure: timedOut ? `no answer within ${seconds} s` : (code ?? lastWords(stderr)) };
}

/** Docker's last line, without what it puts before every one. */
function lastWords(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line.replace(/^(?:ERROR: |error: )?(?:Error response from daemon: )?/, '') || 'it said nothing';
}

const BUILDERS = {
  buildx: 'BuildKit by docker buildx',
  buildkit: 'BuildKit, inside the CLI',
};

/** `docker --version` speaks of the CLI alone; `docker version` would wait for an engine that hangs. */
export async function checkCli(settings: FactorySettings): Promise<Finding> {
  const { stdout, failure } = await askBounded(settings, ['--version']);
  if (failure !== undefined) return asFinding(words.dockerMissing(settings.docker));
  const version = /^Docker version ([\w.+~-]+)/.exec(stdout)?.[1] ?? stdout;
  const builder = chooseBuilder(version, await hasBuildx(settings));
  const cli = `docker CLI ${version} (${settings.docker})`;
  return builder === 'classic'
    ? warning(words.classicBuilder(cli), words.GET_BUILDX)
    : ok(`${cli}: ${BUILDERS[builder]}`);
}

async function hasBuildx(settings: FactorySettings): Promise<boolean> {
  return (await askBounded(settings, ['buildx', 'version'])).failure === undefined;
}

/** undefined: the engine's own builder is used. */
export async function checkBuilder(settings: FactorySettings): Promise<Finding | undefined> {
  const { builder } = settings;
  if (builder === '') return undefined;
  const problem = (reason: string) => `builder ${builder} (DOSKARA_BUILDER) is not to be had: ${reason}`;
  if (!(await hasBuildx(settings))) return error(problem('there is no docker buildx'), words.GET_BUILDX);
  const { failure } = await askBounded(settings, ['buildx', 'inspect', builder]);
  return failure === undefined ? ok(`builder ${builder}`) : error(problem(failure), words.lookForBuilder(builder));
}

export interface Engine {
  /** undefined: there is no CLI to ask it, which has its own finding. */
  finding: Finding | undefined;
  /** Where it keeps its data; undefined when it does not answer. */
  dataRoot: string | undefined;
}

/** Of an engine that is down `docker version` tells why; of what `docker info` prints then, no two CLIs agree. */
export async function checkEngine(settings: FactorySettings): Promise<Engine> {
  const [version, root] = await Promise.all([
    askBounded(settings, ['version', '--format', '{{.Server.Version}}']),
    askBounded(settings, ['info', '--format', '{{.DockerRootDir}}']),
  ]);
  if (version.failure === 'ENOENT' || version.failure === 'EACCES') return { finding: undefined, dataRoot: undefined };
  return version.failure === undefined
    ? { finding: ok(`Docker Engine ${version.stdout}`), dataRoot: root.stdout || undefined }
    : { finding: asFinding(words.engineSilent(version.failure)), dataRoot: undefined };
}

/** Whether an image can be pulled is known when it was: the engine has its own mirrors, proxies and logins. */
export async function checkBaseImage(settings: FactorySettings): Promise<Finding> {
  const { baseImage } = settings;
  const here = await askBounded(settings, ['image', 'inspect', '--format', '{{.Id}}', '--', baseImage]);
  if (here.failure === undefined) return ok(`base image ${baseImage}`);
  const { failure } = await askBounded(settings, ['pull', '--quiet', '--', baseImage], { seconds: PULL_PATIENCE });
  return failure === undefined
    ? ok(`base image ${baseImage}, pulled just now`)
    : error(`base image ${baseImage} is not here, and can't be pulled: ${failure}`, words.pullBase(baseImage));
}
