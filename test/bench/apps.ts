import { randomBytes } from 'node:crypto';
import type { Files } from '../rig/clone.ts';
import { BASE_IMAGE } from '../rig/engine.ts';

const SCRIPTS: Files = {
  'build.sh': 'ls | wc -l > listing\n',
  'run.sh': 'cat listing\n',
  Dockerfile: `FROM ${BASE_IMAGE}\nWORKDIR /app\nCOPY . /app/\nRUN /bin/sh ./build.sh\nCMD ["/bin/sh", "./run.sh"]\n`,
  'version.txt': '0\n',
};

/** Two scripts and a line that changes. */
export const SMALL: Files = SCRIPTS;

/**
 * A tree like a large application's: many directories of source text, which gzip shrinks to a third, and some binaries. The
 * text is the same in every run, the binaries are not.
 */
export function bigTree(files: number, megabytes: number): Files {
  const tree: Files = { ...SCRIPTS, ...binaries(megabytes) };
  const textSize = Math.floor((megabytes * 1024 * 1024 * 0.8) / files);
  for (let i = 0; i < files; i++) tree[`src/${i % 40}/${i % 600}/file${i}.js`] = sourceText(i, textSize);
  return tree;
}

/** Lines with varying names and numbers, so that gzip works about as hard as on real sources. */
function sourceText(seed: number, size: number): string {
  const lines = [];
  let length = 0;
  for (let i = 0, x = seed + 1; length < size; i++) {
    x = (x * 1_103_515_245 + 12_345) % 2_147_483_648;
    const line = `const value${x % 977}_${i} = compute(${x}, 'key-${x.toString(36)}') ?? fallback[${i % 31}];\n`;
    lines.push(line);
    length += line.length;
  }
  return lines.join('');
}

/** A change in each of its folders, and other binaries, so that no layer of it was pushed before. */
export function changeAll(run: number, megabytes: number): Files {
  const changes: Files = { 'version.txt': `${run}\n`, ...binaries(megabytes) };
  for (let i = 0; i < 600; i++) changes[`src/${i % 40}/${i}/version.txt`] = `${run}\n`;
  return changes;
}

function binaries(megabytes: number): Files {
  const size = (megabytes * 1024 * 1024 * 0.2) / 20;
  return Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`assets/${i}.bin`, randomBytes(size)]));
}
