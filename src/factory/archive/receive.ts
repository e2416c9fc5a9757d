import type { Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type AppLayout, DEPS, DOCKERFILE, dockerfilePaths, type Script } from '../../app-layout.ts';
import { isCommitId } from '../../commit-id.ts';
import { BufferedWriter } from './buffered-writer.ts';
import { ByteStream } from './byte-stream.ts';
import { type Dependencies, findDependencies } from './dependencies.ts';
import { openTar } from './open-tar.ts';
import { type Part, PartCollector } from './parts.ts';
import { readTar, type TarEntry, type TarGlobals } from './read-tar.ts';
import { ArchiveRules, type Limits, maxOverhead } from './rules.ts';
import { TAR_END, tarHeader, tarPadding } from './write-tar.ts';

/** What checking an app's archive found out. */
export interface ReceivedArchive {
  layout: AppLayout;
  /** The commit that git archive wrote into it; undefined for a tarball made otherwise. */
  commit: string | undefined;
  /** When that commit was made, in seconds since 1970: git archive gives every entry this time. */
  commitTime: number;
  /** Scripts with a shebang and the executable bit. /bin/sh runs the others. */
  selfRunning: Set<Script>;
  /** What deps.sh sees; undefined without it. */
  dependencies: Dependencies | undefined;
  /** By its lock file. */
  usesPnpm: boolean;
  /** Names that it makes, folders included. */
  entries: number;
  /** All but the folders. */
  files: number;
  /** Bytes as they came. */
  received: number;
  /** Bytes of all files. */
  unpacked: number;
  /** What it can be split into; empty if it cannot. */
  parts: Part[];
}

/**
 * Reads a tar or tar.gz from a stream, checks it and writes a new, uncompressed tar to `file`: docker unpacks only what
 * was checked here. Throws a Trouble with exit code 3 if the archive is refused, 4 if the disk is full; the stream is
 * destroyed then, so that the sender ends too. `dockerfile`: the path of the Dockerfile, if the app has no scripts.
 */
export async function receiveArchive(
  stream: Readable,
  file: string,
  limits: Limits,
  dockerfile = DOCKERFILE,
): Promise<ReceivedArchive> {
  stream.on('error', () => {}); // the reader gets it too, unless it comes before or after reading
  const arrived = { bytes: 0 };
  const tar = openTar(stream, arrived);
  try {
    const archive = await rewrite(new ByteStream(tar, maxOverhead(limits)), file, limits, dockerfile);
    return { ...archive, received: arrived.bytes };
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    await tar.return();
  }
}

async function rewrite(bytes: ByteStream, file: string, limits: Limits, dockerfile: string) {
  const rules = new ArchiveRules(limits, dockerfile);
  const globals: TarGlobals = { comment: undefined };
  const dated = new Set(['build.sh', ...dockerfilePaths(dockerfile)]);
  const selfRunning = new Set<string>();
  const collector = new PartCollector();
  await using rewritten = await BufferedWriter.open(file);
  let commitTime = 0;
  let files = 0;
  for await (const entry of readTar(bytes, globals)) {
    const approved = rules.approve(entry);
    if (approved === undefined) continue;
    if (approved.kind !== 'directory') files++;
    const header = tarHeader(approved);
    const padding = tarPadding(entry.size);
    await rewritten.write(header);
    const head = await copyBody(entry, rewritten, collector.add(approved, header, padding.length));
    await rewritten.write(padding);
    if (dated.has(approved.name)) commitTime = approved.mtime;
    if ((approved.mode & 0o111) !== 0 && head === '#!') selfRunning.add(approved.name);
  }
  const layout = rules.finish();
  await rewritten.write(TAR_END);
  await rewritten.finish();
  const commit = globals.comment !== undefined && isCommitId(globals.comment) ? globals.comment : undefined;
  const scripts = layout.kind === 'scripts' ? layout.scripts : [];
  return {
    layout,
    commit,
    commitTime,
    selfRunning: new Set(scripts.filter((script) => selfRunning.has(rules.fileOf(script)))),
    dependencies: scripts.includes(DEPS) ? await findDependencies(file, collector, rules) : undefined,
    usesPnpm: rules.has('pnpm-lock.yaml'),
    entries: rules.entries,
    files,
    unpacked: rules.bytes,
    parts: collector.parts(),
  };
}

/** Copies a body; returns its first two bytes. */
async function copyBody(entry: TarEntry, rewritten: BufferedWriter, hash: Hash): Promise<string> {
  let head = '';
  for await (const chunk of entry.body) {
    if (head.length < 2) head += chunk.toString('latin1', 0, 2 - head.length);
    hash.update(chunk);
    await rewritten.write(chunk);
  }
  return head;
}
