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
  /** `data` is base64. */
  logs?: { vertex: string; data?: string }[];
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

/** With the engine's own images the push is a step of buildx. */
const PUSH_BY_ENGINE = /^pushing \S+ with docker$/;
const EXPORT = /^exporting to (?:image|client|oci)/;
/** The last step of all, which runs build.sh. */
const BUILD_SH = /^\[(?:.* )?(\d+)\/\1\] RUN /;
const EXIT_CODE = /exit code: (\d+)$/;
/** Half of what port keeps on one line, where it is indented. */
const MAX_LINE_CHARS = 8 * 1024;
/** Of docker's own output. */
const MAX_KEPT_LINES = 50;

/** Reads `--progress=rawjson`. What is not JSON is docker's error message. */
export function makeRawReader(): ProgressReader {
  const outputs = new Map<string, LineSplitter>();
  const said: string[] = [];
  const pushSteps = new Set<string>();
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

  /** Buildx 0.13 spreads an object over many lines; undefined until it is whole. */
  const wholeObject = (line: string): string | undefined => {
    if (block === undefined && line !== '{') return line;
    block = `${block ?? ''}${line}`;
    if (line !== '}') return undefined;
    [line, block] = [block, undefined];
    return line;
  };

  return {
    read(line) {
      const object = wholeObject(line);
      if (object === undefined) return [];
      const news = parse(object);
      if (news === undefined) {
        said.push(object);
        if (said.length > MAX_KEPT_LINES) said.shift();
        return [];
      }
      const { vertexes = [], statuses = [], logs = [] } = news;
      for (const { id, vertex } of statuses) if (id.startsWith('pushing ')) pushSteps.add(vertex);
      const output = logs.flatMap(({ vertex, data = '' }) => {
        const cutter = outputs.get(vertex) ?? new LineSplitter(MAX_LINE_CHARS, '');
        outputs.set(vertex, cutter);
        return shown(cutter.cut(Buffer.from(data, 'base64')));
      });
      return [...output, ...vertexes.flatMap(readVertex)];
    },
    end: () => [...outputs.values()].flatMap(endOf),
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

function numberIn(error: string): number | undefined {
  const digits = EXIT_CODE.exec(error)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const endOf = (cutter: LineSplitter | undefined): Progress[] => (cutter === undefined ? [] : shown(cutter.end()));

const shown = (pieces: Iterable<OutputLine>): Progress[] => Array.from(pieces, outputOf);
