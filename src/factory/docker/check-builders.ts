import type { Finding } from '../../finding.ts';
import * as messages from '../messages/check.ts';
import type { FactorySettings } from '../settings.ts';
import * as commands from './builder-commands.ts';
import { type BuilderMachine, parseMachine } from './builder-state.ts';
import { inspectBuilder } from './inspect-builder.ts';
import { checkWarehouse } from './registry-probe.ts';
import { ask } from './run.ts';

/** For starting a builder, and for pulling a base image. */
const PULL_TIMEOUT_MS = 60_000;

/**
 * Checks all configured builders at once: whether each one answers, can pull the base image, and can push to the
 * warehouse. Each has its own mirrors, proxies and logins. A silent one has one finding: an error where no other answers.
 */
export async function checkBuilders(settings: FactorySettings): Promise<Finding[]> {
  const { builders, docker } = settings;
  if (builders.length === 0) return [];
  const buildx = commands.buildxOfCli(docker);
  if ((await ask([...buildx, ...commands.buildxVersion()])).failure !== undefined)
    return [messages.buildxMissing(builders)];
  const states = await Promise.all(builders.map((name) => inspectBuilder(buildx, name, PULL_TIMEOUT_MS)));
  const another = states.some(({ trouble }) => trouble === undefined);
  const findings = states.map(async (state, i) => {
    const name = builders[i] ?? '';
    if (state.trouble !== undefined) return [messages.builderUnusable(name, state.driver, state.trouble, another)];
    const { machine, baseImage } = await checkMachine(buildx, settings, name);
    return [
      messages.builder(name, state, machine, settings.minFree),
      baseImage,
      await checkWarehouse(settings, { buildx, progress: 'plain', exporter: 'image' }, name),
    ];
  });
  return (await Promise.all(findings)).flat();
}

/** Runs a step on the base image. */
async function checkMachine(
  buildx: readonly string[],
  { baseImage }: FactorySettings,
  name: string,
): Promise<{ machine: BuilderMachine; baseImage: Finding }> {
  const { stderr, failure } = await ask([...buildx, ...commands.measure(name, Date.now())], {
    timeoutMs: PULL_TIMEOUT_MS,
    input: commands.measureFile(baseImage),
  });
  const finding =
    failure === undefined
      ? messages.baseImageOfBuilder(baseImage, name)
      : messages.baseImageUnseen(baseImage, name, failure);
  return { machine: parseMachine(stderr), baseImage: finding };
}
