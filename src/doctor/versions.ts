import { error, type Finding, ok, warning } from '../finding.ts';

/** The first node with type stripping and `process.execve`, and the git of Debian 12. */
const NODE_FLOOR = '22.18';
const GIT_FLOOR = '2.39';

export function checkNode(version: string): Finding {
  return compareVersions(version, NODE_FLOOR) >= 0
    ? ok('node', `node ${version}`)
    : error(
        'node',
        'node-too-old',
        `node ${version} is too old: Doskara needs ${NODE_FLOOR} or newer`,
        './install.sh port brings its own node',
      );
}

/** `said`: output of `git version`, such as "git version 2.39.5 (Apple Git-154)"; undefined if there is none. */
export function checkGit(said: string | undefined): Finding {
  const [, version] = /^git version (\d+(?:\.\d+)*)/.exec(said ?? '') ?? [];
  if (version === undefined) return error('git', 'git-missing', "git can't be run", 'apt-get install git');
  return compareVersions(version, GIT_FLOOR) >= 0
    ? ok('git', `git ${version}`)
    : error(
        'git',
        'git-too-old',
        `git ${version} is too old: Doskara needs ${GIT_FLOOR} or newer`,
        'apt-get install git brings it from Debian 12 and Ubuntu 24.04 on',
      );
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
  if (runner === port) return ok('version', `runner ${numberOf(runner)}, as on port`);
  const order = compareVersions(runner, port);
  // of one version the commits differ
  const [there, here] = order === 0 ? [runner, port] : [numberOf(runner), numberOf(port)];
  return warning(
    'version',
    'version-differs',
    `runner ${there} is not of port's version, ${here}`,
    upgrade(order, place),
  );
}

const numberOf = (version: string) => version.replace(/ .*/, '');

function upgrade(order: number, place: string): string {
  if (order > 0) return `on port, from a newer clone: ./install.sh port --factory ${place}`;
  const from = order < 0 ? 'a newer clone' : 'the clone or the release that port has';
  return `on the factory, from ${from}: ./install.sh factory --registry HOST[:PORT]`;
}

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
