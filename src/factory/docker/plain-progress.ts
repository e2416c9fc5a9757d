/** Builders that print for people only: BuildKit's plain progress, and the classic builder. */
import { excerptOf, lastLine } from './parse.ts';
import { outputOf, type Progress, type ProgressReader } from './progress.ts';
import { makeSteps } from './steps.ts';

/** Enough to explain a failure. */
const MAX_KEPT_LINES = 200;

/** `#8 0.282 text` is output, anything else is told about steps. */
export function makePlainReader(): ProgressReader {
  const names = new Map<string, string>();
  const steps = makeSteps();
  const read = (line: string): Progress[] => {
    const [, id = '', rest = ''] = /^(#\d+) (.*)$/s.exec(line) ?? [];
    const start = (cached: boolean) => steps.start(id, names.get(id) ?? '', cached);
    const text = /^\d+\.\d+ (.*)$/s.exec(rest)?.[1];
    if (text !== undefined) return [...start(false), ...steps.speak(id), ...outputIn(text)];
    if (rest.startsWith('[')) names.set(id, rest);
    if (rest === 'CACHED' || /^DONE \d/.test(rest)) return start(rest === 'CACHED');
    return EXPORT.test(line) ? [{ kind: 'export' }] : [];
  };
  return withFailure(read, (lines) => {
    const id = lines.map((line) => /^(#\d+) ERROR: (?!context canceled)/.exec(line)?.[1]).find(Boolean);
    return id === undefined ? undefined : names.get(id);
  });
}

/** With the engine's own images the push is a step of buildx. */
const EXPORT = /^#\d+ (?:exporting to (?:image|client|oci)|pushing \S+ with docker)/;

/** Newer engines say `Removed`. Output that ends without a line feed stands in front of it. */
const CONTAINER_REMOVED = /^(.*?)(?:Removing| ---> Removed) intermediate container ([0-9a-f]{12})$/s;

/** What it prints between two containers, and at the end. */
const BETWEEN_CONTAINERS =
  /^(?:Step \d+\/\d+ : | ---> |Removing intermediate container |Successfully (?:built|tagged) |The command '|# Executing \d+ build trigger|\[Warning\] One or more build-args )/;

/**
 * The classic builder prints output raw, between the line that names the container and the one that removes it. A build
 * knows its container, and may print the second one itself: so between containers, whatever is not of the builder's own
 * form is output, too.
 */
export function makeClassicReader(): ProgressReader {
  let container: string | undefined;
  let hasRun = false;
  let step: string | undefined;
  const steps = makeSteps();
  const readBetween = (line: string): Progress[] => {
    if (/^Step \d+\/\d+ : /.test(line)) step = line;
    container = /^ ---> Running in ([0-9a-f]{12})$/.exec(line)?.[1];
    if (container === undefined && hasRun && !BETWEEN_CONTAINERS.test(line)) return outputIn(line);
    hasRun ||= container !== undefined;
    const isCached = line === ' ---> Using cache';
    const tells = container !== undefined || isCached || /^ ---> [0-9a-f]{12}$/.test(line);
    return step !== undefined && tells ? steps.start(step, step, isCached) : [];
  };
  const read = (line: string): Progress[] => {
    if (container === undefined) return readBetween(line);
    const [, rest, removed] = CONTAINER_REMOVED.exec(line) ?? [];
    if (removed !== container) return outputIn(line);
    container = undefined;
    return rest ? outputIn(rest) : [];
  };
  return withFailure(read, () => step);
}

/**
 * The states of a progress line, between which a carriage return stands. A line may hold any other character, such as
 * what Unicode calls a line separator.
 */
function outputIn(line: string): Progress[] {
  const states = line.split('\r').filter((state) => state !== '');
  const last = states.pop() ?? '';
  return [...states.map((text) => outputOf({ text, end: '\r' })), outputOf({ text: last, end: '\n' })];
}

/** `failedStep`: of a build that failed, from its last lines. */
function withFailure(
  read: (line: string) => Progress[],
  failedStep: (lines: readonly string[]) => string | undefined,
): ProgressReader {
  const lines: string[] = [];
  return {
    read(line) {
      lines.push(line);
      if (lines.length > MAX_KEPT_LINES) lines.shift();
      return read(line);
    },
    end: () => [],
    failure: () => ({
      status: failedStatus(lines),
      step: failedStep(lines),
      pushing: failedToPush(lines),
      reason: lastLine(lines),
      excerpt: excerptOf(lines),
    }),
  };
}

/** Docker's way to say that a RUN ended badly; both builders, old and new wording. */
const RUN_FAILED = /(?:exit code: |returned a non-zero code: )(\d+)/;

function failedStatus(lines: readonly string[]): number | undefined {
  const line = lines.findLast(
    (text) =>
      RUN_FAILED.test(text) && /^(?:#\d+ ERROR|ERROR|The command|executor failed|error:|failed to solve)/.test(text),
  );
  return line === undefined ? undefined : Number(RUN_FAILED.exec(line)?.[1]);
}

/**
 * Whether it was the push that failed: the step that BuildKit ended with an error is the export, and the export had
 * come to the push; or it is buildx's own step of a push by the engine.
 */
function failedToPush(lines: readonly string[]): boolean {
  const step = lines.map((line) => /^(#\d+) ERROR: /.exec(line)?.[1]).findLast(Boolean);
  if (step === undefined) return false;
  return lines.some((line) => line.startsWith(`${step} pushing `));
}
