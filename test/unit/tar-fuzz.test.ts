import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { Trouble } from '../../src/errors.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { receiveArchive } from '../../src/factory/archive/receive.ts';
import { HOSTILE } from '../rig/hostile/corpus.ts';
import { mutate, pick, randomFrom } from '../rig/mutate.ts';
import { streamOf } from '../rig/receive.ts';
import { gzip } from '../rig/tar-writer.ts';
import { VALID } from '../rig/valid-archives.ts';

const COUNT = Number(process.env['FUZZ_INPUTS'] ?? 1500);
const LIMITS = { maxEntries: 50, maxUnpacked: 1024 ** 2 };

const folder = mkdtempSync(join(tmpdir(), 'doskara-fuzz-'));
const file = join(folder, 'app.tar');
afterAll(() => rmSync(folder, { recursive: true }));

/** Small archives that decompress; mostly valid ones, so that faults are deep inside. */
const CORPUS = [...VALID, ...VALID, ...VALID, ...HOSTILE].flatMap(({ sent }) => unzipped(sent)).filter(isSmall);

function unzipped(sent: Buffer): Buffer[] {
  try {
    return [gunzipSync(sent)];
  } catch {
    return [];
  }
}

function isSmall(tar: Buffer): boolean {
  return tar.length > 0 && tar.length < 20_000;
}

/** Input number `seed`: a damaged tar, plain, in valid gzip, or occasionally in damaged gzip. */
function inputOf(seed: number): Buffer {
  const random = randomFrom(seed);
  const tar = mutate(pick(CORPUS, random), random, pick(CORPUS, random));
  if (seed % 2 === 0) return tar;
  const zipped = gzip(tar);
  return random(20) === 0 ? mutate(zipped, random, zipped) : zipped;
}

/** The rewritten tar, or undefined if the input is refused. */
async function outcomeOf(sent: Buffer, chunkSize: number): Promise<Buffer | undefined> {
  try {
    await receiveArchive(streamOf(sent, chunkSize), file, LIMITS);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Trouble && error.exitCode === EXIT.refused) return undefined;
    throw error;
  }
}

test(
  `${COUNT} damaged archives are each refused, or rewritten to one that passes unchanged`,
  async () => {
    let accepted = 0;
    for (let seed = 1; seed <= COUNT; seed++) {
      const sent = inputOf(seed);
      const rewritten = await outcomeOf(sent, 1 + (seed % 700)).catch((cause: unknown) => {
        throw new Error(`input ${seed} is neither accepted nor refused`, { cause });
      });
      if (rewritten === undefined) continue;
      accepted++;
      expect(await outcomeOf(seed % 3 === 0 ? gzip(rewritten) : rewritten, 65_536), `input ${seed}`).toEqual(rewritten);
    }
    expect(accepted).toBeGreaterThan(COUNT / 50);
    expect(accepted).toBeLessThan(COUNT / 2);
  },
  60_000 + COUNT * 100,
);
