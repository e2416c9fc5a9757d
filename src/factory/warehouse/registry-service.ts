import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec, start } from '../../exec.ts';
import * as messages from '../messages/warehouse.ts';

/** A docker-registry on this machine. */
export interface Registry {
  configFile: string;
  /** Its service; `stop` may return before it has ended. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What its configuration says. */
export interface RegistryPlace {
  storage: string;
  /** `127.0.0.1:5000`. */
  address: string;
  /** Who owns the storage. */
  uid: number;
  gid: number;
}

/** As ./install.sh writes it. Rejects with exit code 5. */
export async function readPlace(configFile: string): Promise<RegistryPlace> {
  const config = await readFile(configFile, 'utf8').catch(() => '');
  const [, storage] = /rootdirectory: *([^\s,}]+)/.exec(config) ?? [];
  const [, address] = /addr: *'?([^'\s,}]+)/.exec(config) ?? [];
  const owner = storage === undefined ? undefined : await stat(storage).catch(() => undefined);
  if (storage === undefined || address === undefined || owner === undefined) throw messages.notOurRegistry(configFile);
  return { storage, address, uid: owner.uid, gid: owner.gid };
}

const CONFIG_FILE = '/etc/docker/registry/config.yml';
const SERVICE = 'docker-registry';
const SERVICE_TIMEOUT_MS = 60_000;

/** The one that ./install.sh sets up. Rejects with exit code 5 where there is none. */
export async function ownRegistry(): Promise<Registry> {
  const config = await readFile(CONFIG_FILE, 'utf8').catch(() => '');
  if (!config.startsWith('# Written by Doskara')) throw messages.notOurRegistry(CONFIG_FILE);
  const hasSystemd = await stat('/run/systemd/system').then(
    () => true,
    () => false,
  );
  const order = async (verb: string) => {
    const command = hasSystemd ? ['systemctl', verb, SERVICE] : ['/usr/sbin/service', SERVICE, verb];
    await exec(command, { output: 'ignore', timeoutMs: SERVICE_TIMEOUT_MS }); // whether it answers shows the result
  };
  return { configFile: CONFIG_FILE, start: () => order('start'), stop: () => order('stop') };
}

/**
 * Has the registry take nothing new until the end: another process serves its images, read-only. Nothing has to be
 * undone in its configuration then, and a registry that starts anew has forgotten which blobs it had. The process dies
 * with us. Rejects with exit code 5 if one of them does not start.
 */
export async function readOnly(registry: Registry, place: RegistryPlace): Promise<AsyncDisposable> {
  if (!(await answers(place))) throw messages.registryDown(place.address);
  await registry.stop();
  const closed = await until(async () => !(await answers(place)));
  const serving = start(asOwner(place, ['docker-registry', 'serve', registry.configFile]), {
    env: { ...process.env, REGISTRY_STORAGE_MAINTENANCE_READONLY: '{"enabled":true}' },
    output: 'ignore',
  });
  const end = async () => {
    serving.kill();
    await serving.ended;
    await registry.start();
    if (!(await until(() => answers(place)))) throw messages.registryDown(place.address);
  };
  if (closed && (await until(() => answers(place)))) return { [Symbol.asyncDispose]: end };
  await end();
  throw messages.registryDown(place.address);
}

/** What it deletes and writes is the owner's. The kernel forgets who is to die with us when the user changes. */
export function asOwner({ uid, gid }: RegistryPlace, command: readonly string[]): string[] {
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return ['setpriv', ...user, '--pdeathsig', 'KILL', '--', ...command];
}

async function answers({ address }: RegistryPlace): Promise<boolean> {
  return fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(5000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + SERVICE_TIMEOUT_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) return false;
    await sleep(100);
  }
  return true;
}
