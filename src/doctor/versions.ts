import type { Finding } from '../finding.ts';
import * as factory from '../port/messages/doctor-factory.ts';
import * as machine from '../port/messages/doctor-machine.ts';

/** The first node with type stripping and `process.execve`, and the git of Debian 12. */
const NODE_FLOOR = '22.18';
const GIT_FLOOR = '2.39';

export function checkNode(version: string): Finding {
  return compareVersions(version, NODE_FLOOR) >= 0
    ? machine.nodeVersion(version)
    : machine.nodeTooOld(version, NODE_FLOOR);
}

/** `said`: output of `git version`, such as "git version 2.39.5 (Apple Git-154)"; undefined if there is none. */
export function checkGit(said: string | undefined): Finding {
  const [, version] = /^git version (\d+(?:\.\d+)*)/.exec(said ?? '') ?? [];
  if (version === undefined) return machine.gitMissing();
  return compareVersions(version, GIT_FLOOR) >= 0 ? machine.gitVersion(version) : machine.gitTooOld(version, GIT_FLOOR);
}

/** `said`: output of `build.sh --version`; undefined if it is not a runner's. */
export function parseRunnerVersion(said: string): string | undefined {
  return /^doskara runner (\S.*)$/m.exec(said)?.[1];
}

/**
 * Says which side to upgrade, the older one. `runner` and `port` as printed by `--version`, with the commit; `place`:
 * `[user@]host[:port]` of the factory.
 */
export function checkRunner(runner: string, port: string, place: string): Finding {
  if (runner === port) return factory.runnerVersion(numberOf(runner));
  const order = compareVersions(runner, port);
  // the same version of another commit
  const [there, here] = order === 0 ? [runner, port] : [numberOf(runner), numberOf(port)];
  return factory.runnerDiffers(there, here, order > 0 ? factory.upgradePort(place) : factory.upgradeFactory(order < 0));
}

const numberOf = (version: string) => version.replace(/ .*/, '');

/** Number by number; "2.9" is before "2.39". */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0));
  const length = Math.max(left?.length ?? 0, right?.length ?? 0);
  for (let i = 0; i < length; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
