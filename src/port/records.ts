import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { isAlive, type ProcessId, thisProcess } from '../process.ts';

export type Outcome = 'running' | 'built' | 'failed' | 'refused' | 'superseded' | 'cancelled' | 'lost';

/** What is kept of a build, as JSON in `<repository>/doskara/builds/<number>.json`; its log lies beside it. */
export interface BuildRecord extends ProcessId {
  app: string;
  /** Per app, from 1. */
  number: number;
  commit: string;
  /** The full ref name. */
  ref: string;
  /** First line of the commit's message. */
  subject: string;
  /** Who pushed or replayed, as ssh and git tell. */
  who: string;
  why: 'push' | 'replay' | 'reconcile' | 'rollback';
  /** With the gate: git's receive-pack, which waits for the verdict and moves the branch then. */
  gate: ProcessId | null;
  /** With the gate: whether git has moved the branch. */
  landed: boolean | null;
  outcome: Outcome;
  exitCode: ExitCode | null;
  /** ISO 8601, UTC; `started` when the lock was had. */
  queued: string;
  started: string | null;
  finished: string | null;
  archive: { sha256: string; bytes: number } | null;
  image: string | null;
  digest: string | null;
  /** Unpacked, as the factory's docker has it; null also where an older version made the record. */
  imageBytes: number | null;
  factory: string | null;
  /** Why it did not end well, in one line. */
  error: string | null;
}

export type NewBuild = Pick<BuildRecord, 'app' | 'commit' | 'ref' | 'subject' | 'who' | 'why'> &
  Partial<Pick<BuildRecord, 'gate'>>;

/** The records of one repository. */
export class Records {
  readonly #folder: string;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(state: string) {
    this.#folder = join(state, 'builds');
  }

  logFile(number: number): string {
    return join(this.#folder, `${number}.log`);
  }

  /** Writes the record of a new build under the next free number. */
  async begin(build: NewBuild): Promise<BuildRecord> {
    await mkdir(this.#folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error.code === 'ENOENT' ? appGone(this.#folder) : error;
    });
    const { app, gate = null, ...rest } = build;
    const process = await thisProcess();
    for (let number = ((await this.numbers()).at(-1) ?? 0) + 1; ; number++) {
      const record: BuildRecord = {
        app,
        number,
        ...rest,
        gate,
        landed: gate === null ? null : false,
        outcome: 'running',
        exitCode: null,
        queued: new Date().toISOString(),
        started: null,
        finished: null,
        archive: null,
        image: null,
        digest: null,
        imageBytes: null,
        factory: null,
        error: null,
        ...process,
      };
      if (await this.#write(record, link)) return record;
    }
  }

  /** Replaces the record on disk, whole or not at all; the last call wins, also over one that is still being written. */
  save(record: BuildRecord): Promise<void> {
    const copy = { ...record };
    const saving = this.#saving.catch(() => {}).then(() => this.#write(copy, rename));
    this.#saving = saving;
    return saving.then(() => {});
  }

  /** All numbers, oldest first. */
  async numbers(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names
      .flatMap((name) => /^([1-9]\d*)\.json$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** A record that says `running` while its process is gone reads as `lost`. */
  async read(number: number): Promise<BuildRecord> {
    const kept = JSON.parse(await readFile(this.#file(number), 'utf8')) as BuildRecord;
    const { gate = null, landed = null, imageBytes = null } = kept; // older versions kept none
    const record = { ...kept, gate, landed, imageBytes };
    return record.outcome !== 'running' || (await isAlive(record))
      ? record
      : { ...record, outcome: 'lost', error: 'its process died' };
  }

  /** The records, newest first; one that is damaged, or pruned meanwhile, is left out. */
  async latest(count = Number.POSITIVE_INFINITY): Promise<BuildRecord[]> {
    const numbers = (await this.numbers()).reverse().slice(0, count);
    const found = await Promise.all(numbers.map((number) => this.read(number).catch(() => undefined)));
    return found.filter((record) => record !== undefined);
  }

  /** Bytes of the archive that was sent last, if one of the latest builds sent one. */
  async lastArchiveSize(): Promise<number | undefined> {
    return (await this.latest(5)).find(({ archive }) => archive !== null)?.archive?.bytes;
  }

  /** Notes who wants a build to end; the build reads it when it gets SIGTERM. */
  async noteCanceller(number: number, who: string): Promise<void> {
    await writeFile(this.#cancelFile(number), who, { mode: 0o600 });
  }

  async readCanceller(number: number): Promise<string | undefined> {
    return readFile(this.#cancelFile(number), 'utf8').catch(() => undefined);
  }

  /** Removes records and logs but the newest `keep`, and those of builds that still wait or run. */
  async prune(keep: number): Promise<void> {
    await this.#removeUnfinished();
    for (const number of (await this.numbers()).slice(0, -keep)) {
      const record = await this.read(number).catch(() => undefined);
      if (record?.outcome === 'running') continue;
      await this.remove(number);
    }
  }

  async remove(number: number): Promise<void> {
    for (const file of [this.logFile(number), this.#cancelFile(number), this.#file(number)])
      await rm(file, { force: true });
  }

  /** Temporary files of processes that were killed while they wrote a record. */
  async #removeUnfinished(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const [, pid, pidStart] = /^\.(\d+)-(\d+)-/.exec(name) ?? [];
      if (pid === undefined || pidStart === undefined || (await isAlive({ pid: Number(pid), pidStart }))) continue;
      await rm(join(this.#folder, name), { force: true });
    }
  }

  #cancelFile(number: number): string {
    return join(this.#folder, `${number}.cancel`);
  }

  #file(number: number): string {
    return join(this.#folder, `${number}.json`);
  }

  /** False when `place` is link(2) and the number is taken. */
  async #write(record: BuildRecord, place: typeof link): Promise<boolean> {
    const temporary = join(this.#folder, `.${record.pid}-${record.pidStart}-${randomUUID()}`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
      await file.sync();
      await file.close();
      await place(temporary, this.#file(record.number));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

/** Renamed or destroyed between the push and its build: what is made there now would stand in the way of a new app. */
function appGone(folder: string): Trouble {
  return new Trouble('app-gone', EXIT.usage, `the app was renamed or destroyed meanwhile: ${folder} is gone`, {
    hint: 'doskara list; what was pushed to an app that was renamed is built by doskara reconcile',
  });
}
