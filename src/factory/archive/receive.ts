import type { Hash } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { createGunzip, type Gunzip } from 'node:zlib';
import { SCRIPTS, type Script } from '../../app-layout.ts';
import { Trouble } from '../../errors.ts';
import * as messages from '../messages.ts';
import { BufferedWriter } from './buffered-writer.ts';
import { ByteStream } from './byte-stream.ts';
import { type Part, PartCollector } from './parts.ts';
import { readTar, type TarEntry, type TarGlobals } from './read-tar.ts';
import { ArchiveRules, type Limits, maxOverhead } from './rules.ts';
import { TAR_END, tarHeader, tarPadding } from './write-tar.ts';

/** What was learned of an app's archive while it was checked. */
export interface ReceivedArchive {
  /** The commit that git archive wrote into it; undefined for a tarball made otherwise. */
  commit: string | undefined;
  /** When that commit was made, in seconds since 1970: git archive gives every entry this time. */
  commitTime: number;
  /** Scripts that name their own interpreter: a shebang and the executable bit. The others are run by /bin/sh. */
  selfRunning: Set<Script>;
  /** By its lock file. */
  usesPnpm: boolean;
  entries: number;
  /** Bytes as they came. */
  received: number;
  /** Bytes of all files. */
  unpacked: number;
  /** What it can be cut into; none where it can't. */
  parts: Part[];
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Reads the archive from a stream, checks it and writes it anew, uncompressed, to `file`: docker unpacks only what
 * has passed here. Throws a Trouble with exit code 3 where the archive is refused, 4 where the disk is full; the
 * stream is destroyed then, so that the sender ends too.
 */
export async function receiveArchive(stream: Readable, file: string, limits: Limits): Promise<ReceivedArchive> {
  const arrived: Arrived = { bytes: 0, start: '' };
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  gunzip.on('error', () => {}); // the reader meets it too, unless it has refused before
  const reading = new AbortController();
  const poured = pour(stream, gunzip, arrived, reading.signal);
  try {
    const archive = await rewrite(new ByteStream(gunzip, maxOverhead(limits)), file, limits);
    // zeros behind the gzip: zlib stops there, other readers go on
    if (gunzip.bytesWritten !== arrived.bytes) throw messages.trailingData();
    await poured;
    return { ...archive, received: arrived.bytes };
  } catch (error) {
    stream.destroy();
    throw asArchiveTrouble(error as Error, arrived);
  } finally {
    gunzip.destroy();
    reading.abort();
  }
}

/** What has come of the archive so far: how many bytes, and the first two as a binary string. */
interface Arrived {
  bytes: number;
  start: string;
}

/**
 * The stream into gunzip, at the reader's pace. Never rejects: what goes wrong here goes to the reader. Not a pipeline:
 * that one leaves listeners on the stream, and a silent sender's stream open after gunzip is destroyed.
 */
async function pour(stream: Readable, gunzip: Gunzip, arrived: Arrived, signal: AbortSignal): Promise<void> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      arrived.bytes += chunk.length;
      if (arrived.start.length < 2) arrived.start += chunk.toString('latin1', 0, 2 - arrived.start.length);
      if (!gunzip.write(chunk)) await once(gunzip, 'drain', { signal });
    }
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error instanceof Trouble ? error : messages.brokenOff(error as Error));
  }
}

/** Troubles and bugs of ours pass as they are; an archive of no bytes at all is called that. */
function asArchiveTrouble(error: Error, arrived: Arrived): Error {
  const trouble = messages.asGzipTrouble(error, arrived.start) ?? error;
  const truncated = trouble instanceof Trouble && trouble.code === 'archive-truncated';
  return truncated && arrived.bytes === 0 ? messages.nothingReceived() : trouble;
}

async function rewrite(bytes: ByteStream, file: string, limits: Limits) {
  const rules = new ArchiveRules(limits);
  const globals: TarGlobals = { comment: undefined };
  const selfRunning = new Set<string>();
  const outline = new PartCollector();
  await using rewritten = await BufferedWriter.open(file);
  let commitTime = 0;
  for await (const entry of readTar(bytes, globals)) {
    const approved = rules.approve(entry);
    if (approved === undefined) continue;
    const header = tarHeader(approved);
    const padding = tarPadding(entry.size);
    await rewritten.write(header);
    const head = await copyBody(entry, rewritten, outline.add(approved, header, padding.length));
    await rewritten.write(padding);
    if (approved.name === 'build.sh') commitTime = approved.mtime;
    if ((approved.mode & 0o111) !== 0 && head === '#!') selfRunning.add(approved.name);
  }
  rules.finish();
  await rewritten.write(TAR_END);
  await rewritten.finish();
  const commit = globals.comment !== undefined && COMMIT.test(globals.comment) ? globals.comment : undefined;
  const scripts = SCRIPTS.filter((script) => selfRunning.has(rules.fileOf(script)));
  return {
    commit,
    commitTime,
    selfRunning: new Set(scripts),
    usesPnpm: rules.has('pnpm-lock.yaml'),
    entries: rules.entries,
    unpacked: rules.bytes,
    parts: outline.parts(),
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
