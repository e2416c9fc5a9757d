import { LineSplitter, type OutputLine } from '../../lines.ts';
import { lastLine } from './parse.ts';
import { outputOf, type Progress, type ProgressReader } from './progress.ts';

/**
 * BuildKit's SolveStatus, which buildx prints as it comes, a line of JSON each:
 * https://github.com/moby/buildkit/blob/master/client/graph.go
 */
interface SolveStatus {
  vertexes?: Vertex[];
  statuses?: { id: string; vertex: string }[];
  logs?: Log[];
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

interface Log {
  vertex: string;
  /** In base64. */
  data?: string;
}

/** With the engine's own images the push is a step of buildx. */
const PUSH_BY_ENGINE = /^pushing \S+ with docker$/;
const EXPORT = /^exporting to (?:image|client|oci)/;
/** The last step of all, which runs build.sh. */
const BUILD_SH = /^\[(?:.* )?(\d+)\/\1\] RUN /;
const EXIT_CODE = /exit code: (\d+)$/;
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
export function makeRawReader(): ProgressReader {
  const outputs = new Map<string, LineSplitter>();
  const said: string[] = [];
  const pushSteps = new Set<string>();
  /** Steps whose output may still be on its way. */
  const held: Vertex[] = [];
  let block: string | undefined;
  let status: number | undefined;
  let pushFailed = false;

  const readVertex = ({ digest, name, started, completed, cached, error }: Vertex): Progress[] => {
    if (PUSH_BY_ENGINE.test(name)) pushSteps.add(digest);
    if (error !== undefined) {
      pushFailed ||= pushSteps.has(digest);
      status ??= numberIn(error);
    }
    const progress = completed === undefined ? [] : endOf(outputs.get(digest));
    if (cached && BUILD_SH.test(name)) progress.push({ kind: 'cached' });
    if (started !== undefined && (EXPORT.test(name) || PUSH_BY_ENGINE.test(name))) progress.push({ kind: 'export' });
    return progress;
  };

  const readLog = ({ vertex, data = '' }: Log): Progress[] => {
    const splitter = outputs.get(vertex) ?? new LineSplitter(MAX_LINE_CHARS, '');
    outputs.set(vertex, splitter);
    return shown(splitter.split(Buffer.from(data, 'base64')));
  };

  const release = (): Progress[] => held.splice(0).flatMap(readVertex);

  /** Buildx 0.13 spreads an object over many lines; undefined until it is whole. */
  const wholeObject = (line: string): string | undefined => {
    if (block === undefined && line !== '{') return line;
    block = `${block ?? ''}${line}`;
    if (line !== '}') return undefined;
    [line, block] = [block, undefined];
    return line;
  };

  const readStatus = ({ vertexes = [], statuses = [], logs = [] }: SolveStatus): Progress[] => {
    const isRest = logs.length > 0 && vertexes.length + statuses.length === 0;
    const before = isRest ? [] : release();
    for (const { id, vertex } of statuses) if (id.startsWith('pushing ')) pushSteps.add(vertex);
    const output = logs.flatMap(readLog);
    held.push(...vertexes);
    return [...before, ...output, ...(isRest || sizeOf(logs) >= SPLIT_STATUS_BYTES ? [] : release())];
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
    failure: () => ({ status, pushing: pushFailed, reason: lastLine(said) }),
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
