import { existsSync } from 'node:fs';
import type { Finding } from '../../finding.ts';
import * as messages from '../messages/check.ts';
import type { FactorySettings } from '../settings.ts';
import { buildxOfCli, buildxVersion, inspectCurrentBuilder } from './builder-commands.ts';
import { buildKitVersions } from './builder-state.ts';
import { chooseBuilder } from './builders.ts';
import * as commands from './commands.ts';
import { ask } from './run.ts';

/** For pulling a base image. */
const PULL_TIMEOUT_MS = 60_000;

/** `docker --version` asks only the CLI; `docker version` would wait for an engine that hangs. */
export async function checkCli({ docker }: FactorySettings): Promise<Finding> {
  const [{ stdout, failure }, buildx] = await Promise.all([
    ask([docker, ...commands.cliVersion()]),
    ask([...buildxOfCli(docker), ...buildxVersion()]),
  ]);
  if (failure !== undefined) return messages.noCli(docker);
  const version = /^Docker version ([\w.+~-]+)/.exec(stdout)?.[1] ?? stdout;
  const builder = chooseBuilder(version, buildx.failure === undefined);
  return messages.cli(version, docker, builder, / (v?\d\S*)/.exec(buildx.stdout)?.[1] ?? '');
}

/**
 * `docker version` says why an engine is down; what `docker info` prints then depends on the CLI. undefined without a
 * CLI, which has its own finding.
 */
export async function checkEngine({ builders, docker }: FactorySettings): Promise<Finding | undefined> {
  const [version, buildKit] = await Promise.all([
    ask([docker, ...commands.serverVersion()]),
    builders.length === 0 ? ask([...buildxOfCli(docker), ...inspectCurrentBuilder()]) : undefined,
  ]);
  if (version.failure === 'ENOENT' || version.failure === 'EACCES') return undefined;
  return version.failure === undefined
    ? messages.engine(describeEngine(version.stdout, buildKit?.stdout))
    : messages.noEngine(version.failure);
}

/** `28.5.2 (BuildKit v0.25.1, containerd 2.1.9, runc 1.3.6)`. `json`: of `docker version`; `inspected`: by buildx. */
export function describeEngine(json: string, inspected = ''): string {
  const { Version = '', Components = [] } = JSON.parse(json) as {
    Version?: string;
    Components?: { Name: string; Version: string }[] | null;
  };
  const parts = [
    // only the engine's own builder is part of it
    ...(/^Driver: +docker$/m.test(inspected) ? buildKitVersions(inspected) : []),
    ...(Components ?? [])
      .filter((part) => part.Version !== '' && ['containerd', 'runc'].includes(part.Name))
      .map((part) => `${part.Name} ${part.Version}`),
  ];
  return parts.length === 0 ? Version : `${Version} (${parts.join(', ')})`;
}

/** Only pulling shows whether an image can be pulled: the engine has its own mirrors, proxies and logins. */
export async function checkBaseImage({ baseImage, docker }: FactorySettings): Promise<Finding> {
  const here = await ask([docker, ...commands.inspectImage(baseImage)]);
  if (here.failure === undefined) return messages.baseImage(baseImage);
  const { failure } = await ask([docker, ...commands.pull(baseImage)], { timeoutMs: PULL_TIMEOUT_MS });
  return failure === undefined ? messages.baseImagePulled(baseImage) : messages.baseImageMissing(baseImage, failure);
}

/** The limits on build output are in the engine's environment, which systemd shows; undefined if it cannot. */
export async function checkOutputLimit({ builders, docker }: FactorySettings): Promise<Finding | undefined> {
  if (builders.length > 0 || process.env['DOCKER_HOST'] !== undefined || !existsSync('/run/systemd/system'))
    return undefined;
  const show = ['systemctl', 'show', '--property=LoadState', '--property=Environment', 'docker.service'];
  const { stdout, failure } = await ask(show);
  if (failure !== undefined || !stdout.includes('LoadState=loaded')) return undefined;
  const { stdout: engine } = await ask([docker, ...commands.serverVersion()]);
  return describeOutputLimit(stdout, engine);
}

/** As much as a log holds by default. */
const MIN_BYTES = 100 * 1024 ** 2;
/** BuildKit's own maximum. */
const NO_LIMIT = 2 ** 31 - 1;

/** For Docker 20.10: what ./install.sh sets, and the least that is worth keeping. */
const OLD_MAX_BYTES = 1_000_000;
const OLD_MIN_BYTES = 500_000;

/**
 * -1 means no limit: all output of a running build is then in dockerd's memory. The BuildKit inside Docker 20.10 keeps no
 * output at all then, and loops forever if more than 1 MiB arrives at once: https://github.com/docker/buildx/issues/484
 * `environment`: as systemd shows it; `engine`: the JSON of its version.
 */
export function describeOutputLimit(environment: string, engine: string): Finding {
  const value = (limit: string) =>
    Number(new RegExp(`BUILDKIT_STEP_LOG_MAX_${limit}=(-?\\d+)`).exec(environment)?.[1] ?? 0);
  const isNone = (limit: number) => [-1, NO_LIMIT].includes(limit);
  const size = value('SIZE');
  if (!/"Version":"(?:1[789]|20)\./.test(engine)) {
    if (!isNone(value('SPEED')) || (!isNone(size) && size < MIN_BYTES)) return messages.outputLimited();
    return isNone(size) ? messages.outputUnlimited() : messages.outputKept(size);
  }
  if (size > OLD_MAX_BYTES) return messages.outputEndless();
  return size >= OLD_MIN_BYTES && value('SPEED') === NO_LIMIT
    ? messages.outputOfOldDocker(size)
    : messages.outputLimited();
}
