import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';

/** What a company configures on each of its machines: certificates, proxies, a registry and a mirror. */
export interface HostSettings {
  /** Files for every machine, as path → content. */
  files: Record<string, string>;
  /** For the home directory of whoever runs npm. */
  npmrc: string;
  /** Empty if this machine's apt has none. */
  mirrors: { debian: string; ubuntu: string };
  /** A hash of everything that goes into a cached root file system. */
  fingerprint: string;
}

const CA_FOLDER = '/usr/local/share/ca-certificates';
const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
const CA_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'GIT_SSL_CAINFO', 'CURL_CA_BUNDLE'];
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);
const NPM_KEYS = /^(?:(?:@[^:]+:)?registry|proxy|https-proxy|noproxy|cafile|strict-ssl|\/\/[^=]+) *=/;

/** This machine's own settings. */
export async function hostSettings(): Promise<HostSettings> {
  const files = { ...certificates(), ...environment(), ...(await aptSettings()) };
  const mirrors = await hostMirrors();
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([files, mirrors]))
    .digest('hex');
  return { files, npmrc: npmSettings(), mirrors, fingerprint };
}

/** Writes the settings into a machine before it boots. */
export async function handIn(settings: HostSettings, root: string): Promise<void> {
  for (const [path, text] of Object.entries(settings.files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  if (existsSync(join(root, '/usr/sbin/update-ca-certificates')))
    await execa('chroot', [root, '/usr/sbin/update-ca-certificates'], { all: true });
}

function certificates(): Record<string, string> {
  const extra = process.env['NODE_EXTRA_CA_CERTS'] ?? CA_BUNDLE;
  const own = existsSync(CA_FOLDER) ? readdirSync(CA_FOLDER).filter((name) => name.endsWith('.crt')) : [];
  const paths = [...own.map((name) => join(CA_FOLDER, name)), ...(extra === CA_BUNDLE ? [] : [extra])];
  return Object.fromEntries(
    paths.map((path) => [join(CA_FOLDER, `${basename(path, '.crt')}.crt`), readFileSync(path, 'utf8')]),
  );
}

/** Certificate variables are only set, not copied: they point to the machine's own bundle. */
function environment(): Record<string, string> {
  const lines = [
    ...CA_VARIABLES.filter((name) => process.env[name]).map((name) => `${name}=${CA_BUNDLE}`),
    ...PROXY_VARIABLES.filter((name) => process.env[name]).map((name) => `${name}=${process.env[name]}`),
  ];
  return { '/etc/environment': lines.map((line) => `${line}\n`).join('') };
}

async function aptSettings(): Promise<Record<string, string>> {
  const { stdout } = await execa('apt-config', ['dump']);
  const wanted = /^Acquire::(?:https?::(?:Proxy|Ca)|Check-)/i;
  const lines = stdout.split('\n').filter((line) => wanted.test(line));
  return { '/etc/apt/apt.conf.d/50company': lines.map((line) => `${line}\n`).join('') };
}

function npmSettings(): string {
  const files = [join(homedir(), '.npmrc'), '/etc/npmrc'].filter((path) => existsSync(path));
  const lines = files.flatMap((path) => readFileSync(path, 'utf8').split('\n'));
  return lines
    .filter((line) => NPM_KEYS.test(line))
    .map((line) => `${line.replace(/^cafile *=.*/, `cafile=${CA_BUNDLE}`)}\n`)
    .join('');
}

async function hostMirrors(): Promise<HostSettings['mirrors']> {
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages']);
  const sites = stdout.split('\n').map((site) => site.replace(/\/$/, ''));
  const site = (end: string) => sites.find((name) => name.endsWith(end)) ?? '';
  return { debian: site('/debian'), ubuntu: site('/ubuntu') };
}
