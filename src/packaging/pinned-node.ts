/** `node src/packaging/pinned-node.ts` fetches them beforehand, for where there is no network. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../exec.ts';

interface Lock {
  readonly packages: Record<string, { readonly version: string; readonly integrity: string }>;
}

export const ARCHITECTURES = ['arm64', 'x64'];
const CACHE = 'node_modules/.cache/doskara';

if (import.meta.main) for (const arch of ARCHITECTURES) await fetchNode(arch);

/**
 * The npm package of the node that package-lock.json pins for an architecture, as a file; npm ci leaves that of the
 * other one out. Rejects where the registry has it not, or not as it is pinned.
 */
export async function fetchNode(arch: string): Promise<string> {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
  const name = `node-linux-${arch}`;
  const pinned = packages[`node_modules/${name}`];
  if (pinned === undefined) throw new Error(`package-lock.json has no ${name}`);
  const file = join(CACHE, `${name}-${pinned.version}.tgz`);
  const isPinned = () => existsSync(file) && integrityOf(file) === pinned.integrity;
  if (isPinned()) return file;
  mkdirSync(CACHE, { recursive: true });
  const pack = ['npm', 'pack', '--silent', `--pack-destination=${CACHE}`, `${name}@${pinned.version}`];
  const { failed, reason } = await exec(pack, { output: 'ignore', stderr: 'inherit' });
  if (failed) throw new Error(`npm pack ${name}: ${reason}`);
  if (!isPinned()) throw new Error(`the registry's ${name} ${pinned.version} is not what package-lock.json pins`);
  return file;
}

function integrityOf(file: string): string {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
}
