import { existsSync } from 'node:fs';
import { asFinding, error, type Finding, ok, warning } from '../../finding.ts';
import * as messages from '../messages.ts';
import type { FactorySettings } from '../settings.ts';
import * as commands from './commands.ts';
import { askDocker } from './facts.ts';
import { ask } from './run.ts';

/** For pulling a base image, and for starting a builder. */
const PULL_TIMEOUT_MS = 60_000;

const BUILDERS = {
  buildx: 'BuildKit by docker buildx',
  buildkit: 'BuildKit, inside the CLI',
};

/** `docker --version` speaks of the CLI alone; `docker version` would wait for an engine that hangs. */
export async function checkCli({ docker }: FactorySettings): Promise<Finding> {
  const [{ stdout, failure }, buildx] = await Promise.all([
    ask([docker, ...commands.cliVersion()]),
    ask([...commands.buildxOfCli(docker), ...commands.buildxVersion()]),
  ]);
  if (failure !== undefined) return asFinding('docker-cli', messages.dockerMissing(docker));
  const version = /^Docker version ([\w.+~-]+)/.exec(stdout)?.[1] ?? stdout;
  const builder = commands.chooseBuilder(version, buildx.failure === undefined);
  const cli = `docker CLI ${version} (${docker})`;
  if (builder === 'classic')
    return warning('docker-cli', 'classic-builder', messages.classicBuilder(cli), messages.GET_BUILDX);
  const buildxVersion = builder === 'buildx' ? (/ (v?\d\S*)/.exec(buildx.stdout)?.[1] ?? '') : '';
  return ok('docker-cli', `${cli}: ${`${BUILDERS[builder]} ${buildxVersion}`.trim()}`);
}

/** A named builder is asked to start: one whose nodes are all dead is in the list like a good one. undefined: none is named. */
export async function checkBuilder({ builder, docker }: FactorySettings): Promise<Finding | undefined> {
  if (builder === '') return undefined;
  const problem = (reason: string) => messages.builderUnusable(builder, reason);
  const buildx = commands.buildxOfCli(docker);
  if ((await ask([...buildx, ...commands.buildxVersion()])).failure !== undefined)
    return error('builder', 'buildx-missing', problem('docker buildx is not installed'), messages.GET_BUILDX);
  const inspect = [...buildx, ...commands.bootBuilder(builder)];
  const { stdout, failure } = await ask(inspect, { timeoutMs: PULL_TIMEOUT_MS });
  const reason =
    failure ?? (/^Status: +running$/m.test(stdout) ? undefined : (nodeError(stdout) ?? 'no node is running'));
  if (reason !== undefined)
    return error('builder', 'builder-unusable', problem(reason), messages.lookForBuilder(builder));
  const versions = buildKitVersions(stdout);
  return ok('builder', versions.length === 0 ? `builder ${builder}` : `builder ${builder} (${versions.join(', ')})`);
}

function nodeError(inspected: string): string | undefined {
  return /^(?:Error|Status): +(.+)$/m.exec(inspected)?.[1];
}

export interface Engine {
  /** undefined: there is no CLI to ask it, which has its own finding. */
  finding: Finding | undefined;
  /** Where it keeps its data; undefined when it does not answer. */
  dataRoot: string | undefined;
}

/** Of an engine that is down `docker version` tells why; of what `docker info` prints then, no two CLIs agree. */
export async function checkEngine({ builder, docker }: FactorySettings): Promise<Engine> {
  const [version, root, buildKit] = await Promise.all([
    ask([docker, ...commands.serverVersion()]),
    ask([docker, ...commands.dataRoot()]),
    builder === '' ? ask([...commands.buildxOfCli(docker), ...commands.inspectCurrentBuilder()]) : undefined,
  ]);
  if (version.failure === 'ENOENT' || version.failure === 'EACCES') return { finding: undefined, dataRoot: undefined };
  return version.failure === undefined
    ? {
        finding: ok('docker-engine', `Docker Engine ${describeEngine(version.stdout, buildKit?.stdout)}`),
        dataRoot: root.stdout || undefined,
      }
    : { finding: asFinding('docker-engine', messages.engineSilent(version.failure)), dataRoot: undefined };
}

/** `28.5.2 (BuildKit v0.25.1, containerd 2.1.9, runc 1.3.6)`, as far as the engine and buildx's `inspected` tell. */
export function describeEngine(json: string, inspected = ''): string {
  const { Version = '', Components = [] } = JSON.parse(json) as {
    Version?: string;
    Components?: { Name: string; Version: string }[] | null;
  };
  const parts = [
    // another builder than the engine's own isn't part of it
    ...(/^Driver: +docker$/m.test(inspected) ? buildKitVersions(inspected) : []),
    ...(Components ?? [])
      .filter((part) => part.Version !== '' && ['containerd', 'runc'].includes(part.Name))
      .map((part) => `${part.Name} ${part.Version}`),
  ];
  return parts.length === 0 ? Version : `${Version} (${parts.join(', ')})`;
}

/**
 * Of each node, once. Buildx wrote `Buildkit:` before 0.13; an engine that a distribution has built may not know the
 * version of the BuildKit inside, and says v0.0.0+unknown.
 */
function buildKitVersions(inspected: string): string[] {
  const found = [...inspected.matchAll(/^ *Build[Kk]it(?: version)?: +(\S+)$/gm)].map(([, version = '']) => version);
  return [...new Set(found)].filter((version) => !version.includes('unknown')).map((version) => `BuildKit ${version}`);
}

/** Whether an image can be pulled is known when it was: engine and builder have their own mirrors, proxies and logins. */
export async function checkBaseImage(settings: FactorySettings): Promise<Finding> {
  const { baseImage, docker, builder } = settings;
  const { buildx, ownBuildKit } = await askDocker(settings);
  if (buildx !== undefined && ownBuildKit)
    return checkBaseOfBuilder([...buildx, ...commands.tryBuild(builder)], settings);
  const here = await ask([docker, ...commands.inspectImage(baseImage)]);
  if (here.failure === undefined) return ok('base-image', `base image ${baseImage}`);
  const { failure } = await ask([docker, ...commands.pull(baseImage)], { timeoutMs: PULL_TIMEOUT_MS });
  return failure === undefined
    ? ok('base-image', `base image ${baseImage}, pulled just now`)
    : error(
        'base-image',
        'base-image-missing',
        messages.baseImageMissing(baseImage, failure),
        messages.pullBase(baseImage, failure),
      );
}

/** A BuildKit of its own doesn't see the engine's images. */
async function checkBaseOfBuilder(tryBuild: string[], { baseImage, builder }: FactorySettings): Promise<Finding> {
  const { failure } = await ask(tryBuild, { timeoutMs: PULL_TIMEOUT_MS, input: `FROM ${baseImage}\n` });
  return failure === undefined
    ? ok('base-image', `base image ${baseImage}, as builder ${builder} sees it`)
    : error(
        'base-image',
        'base-image-unseen',
        messages.baseImageUnseen(baseImage, builder, failure),
        messages.pushBase(baseImage, failure),
      );
}

/** Output that is left out has its limits in the environment of the engine, which systemd tells; undefined: nobody does. */
export async function checkOutputLimit({ builder, docker }: FactorySettings): Promise<Finding | undefined> {
  if (builder !== '' || process.env['DOCKER_HOST'] !== undefined || !existsSync('/run/systemd/system'))
    return undefined;
  const show = ['systemctl', 'show', '--property=LoadState', '--property=Environment', 'docker.service'];
  const { stdout, failure } = await ask(show);
  if (failure !== undefined || !stdout.includes('LoadState=loaded')) return undefined;
  const { stdout: engine } = await ask([docker, ...commands.serverVersion()]);
  return judgeOutputLimit(stdout, engine);
}

/** Bytes of a step's output that Docker 20.10 keeps at most, as ./install.sh sets it, and half of what may come at once. */
const OLD_SIZES = { most: 1_000_000, least: 500_000 };

/**
 * -1 means none. The BuildKit inside Docker 20.10 takes that for nothing at all, and goes round in a circle for ever where
 * more than 1 MiB comes at once: https://github.com/docker/buildx/issues/484 `environment`: as systemd shows it; `engine`:
 * the JSON of its version.
 */
export function judgeOutputLimit(environment: string, engine: string): Finding {
  const value = (limit: string) =>
    Number(new RegExp(`BUILDKIT_STEP_LOG_MAX_${limit}=(-?\\d+)`).exec(environment)?.[1] ?? 0);
  const isNone = (limit: string) => [-1, 2 ** 31 - 1].includes(value(limit));
  const limited = warning('output-limit', 'output-limited', messages.outputLimited(), messages.LIFT_LIMIT);
  if (!/"Version":"(?:1[789]|20)\./.test(engine))
    return isNone('SIZE') && isNone('SPEED')
      ? ok('output-limit', "output limit: Docker keeps all of a build's output")
      : limited;
  const size = value('SIZE');
  if (size > OLD_SIZES.most)
    return warning('output-limit', 'output-endless', messages.outputEndless(), messages.LIFT_LIMIT);
  return size >= OLD_SIZES.least && value('SPEED') === 2 ** 31 - 1
    ? ok('output-limit', messages.outputOfOldDocker(size))
    : limited;
}
