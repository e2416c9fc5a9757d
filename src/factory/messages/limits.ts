/** What `build.sh --limit-builds` says. */
import { Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';

export const LIMIT_COMMAND = '/usr/local/doskara/build.sh --limit-builds';

export const limitsNeedRoot = () =>
  new Trouble('not-root', EXIT.usage, 'only root can set build limits', { hint: `sudo ${LIMIT_COMMAND}` });

export const noCgroups = (reason: string) =>
  new Trouble('no-cgroups', EXIT.factory, `cannot limit builds on this machine: ${reason}`, {
    hint: 'builds still run, without limits; use a machine with cgroup v2 to limit them',
  });
export const NO_CONTROLLERS = 'no cgroups with memory, pids and cpu are mounted';
export const NO_MEMORY_CONTROLLER = 'its cgroups have no memory controller';
export const systemctlFailed = (verb: string, stderr: string) => `systemctl ${verb} failed: ${stderr.trim()}`;
