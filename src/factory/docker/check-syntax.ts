import type { Finding } from '../../finding.ts';
import * as messages from '../messages/check.ts';
import type { FactorySettings } from '../settings.ts';
import { buildxOfCli, inspect, inspectCurrentBuilder } from './builder-commands.ts';
import { buildKitVersions } from './builder-state.ts';
import * as commands from './commands.ts';
import { ask } from './run.ts';

/**
 * The first without CVE-2026-33747 and CVE-2026-33748, by which a frontend can write to the factory; the engine with it,
 * for engines that don't say what BuildKit is in them.
 */
const SAFE_BUILDKIT = '0.28.1';
const SAFE_ENGINE = '29.3.1';

/** Of a factory that lets Dockerfiles choose their frontend; undefined for others. */
export async function checkSyntax({ syntax, docker, builders }: FactorySettings): Promise<Finding | undefined> {
  if (!syntax) return undefined;
  const inspects = builders.length === 0 ? [inspectCurrentBuilder()] : builders.map(inspect);
  const [server, ...inspected] = await Promise.all([
    ask([docker, ...commands.serverVersion()]),
    ...inspects.map((args) => ask([...buildxOfCli(docker), ...args])),
  ]);
  const heard = inspected.filter(({ failure }) => builders.length === 0 || failure === undefined);
  const old = heard.map(({ stdout }) => oldBuildKit(stdout, server.stdout)).find((version) => version !== undefined);
  return old === undefined ? messages.syntax() : messages.syntaxUnsafe(old, SAFE_BUILDKIT);
}

/** `inspected`: by buildx, of all nodes; `engine`: the JSON of its version. */
export function oldBuildKit(inspected: string, engine: string): string | undefined {
  const versions = buildKitVersions(inspected);
  if (versions.length > 0) return versions.find((version) => isBelow(version, SAFE_BUILDKIT));
  const version = /"Version":"([^"]+)"/.exec(engine)?.[1] ?? 'unknown';
  return isBelow(version, SAFE_ENGINE) ? `that of Docker Engine ${version}` : undefined;
}

function isBelow(version: string, wanted: string): boolean {
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [0];
  const least = wanted.split('.').map(Number);
  const differs = least.findIndex((number, i) => number !== numbers[i]);
  return differs !== -1 && (numbers[differs] ?? 0) < (least[differs] ?? 0);
}
