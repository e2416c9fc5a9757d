/** How long `work` takes, in seconds. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export interface Spread {
  median: number;
  min: number;
  max: number;
  runs: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, runs: sorted.length };
}

/** Times each `runs` times, in turn (A B B A …), so that none always pays for what another one left behind. In seconds. */
export async function timeInTurn<Contender extends string>(
  contenders: readonly Contender[],
  runs: number,
  time: (contender: Contender, run: number) => Promise<number>,
): Promise<Map<Contender, number[]>> {
  const times = new Map<Contender, number[]>();
  for (let run = 0; run < runs; run++)
    for (const contender of run % 2 === 0 ? contenders : contenders.toReversed()) {
      const taken = await time(contender, run);
      times.set(contender, [...(times.get(contender) ?? []), taken]);
      process.stderr.write(`  ${contender} ${taken.toFixed(3)}\n`);
    }
  return times;
}
