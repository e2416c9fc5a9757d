import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runProgram } from '../program.ts';
import { type Builder, chooseBuilder } from './docker-words.ts';
import type { FactorySettings } from './settings.ts';
import * as words from './words.ts';

/** What a factory's docker is. */
export interface DockerFacts {
  clientVersion: string;
  builder: Builder;
  /** Where the engine keeps its data; undefined when it does not answer. */
  dataRoot: string | undefined;
}

/** Where the docker CLI looks for plugins: https://docs.docker.com/engine/extend/cli_plugins/ */
const PLUGIN_FOLDERS = [
  join(homedir(), '.docker/cli-plugins'),
  ...['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map(
    (folder) => `${folder}/docker/cli-plugins`,
  ),
];
/** Milliseconds: the engine may have been given another data root. */
const KEEP = 3600 * 1000;

/**
 * Asks docker what it can do. That takes three starts of its CLI, half as long as a small build, so the answers are
 * kept in the spool for an hour, and for as long as CLI and plugin are the same files. Rejects with exit code 4.
 */
export async function readDockerFacts({ docker, spool }: FactorySettings): Promise<DockerFacts> {
  const file = join(spool, 'docker.json');
  const key = await keyOf(docker);
  const kept = await readKept(file);
  if (kept?.key === key && Math.abs(Date.now() - kept.time) < KEEP) return kept.facts;
  const facts = await askDocker(docker);
  if (facts.dataRoot !== undefined) await keep(file, { key, time: Date.now(), facts });
  return facts;
}

interface Kept {
  key: string;
  time: number;
  facts: DockerFacts;
}

async function readKept(file: string): Promise<Kept | undefined> {
  return readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as Kept)
    .catch(() => undefined);
}

/** Nobody depends on it: a spool that can't be written to is somebody else's trouble. */
async function keep(file: string, kept: Kept): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(kept), { mode: 0o600 })
    .then(() => rename(temporary, file))
    .catch(() => {});
}

async function keyOf(docker: string): Promise<string> {
  const folders = docker.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  const programs = folders.map((folder) => (folder === '' ? docker : join(folder, docker)));
  const plugins = PLUGIN_FOLDERS.map((folder) => join(folder, 'docker-buildx'));
  const found = await Promise.all([...programs, ...plugins].map(describeFile));
  return [process.env['DOCKER_HOST'], ...found.filter(Boolean)].join(' ');
}

async function describeFile(path: string): Promise<string> {
  return stat(path).then(
    ({ ino, size, mtimeMs }) => `${path}:${ino}:${size}:${mtimeMs}`,
    () => '',
  );
}

async function askDocker(docker: string): Promise<DockerFacts> {
  const [version, buildx, info] = await Promise.all([
    runProgram(docker, ['version', '--format', '{{.Client.Version}}']),
    runProgram(docker, ['buildx', 'version']),
    runProgram(docker, ['info', '--format', '{{.DockerRootDir}}']),
  ]);
  if (version.status === 'ENOENT' || version.status === 'EACCES') throw words.dockerMissing(docker);
  const clientVersion = version.stdout.trim();
  const builder = chooseBuilder(clientVersion, buildx.status === 0);
  return { clientVersion, builder, dataRoot: info.status === 0 ? info.stdout.trim() : undefined };
}
