import { LineSplitter, type OutputLine } from '../../lines.ts';
import type { Redactor } from '../redact.ts';
import { excerptOf, lastLine } from './parse.ts';
import { outputOf, type Progress, type ProgressReader } from './progress.ts';
import { makeSteps } from './steps.ts';

/**
 * BuildKit's SolveStatus, which buildx prints as it comes, a line of JSON each:
 * https://github.com/moby/buildkit/blob/master/client/graph.go
 */
interface SolveStatus {
  vertexes?: Vertex[];
  statuses?: Status[];
  logs?: Log[];
  /** From the checks of the Dockerfile: https://docs.docker.com/reference/build-checks/ */
  warnings?: { short?: string }[];
}

/** A step. */
interface Vertex {
  digest: string;
  name: string;
  started?: string;
  completed?: string;
  cached?: boolean;
  error?: string;
}

/** A part of a step. */
interface Status {
  id: string;
  vertex: string;
  completed?: string;
}

interface Log {
  vertex: string;
  /** In base64. */
  data?: string;
}

/** With the engine's own images the push is a step of buildx. */
const PUSH_BY_ENGINE = /^pushing \S+ with docker$/;
const EXPORT = /^exporting to (?:image|client|oci)/;
/** Where BuildKit itself pushes. */
const MANIFEST_PUSHED = /^pushing manifest for \S+@(sha256:[0-9a-f]{64})$/;
const EXIT_CODE = /exit code: (\d+)$/;
/** Of a step that another one's failure has ended. */
const CANCELED = /^(?:context canceled(?:: )?)+$/;
/** Half of what port keeps on one line, where it is indented. */
const MAX_LINE_CHARS = 8 * 1024;
/**
 * From this size on BuildKit may split a status into several messages: the first one ends the steps, the others carry
 * the rest of their output (https://github.com/moby/buildkit/blob/master/client/status.go). Half of BuildKit's own limit,
 * which counts more than the output.
 */
const SPLIT_STATUS_BYTES = 512 * 1024;
/** Of docker's own output. */
const MAX_KEPT_LINES = 50;

/** Reads `--progress=rawjson`. What is not JSON is docker's error message. */
export function makeRawReader(redactor?: Redactor): ProgressReader {
  const outputs = new Map<string, LineSplitter>();
  const said: string[] = [];
  const wholeObject = openObjectJoiner();
  const failures = watchFailures();
  const steps = makeSteps();
  /** Steps whose output may still be on its way. */
  const held: Vertex[] = [];

  const readVertex = (vertex: Vertex): Progress[] => {
    const { digest, name, started, completed, cached = false } = vertex;
    if (PUSH_BY_ENGINE.test(name)) failures.pushes(digest);
    failures.note(vertex);
    const progress = completed === undefined ? [] : endOf(outputs.get(digest));
    if (started === undefined) return progress;
    if (EXPORT.test(name) || PUSH_BY_ENGINE.test(name)) progress.push({ kind: 'export' });
    return [...progress, ...steps.start(digest, name, cached)];
  };

  const readLog = ({ vertex, data = '' }: Log): Progress[] => {
    const splitter = outputs.get(vertex) ?? new LineSplitter(MAX_LINE_CHARS, '', redactor);
    outputs.set(vertex, splitter);
    const output = shown(splitter.split(Buffer.from(data, 'base64')));
    return output.length === 0 ? [] : [...steps.speak(vertex), ...output];
  };

  const release = (): Progress[] => held.splice(0).flatMap(readVertex);

  const readStatus = ({ vertexes = [], statuses = [], logs = [], warnings = [] }: SolveStatus): Progress[] => {
    const isRest = logs.length > 0 && vertexes.length + statuses.length === 0;
    const before = isRest ? [] : release();
    for (const { id, vertex } of statuses) if (id.startsWith('pushing ')) failures.pushes(vertex);
    const pushed = statuses.flatMap(readPushed);
    const output = logs.flatMap(readLog);
    held.push(...vertexes);
    const warned = warnings.flatMap(({ short = '' }) => readWarning(Buffer.from(short, 'base64').toString()));
    return [
      ...warned,
      ...before,
      ...output,
      ...pushed,
      ...(isRest || sizeOf(logs) >= SPLIT_STATUS_BYTES ? [] : release()),
    ];
  };

  return {
    read(line) {
      const object = wholeObject(line);
      if (object === undefined) return [];
      const news = parse(object);
      if (news !== undefined) return readStatus(news);
      said.push(object);
      if (said.length > MAX_KEPT_LINES) said.shift();
      return [];
    },
    end: () => [...release(), ...[...outputs.values()].flatMap(endOf)],
    failure: () => ({
      ...failures.first(),
      reason: lastLine(said),
      excerpt: excerptOf(said),
    }),
  };
}

/** Which step failed first, and whether one that pushes did. */
function watchFailures() {
  const pushSteps = new Set<string>();
  let failed: { step: string; status: number | undefined } | undefined;
  let pushing = false;
  return {
    pushes: (step: string) => void pushSteps.add(step),
    note({ digest, name, error = '' }: Vertex): void {
      if (error === '' || CANCELED.test(error)) return;
      pushing ||= pushSteps.has(digest);
      failed ??= { step: name, status: numberIn(error) };
    },
    first: () => ({ status: failed?.status, step: failed?.step, pushing }),
  };
}

function readPushed({ id, completed }: Status): Progress[] {
  const digest = completed === undefined ? undefined : MANIFEST_PUSHED.exec(id)?.[1];
  return digest === undefined ? [] : [{ kind: 'pushed', digest }];
}

/** The others are about style. */
function readWarning(text: string): Progress[] {
  return text.startsWith('InvalidBaseImagePlatform:') ? [{ kind: 'base-platform', text }] : [];
}

/** Buildx 0.13 spreads an object over many lines; undefined until it is whole. */
function openObjectJoiner(): (line: string) => string | undefined {
  let block: string | undefined;
  return (line) => {
    if (block === undefined && line !== '{') return line;
    block = `${block ?? ''}${line}`;
    if (line !== '}') return undefined;
    [line, block] = [block, undefined];
    return line;
  };
}

function parse(line: string): SolveStatus | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as SolveStatus;
  } catch {
    return undefined;
  }
}

const sizeOf = (logs: readonly Log[]): number => logs.reduce((sum, { data = '' }) => sum + data.length * (3 / 4), 0);

function numberIn(error: string): number | undefined {
  const digits = EXIT_CODE.exec(error)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const endOf = (splitter: LineSplitter | undefined): Progress[] => (splitter === undefined ? [] : shown(splitter.end()));

const shown = (pieces: Iterable<OutputLine>): Progress[] => Array.from(pieces, outputOf);
