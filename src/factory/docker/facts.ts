import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ExecOutput, exec } from '../../exec.ts';
import { replaceFile } from '../../replace-file.ts';
import { VERSION } from '../../version.ts';
import { type CgroupWay, chooseCgroupWay } from '../limits.ts';
import * as messages from '../messages.ts';
import type { FactorySettings } from '../settings.ts';
import {
  type Builder,
  buildxOfCli,
  buildxVersion,
  chooseBuilder,
  chooseExporter,
  chooseProgress,
  clientVersion,
  type Exporter,
  info,
  inspectBuilder,
  type ProgressFormat,
} from './commands.ts';

/** What a factory's docker is. */
export interface DockerFacts {
  clientVersion: string;
  builder: Builder;
  /**
   * How buildx is started: the plugin by its own path, so that it dies with us (a plugin outlives a CLI that is
   * killed); undefined without buildx.
   */
  buildx: readonly string[] | undefined;
  progress: ProgressFormat;
  /** Of a builder that isn't buildx always `moby`: images go through the engine. */
  exporter: Exporter;
  /** Whether the named builder is a BuildKit of its own, which doesn't see the engine's images. */
  ownBuildKit: boolean;
  /** Where the engine keeps its data; undefined when it does not answer. */
  dataRoot: string | undefined;
  /** Where the steps of a build find their cgroup. */
  cgroupWay: CgroupWay;
}

/** Where the docker CLI looks for plugins: https://docs.docker.com/engine/extend/cli_plugins/ */
const PLUGIN_FOLDERS = [
  join(homedir(), '.docker/cli-plugins'),
  ...['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map(
    (folder) => `${folder}/docker/cli-plugins`,
  ),
];
/** The engine may get another data root. */
const MAX_AGE_MS = 3600 * 1000;

/**
 * Asks docker what it can do. That takes several starts of its CLI, half as long as a small build, so the answers are
 * kept in the spool for an hour, and for as long as CLI and plugin are the same files. Rejects with exit code 4.
 */
export async function readDockerFacts(settings: FactorySettings): Promise<DockerFacts> {
  const file = join(settings.spool, 'docker.json');
  const key = await keyOf(settings);
  const kept = await readKept(file);
  if (kept?.key === key && Math.abs(Date.now() - kept.time) < MAX_AGE_MS) return kept.facts;
  const facts = await askDocker(settings);
  // only a cache: a build that cannot write to the spool fails elsewhere
  if (facts.dataRoot !== undefined)
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

/** A damaged file counts as none. */
function areFacts(facts: Partial<DockerFacts> | null | undefined): facts is DockerFacts {
  const { clientVersion, builder, buildx, progress, exporter, ownBuildKit, dataRoot, cgroupWay } = facts ?? {};
  return (
    typeof clientVersion === 'string' &&
    ['buildx', 'buildkit', 'classic'].includes(String(builder)) &&
    ['rawjson', 'plain'].includes(String(progress)) &&
    ['image', 'moby'].includes(String(exporter)) &&
    typeof ownBuildKit === 'boolean' &&
    typeof dataRoot === 'string' &&
    ['each', 'together', 'none'].includes(String(cgroupWay)) &&
    (builder === 'buildx') === isArgs(buildx)
  );
}

function isArgs(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((arg) => typeof arg === 'string');
}

async function keyOf({ docker, builder }: FactorySettings): Promise<string> {
  const folders = docker.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  const programs = folders.map((folder) => (folder === '' ? docker : join(folder, docker)));
  const plugins = PLUGIN_FOLDERS.map((folder) => join(folder, 'docker-buildx'));
  const found = await Promise.all([...programs, ...plugins].map(describeFile));
  return [VERSION, process.env['DOCKER_HOST'], builder, ...found.filter(Boolean)].join(' ');
}

async function describeFile(path: string): Promise<string> {
  return stat(path).then(
    ({ ino, size, mtimeMs }) => `${path}:${ino}:${size}:${mtimeMs}`,
    () => '',
  );
}

/** The same, asked now. */
export async function askDocker({ docker, builder: builderName }: FactorySettings): Promise<DockerFacts> {
  const [version, answer] = await Promise.all([exec([docker, ...clientVersion()]), exec([docker, ...info()])]);
  if (version.reason === 'ENOENT' || version.reason === 'EACCES') throw messages.dockerMissing(docker);
  const known = parseInfo(answer);
  const { DockerRootDir: dataRoot, DriverStatus: driver, ClientInfo: client } = known;
  const { buildx, version: ofBuildx } = await findBuildx(docker, client?.Plugins ?? []);
  const builder = chooseBuilder(version.stdout.trim(), buildx !== undefined);
  const hasImageStore = driver?.some(([key, value]) => key === 'driver-type' && value === SNAPSHOTTER) ?? false;
  const ownBuildKit = buildx !== undefined && (await isOwnBuildKit(buildx, builderName));
  return {
    clientVersion: version.stdout.trim(),
    builder,
    buildx,
    progress: chooseProgress(ofBuildx ?? ''),
    exporter: chooseExporter({ hasImageStore, ownBuildKit, buildxVersion: ofBuildx }),
    ownBuildKit,
    dataRoot: dataRoot || undefined,
    cgroupWay: chooseCgroupWay({
      serverVersion: known.ServerVersion ?? '',
      driver: known.CgroupDriver ?? '',
      classic: builder === 'classic',
      elsewhere: ownBuildKit || !(process.env['DOCKER_HOST'] ?? 'unix:').startsWith('unix:'),
    }),
  };
}

/** How an engine whose image store is containerd's describes it: https://docs.docker.com/engine/storage/containerd/ */
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
  /** Why it can't be used. */
  Err?: unknown;
}

interface Buildx extends Partial<Pick<DockerFacts, 'buildx'>> {
  version?: string | undefined;
}

/** Where no engine answers, some CLIs print what they know of themselves, others nothing. */
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
  const { failed, stdout } = await exec([...buildxOfCli(docker), ...buildxVersion()]);
  return !failed ? { buildx: buildxOfCli(docker), version: stdout } : {};
}

/** Whether a named builder is a BuildKit of its own, and not the one inside the engine. */
async function isOwnBuildKit(buildx: readonly string[], builderName: string): Promise<boolean> {
  if (builderName === '') return false;
  const { stdout } = await exec([...buildx, ...inspectBuilder(builderName)]);
  const driver = /^Driver: +(\S+)$/m.exec(stdout)?.[1];
  return driver !== undefined && driver !== 'docker';
}
