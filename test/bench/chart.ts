import type { CaseResult } from './cases.ts';
import type { EngineResults } from './report.ts';

const ROW = 34;
const LEFT = 400;
const SCALE = 200;
/** Longer bars would leave the chart; their numbers are right. */
const MAX_RATIO = 1.6;
const COLORS = { forky: '#2f6fde', system: '#9db8e8' };

/** A bar for each ratio, with its goal as a line: shorter is faster than the better rival, which stands at 1. */
export function chart(all: readonly EngineResults[]): string {
  const cases = [...new Set(all.flatMap(({ results }) => results.filter(hasRatio).map(({ name }) => name)))];
  const height = 50 + cases.length * ROW + 20;
  const rows = cases.map((name, index) => rowOf(name, 50 + index * ROW, all));
  const one = LEFT + SCALE;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${height}" font-family="sans-serif" font-size="12">
<title>Time of a push, relative to the faster rival</title>
<rect width="760" height="${height}" fill="#fff"/>
${all.map(({ release, engine }, index) => `<rect x="12" y="${8 + index * 18}" width="12" height="12" fill="${COLORS[release]}"/><text x="30" y="${18 + index * 18}">${engine}</text>`).join('\n')}
${rows.join('\n')}
<line x1="${one}" y1="44" x2="${one}" y2="${height - 18}" stroke="#333"/>
<text x="${one}" y="${height - 5}" text-anchor="middle">1 = the better rival</text>
</svg>
`;
}

function rowOf(name: string, top: number, all: readonly EngineResults[]): string {
  const bars = all.map(({ release, results }, index) => {
    const found = results.find((each) => each.name === name);
    if (found?.ratio === undefined) return '';
    const y = top + index * 13;
    const goal = found.goal[release];
    const mark =
      goal === undefined
        ? ''
        : `<line x1="${at(goal)}" y1="${y - 1}" x2="${at(goal)}" y2="${y + 12}" stroke="#d33" stroke-width="2"/>`;
    return `<rect x="${LEFT}" y="${y}" width="${at(found.ratio) - LEFT}" height="11" fill="${COLORS[release]}"/>${mark}<text x="${Math.max(at(found.ratio), at(goal ?? 0)) + 5}" y="${y + 10}">${found.ratio.toFixed(2)}</text>`;
  });
  return `<text x="${LEFT - 8}" y="${top + 16}" text-anchor="end">${name.replace(/,? against .*| \(goal.*/, '')}</text>${bars.join('')}`;
}

const at = (ratio: number) => Math.round(LEFT + Math.min(ratio, MAX_RATIO) * SCALE);

const hasRatio = ({ ratio }: CaseResult) => ratio !== undefined;
