import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PLAIN_IMAGE } from '../image-options.ts';
import { LATEST } from '../image-tag.ts';
import { isAlive, thisProcess } from '../proc-stat.ts';
import { createFile, replaceFile } from '../replace-file.ts';
import { type BuildRecord, isBuildRecord, type NewBuild } from './build-record.ts';
import { cancelledBy, processDied } from './messages/build.ts';
import * as messages from './messages/repository.ts';
import { asTrouble } from './system-errors.ts';

/** Files with larger numbers are ignored. */
const MAX_NUMBER = 999_999_999;

/** What records of older versions lack. */
const LACKING = {
  ...{ tag: LATEST, folder: null, dockerfile: null, baseImage: null, submodules: false },
  ...{ gate: null, landed: null, turn: null, pushing: false, imageBytes: null, buildkit: null },
  ...{ afterBuild: null, logComplete: true },
};

/** Those of the builds that move the repository's tag. */
export function recordsOf({ state, tag }: { state: string; tag: BuildRecord['tag'] }): Records {
  return new Records(state, tag);
}

/** The records of one repository, or of those of its builds that move one tag: numbers are those of all. */
export class Records {
  readonly #folder: string;
  readonly #tag: BuildRecord['tag'] | undefined;
  #saving: Promise<unknown> = Promise.resolve();

  /** `tag`: see BuildRecord; undefined: all. */
  constructor(state: string, tag?: BuildRecord['tag']) {
    this.#folder = join(state, 'builds');
    this.#tag = tag;
  }

  logFile(number: number): string {
    return join(this.#folder, `${number}.log`);
  }

  /** Writes the record of a new build under the next free number. */
  async begin(build: NewBuild): Promise<BuildRecord> {
    await mkdir(this.#folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error.code === 'ENOENT' ? messages.appGone(this.#folder) : asTrouble(error);
    });
    const { app, tag = LATEST, gate = null, folder = null, dockerfile = null, baseImage = null, ...others } = build;
    const { imageOptions = PLAIN_IMAGE, submodules = false, ...rest } = others;
    const process = await thisProcess();
    for (let number = ((await this.numbers()).at(-1) ?? 0) + 1; ; number++) {
      const record: BuildRecord = {
        app,
        number,
        ...rest,
        tag,
        folder,
        dockerfile,
        imageOptions,
        baseImage,
        submodules,
        gate,
        landed: gate === null ? null : false,
        turn: null,
        pushing: false,
        outcome: 'running',
        afterBuild: null,
        logComplete: false,
        exitCode: null,
        queued: new Date().toISOString(),
        started: null,
        finished: null,
        archive: null,
        image: null,
        digest: null,
        imageBytes: null,
        buildkit: null,
        factory: null,
        error: null,
        ...process,
      };
      if (number > MAX_NUMBER) throw messages.noNumberLeft(this.#file(MAX_NUMBER));
      if (await this.#write(record, createFile)) return record;
    }
  }

  /** Replaces the record on disk, whole or not at all. Calls are written in order: the last one wins. */
  save(record: BuildRecord): Promise<void> {
    const copy = { ...record };
    const saving = this.#saving.catch(() => {}).then(() => this.#write(copy, replaceFile));
    this.#saving = saving;
    return saving.then(() => {});
  }

  /** All numbers, oldest first. */
  async numbers(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names
      .flatMap((name) => /^([1-9]\d{0,8})\.json$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /**
   * A record that says `running` but whose process has died reads as `cancelled` if a user cancelled it, else as
   * `lost`. Rejects if it is damaged or missing.
   */
  async read(number: number): Promise<BuildRecord> {
    const record = await this.#readFile(number);
    if (record.outcome !== 'running' || (await isAlive(record))) return record;
    const last = await this.#readFile(number); // it may have ended after the first read
    if (last.outcome !== 'running') return last;
    // it can no longer say: with the gate, its factory may have got as far as the push
    const pushing = last.pushing || (last.gate !== null && last.started !== null);
    const who = await this.readCanceller(number);
    if (who === undefined) return { ...last, pushing, outcome: 'lost', error: processDied() };
    const { exitCode, message } = cancelledBy(who);
    return { ...last, pushing, outcome: 'cancelled', exitCode, error: message };
  }

  async #readFile(number: number): Promise<BuildRecord> {
    const file = this.#file(number);
    const kept = parseJson(await readFile(file, 'utf8'));
    if (!isBuildRecord(kept) || kept.number !== number)
      throw messages.recordDamaged(number, file, this.logFile(number));
    return { ...kept, ...LACKING, ...kept, imageOptions: { ...PLAIN_IMAGE, ...kept.imageOptions } };
  }

  /** The records, newest first, without those that are damaged or pruned while this reads. */
  async latest(count = Number.POSITIVE_INFINITY): Promise<BuildRecord[]> {
    const numbers = (await this.numbers()).reverse();
    const found: BuildRecord[] = [];
    // those of other tags do not count: it may take more than one look
    for (let next = 0; next < numbers.length && found.length < count; next += Math.min(count, numbers.length)) {
      const some = numbers.slice(next, next + count).map((number) => this.read(number).catch(() => undefined));
      found.push(...(await Promise.all(some)).filter((record) => record !== undefined).filter(this.#isOurs));
    }
    return found.slice(0, count);
  }

  /** The same records, whatever tag they move. */
  ofAll(): Records {
    return new Records(join(this.#folder, '..'));
  }

  /** Bytes of the last archive that was sent, if one of the last five builds sent one. */
  async lastArchiveSize(): Promise<number | undefined> {
    return (await this.latest(5)).find(({ archive }) => archive !== null)?.archive?.bytes;
  }

  /** Notes who cancels a build, for the build to read on SIGTERM. */
  async noteCanceller(number: number, who: string): Promise<void> {
    await writeFile(this.#cancelFile(number), who, { mode: 0o600 });
  }

  async readCanceller(number: number): Promise<string | undefined> {
    const who = await readFile(this.#cancelFile(number), 'utf8').catch(() => '');
    return who === '' ? undefined : who; // the disk was full
  }

  /**
   * Removes all records and logs except the newest `keep`, those of builds that wait or run, and those that are
   * `needed`.
   */
  async prune(keep: number, needed: readonly number[] = []): Promise<void> {
    await this.#removeUnfinished();
    for (const number of (await this.numbers()).slice(0, -keep)) {
      const record = await this.read(number).catch(() => undefined);
      if (record?.outcome === 'running' || needed.includes(number)) continue;
      await this.remove(number);
    }
  }

  async remove(number: number): Promise<void> {
    for (const file of [this.logFile(number), this.#cancelFile(number), this.#file(number)])
      await rm(file, { force: true, recursive: true });
  }

  /** Removes temporary files of processes that were killed while they wrote a record. */
  async #removeUnfinished(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const [, pid, pidStart] = /^\.(\d+)-(\d+)-/.exec(name) ?? [];
      if (pid === undefined || pidStart === undefined || (await isAlive({ pid: Number(pid), pidStart }))) continue;
      await rm(join(this.#folder, name), { force: true });
    }
  }

  readonly #isOurs = ({ tag }: BuildRecord) => this.#tag === undefined || tag === this.#tag;

  #cancelFile(number: number): string {
    return join(this.#folder, `${number}.cancel`);
  }

  #file(number: number): string {
    return join(this.#folder, `${number}.json`);
  }

  /** Resolves to what `write` does. The temporary name tells #removeUnfinished whose file it is. */
  #write<T>(record: BuildRecord, write: (file: string, content: string, temporary: string) => Promise<T>): Promise<T> {
    const file = this.#file(record.number);
    const temporary = join(this.#folder, `.${record.pid}-${record.pidStart}-${randomUUID()}`);
    return write(file, `${JSON.stringify(record, null, 2)}\n`, temporary).catch((error: unknown) => {
      throw asTrouble(error, file);
    });
  }
}

/** undefined if it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
