import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ExecOutput, exec } from '../../exec.ts';
import { isBuildKit } from '../../image-options.ts';
import { replaceFile } from '../../replace-file.ts';
import { VERSION } from '../../version.ts';
import { type CgroupWay, chooseCgroupWay } from '../limits.ts';
import * as messages from '../messages/docker.ts';
import type { FactorySettings } from '../settings.ts';
import { buildxOfCli, buildxVersion, inspect, inspectCurrentBuilder } from './builder-commands.ts';
import { type BuilderTraits, parseBuilder, traitsOf } from './builder-state.ts';
import {
  type Builder,
  chooseBuilder,
  chooseExporter,
  chooseProgress,
  type Exporter,
  type ProgressFormat,
} from './builders.ts';
import { clientVersion, info, listContexts } from './commands.ts';
import { ask } from './run.ts';

/** What Docker on this factory can do. */
export interface DockerFacts {
  clientVersion: string;
  builder: Builder;
  /**
   * The command of buildx: the plugin itself where possible, as a plugin outlives a killed CLI; undefined without
   * buildx.
   */
  buildx: readonly string[] | undefined;
  progress: ProgressFormat;
  /** Always `moby` without buildx: images go through the engine. */
  exporter: Exporter;
  /** Whether the configured builders have their own BuildKit, which does not see the engine's images. */
  ownBuildKit: boolean;
  /** Where the engine keeps its data; undefined if it does not answer. */
  dataRoot: string | undefined;
  cgroupWay: CgroupWay;
  /** Of the one builder there is; several are asked before each build. */
  traits: BuilderTraits;
}

/** Where the docker CLI looks for plugins: https://docs.docker.com/engine/extend/cli_plugins/ */
const PLUGIN_FOLDERS = [
  join(homedir(), '.docker/cli-plugins'),
  ...['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map(
    (folder) => `${folder}/docker/cli-plugins`,
  ),
];
/** Limited, as the engine's data root can change. */
const MAX_AGE_MS = 3600 * 1000;

/**
 * Asks docker what it can do. Asking takes half as long as a small build, so the answers are cached in the spool for an
 * hour, or until CLI or plugin change. Rejects with exit code 4 if the CLI cannot be run.
 */
export async function readDockerFacts(settings: FactorySettings): Promise<DockerFacts> {
  const file = join(settings.spool, 'docker.json');
  const key = await keyOf(settings);
  const kept = await readKept(file);
  if (kept?.key === key && Math.abs(Date.now() - kept.time) < MAX_AGE_MS) return kept.facts;
  const facts = await askDocker(settings);
  // a build that cannot write to the spool fails elsewhere
  const isComplete = facts.traits.platforms.length > 0 || !hasTraits(facts.buildx, settings);
  if (facts.dataRoot !== undefined && isComplete)
    await replaceFile(file, JSON.stringify({ key, time: Date.now(), facts } satisfies Kept)).catch(() => {});
  return facts;
}

interface Kept {
  key: string;
  time: number;
  facts: DockerFacts;
}

async function readKept(file: string): Promise<Kept | undefined> {
  return readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as Kept | null)
    .then((kept) => (kept !== null && areFacts(kept.facts) ? kept : undefined))
    .catch(() => undefined);
}

/** A damaged cache counts as none. */
function areFacts(facts: Partial<DockerFacts> | null | undefined): facts is DockerFacts {
  const { clientVersion, builder, buildx, progress, exporter, ownBuildKit, dataRoot, cgroupWay, traits } = facts ?? {};
  return (
    typeof clientVersion === 'string' &&
    ['buildx', 'buildkit', 'classic'].includes(String(builder)) &&
    ['rawjson', 'plain'].includes(String(progress)) &&
    ['image', 'moby'].includes(String(exporter)) &&
    typeof ownBuildKit === 'boolean' &&
    typeof dataRoot === 'string' &&
    ['each', 'together', 'none'].includes(String(cgroupWay)) &&
    (traits?.buildkit === null || isBuildKit(traits?.buildkit)) &&
    Array.isArray(traits?.platforms) &&
    (builder === 'buildx') === isArgs(buildx)
  );
}

function isArgs(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((arg) => typeof arg === 'string');
}

async function keyOf({ docker, builders }: FactorySettings): Promise<string> {
  const folders = docker.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  const programs = folders.map((folder) => (folder === '' ? docker : join(folder, docker)));
  const plugins = PLUGIN_FOLDERS.map((folder) => join(folder, 'docker-buildx'));
  const found = await Promise.all([...programs, ...plugins].map(describeFile));
  return [VERSION, process.env['DOCKER_HOST'], ...builders, ...found.filter(Boolean)].join(' ');
}

async function describeFile(path: string): Promise<string> {
  return stat(path).then(
    ({ ino, size, mtimeMs }) => `${path}:${ino}:${size}:${mtimeMs}`,
    () => '',
  );
}

/** Long enough for an engine under full load. */
const FACTS_TIMEOUT_MS = 30_000;

/** Like readDockerFacts, without the cache. Rejects with exit code 4 if an engine that is to build does not answer, too. */
export async function askDocker({ docker, builders }: FactorySettings): Promise<DockerFacts> {
  const within = { timeoutMs: FACTS_TIMEOUT_MS };
  const [version, answer] = await Promise.all([
    exec([docker, ...clientVersion()], within),
    exec([docker, ...info()], within),
  ]);
  if (version.reason === 'ENOENT' || version.reason === 'EACCES') throw messages.dockerMissing(docker);
  if (answer.exitCode === undefined && builders.length === 0) throw messages.engineSilent(answer.reason);
  const known = parseInfo(answer);
  const { DockerRootDir: dataRoot, DriverStatus: driver, ClientInfo: client } = known;
  const { buildx, version: ofBuildx } = await findBuildx(docker, client?.Plugins ?? []);
  const builder = chooseBuilder(version.stdout.trim(), buildx !== undefined);
  const hasImageStore = driver?.some(([key, value]) => key === 'driver-type' && value === SNAPSHOTTER) ?? false;
  const [ownBuildKit, traits] = await Promise.all([
    buildx !== undefined && haveOwnBuildKit(docker, builders),
    readTraits(buildx, builders),
  ]);
  return {
    clientVersion: version.stdout.trim(),
    builder,
    buildx,
    progress: chooseProgress(ofBuildx ?? ''),
    exporter: chooseExporter({ hasImageStore, ownBuildKit, buildxVersion: ofBuildx }),
    ownBuildKit,
    traits,
    dataRoot: dataRoot || undefined,
    cgroupWay: chooseCgroupWay({
      serverVersion: known.ServerVersion ?? '',
      driver: known.CgroupDriver ?? '',
      classic: builder === 'classic',
      elsewhere: ownBuildKit || !(process.env['DOCKER_HOST'] ?? 'unix:').startsWith('unix:'),
    }),
  };
}

/** The driver type of an engine with the containerd image store: https://docs.docker.com/engine/storage/containerd/ */
const SNAPSHOTTER = 'io.containerd.snapshotter.v1';

interface Info {
  ServerVersion?: string;
  CgroupDriver?: string;
  DockerRootDir?: string;
  DriverStatus?: [string, string][] | null;
  ClientInfo?: { Plugins?: Plugin[] | null };
}

interface Plugin {
  Name: string;
  Path?: string;
  Version?: string;
  /** Why it cannot be used. */
  Err?: unknown;
}

interface Buildx extends Partial<Pick<DockerFacts, 'buildx'>> {
  version?: string | undefined;
}

/** Without an engine, some CLIs print only what they know themselves, others nothing. */
function parseInfo({ stdout }: ExecOutput): Info {
  try {
    return (JSON.parse(stdout) as Info | null) ?? {};
  } catch {
    return {};
  }
}

async function findBuildx(docker: string, plugins: readonly Plugin[]): Promise<Buildx> {
  const plugin = plugins.find(({ Name, Err }) => Name === 'buildx' && !Err);
  if (plugin?.Path !== undefined) return { buildx: [plugin.Path], version: plugin.Version };
  const { failure, stdout } = await ask([...buildxOfCli(docker), ...buildxVersion()]);
  return failure === undefined ? { buildx: buildxOfCli(docker), version: stdout } : {};
}

/** Whether there is one builder to be asked. */
function hasTraits(buildx: DockerFacts['buildx'], { builders }: Pick<FactorySettings, 'builders'>): boolean {
  return buildx !== undefined && builders.length < 2;
}

/** Of several builders, each one is asked when it is to build. */
async function readTraits(buildx: DockerFacts['buildx'], builders: readonly string[]): Promise<BuilderTraits> {
  if (buildx === undefined || !hasTraits(buildx, { builders })) return { buildkit: null, platforms: [] };
  const [name] = builders;
  const question = name === undefined ? inspectCurrentBuilder() : inspect(name);
  const { stdout } = await ask([...buildx, ...question]);
  return traitsOf(parseBuilder(stdout));
}

/** A builder with the name of a context is the engine there; no connection is needed to know that. */
async function haveOwnBuildKit(docker: string, builders: readonly string[]): Promise<boolean> {
  if (builders.length === 0) return false;
  const contexts = (await ask([docker, ...listContexts()])).stdout.split('\n');
  return !builders.some((name) => contexts.includes(name));
}
