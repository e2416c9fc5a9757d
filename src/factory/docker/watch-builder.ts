import type { Trouble } from '../../errors.ts';
import { builderLost, stoppedAnswering } from '../messages/docker.ts';
import type { FactorySettings } from '../settings.ts';
import type { DockerFacts } from './facts.ts';
import { inspectBuilder } from './inspect-builder.ts';

/** Watches a builder while it builds. */
export interface BuilderWatch extends Disposable {
  /** Aborts with the build's own signal, or with a Trouble (exit code 4) if the builder no longer answers. */
  readonly signal: AbortSignal;
  /** Call it at each sign of life. */
  heard(): void;
  /** Ends the build for another reason. */
  abort(reason: Trouble): void;
}

/** After so long without output, the builder may hang, or its network may be cut. */
const QUIET_MS = 20_000;
/** A node under full load may be slow to answer once. */
const MAX_SILENCES = 2;

interface Watched extends Pick<DockerFacts, 'buildx'> {
  settings: Pick<FactorySettings, 'builders'>;
  signal: AbortSignal;
}

/** While a build is quiet, asks its builder, since buildx would wait for ever. Only if there is another builder. */
export function watchBuilder({ buildx, settings, signal }: Watched, builder: string): BuilderWatch {
  const over = new AbortController();
  const end = () => over.abort(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  let silences = 0;
  let ended = buildx === undefined || settings.builders.length < 2;
  const listen = async () => {
    if (ended) return;
    const { trouble } = await inspectBuilder(buildx ?? [], builder);
    silences = trouble === undefined ? 0 : silences + 1;
    if (ended) return;
    if (silences >= MAX_SILENCES) over.abort(builderLost(builder, stoppedAnswering()));
    else timer.refresh();
  };
  const timer = setTimeout(() => void listen(), QUIET_MS).unref();
  return {
    signal: over.signal,
    heard() {
      silences = 0;
      timer.refresh();
    },
    abort: (reason) => over.abort(reason),
    [Symbol.dispose]() {
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    },
  };
}
