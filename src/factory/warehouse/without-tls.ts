import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import { parseObject } from '../../json.ts';
import { registryConfig } from '../docker/commands.ts';
import { ask } from '../docker/run.ts';
import type { FactorySettings } from '../settings.ts';

/** What Docker takes without TLS on its own: https://docs.docker.com/reference/cli/dockerd/#insecure-registries */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** Whether docker takes the warehouse without TLS, or with a certificate that nobody vouches for. */
export async function isWithoutTls({ docker, registry }: FactorySettings): Promise<boolean> {
  const { stdout } = await ask([docker, ...registryConfig()]);
  const host = hostOf(registry);
  const addresses = await lookup(host.replace(/:\d+$/, ''), { all: true }).catch(() => []);
  return isInsecure(
    host,
    addresses.map(({ address }) => address),
    stdout,
  );
}

/** The name in front of the path, with its TCP port. */
export const hostOf = (registry: string): string => registry.split('/')[0] ?? '';

interface RegistryConfig {
  IndexConfigs?: Record<string, { Secure?: boolean } | undefined> | null;
  InsecureRegistryCIDRs?: string[] | null;
}

/** As the engine decides it. `json`: its configuration of registries; without an engine there is none. */
export function isInsecure(host: string, addresses: readonly string[], json: string): boolean {
  const { IndexConfigs, InsecureRegistryCIDRs } = parseObject(json) as RegistryConfig;
  const known = IndexConfigs?.[host]?.Secure;
  if (known !== undefined) return !known;
  const list = new BlockList();
  for (const network of InsecureRegistryCIDRs ?? LOOPBACK) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return addresses.some((address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'));
}
