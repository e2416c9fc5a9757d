import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { unmountAllIn } from './engine.ts';
import { answers, type Daemon, freePort, startDaemon } from './processes.ts';

/** Created by buildkitd.sh. */
const BUILDKITD = '/var/cache/doskara/buildkitd';

/** Why this machine has no buildkitd; undefined if it has. */
export function whyNoBuildkitd(): string | undefined {
  return existsSync(BUILDKITD) ? undefined : 'there is no buildkitd; to build it: sh test/rig/buildkitd.sh';
}

/** A real buildkitd on loopback, which knows its clients by their certificates. */
export interface Buildkitd extends Pick<Daemon, 'stop' | 'kill'> {
  tcpPort: number;
  /** As in `v0.34.2`. */
  version: string;
  /** Restarts with the same caches and the same address. */
  restart(): Promise<void>;
}

/**
 * Makes three folders with ca.pem, cert.pem and key.pem, too: `client` of a client that it trusts, `stranger` of one that
 * another authority vouches for, and `misled` of one that trusts only that authority. `registry` has no TLS.
 */
export async function startBuildkitd(folder: string, registry: string): Promise<Buildkitd> {
  const tcpPort = await freePort();
  const server = join(folder, 'server');
  const [authority, another] = [join(folder, 'authority'), join(folder, 'another')];
  for (const each of [authority, another]) await makeAuthority(each);
  await makeCertificate(server, authority, authority);
  await makeCertificate(join(folder, 'client'), authority, authority);
  await makeCertificate(join(folder, 'stranger'), another, authority);
  await makeCertificate(join(folder, 'misled'), authority, another);
  const config = join(folder, 'buildkitd.toml');
  writeFileSync(
    config,
    `root = "${join(folder, 'root')}"
[otel]
socketPath = "${join(folder, 'otel.sock')}"
[grpc]
address = ["tcp://127.0.0.1:${tcpPort}"]
[grpc.tls]
ca = "${server}/ca.pem"
cert = "${server}/cert.pem"
key = "${server}/key.pem"
[worker.oci]
networkMode = "host"
[worker.containerd]
enabled = false
[registry."${registry}"]
http = true
`,
  );
  const command = [BUILDKITD, '--config', config];
  const start = () => startDaemon(command, join(folder, 'buildkitd.log'), () => answers(tcpPort));
  let daemon = await start();
  return {
    tcpPort,
    version: (await execa(BUILDKITD, ['--version'])).stdout.split(' ')[2] ?? '',
    kill: () => daemon.kill(),
    async restart() {
      await daemon.stop();
      daemon = await start();
    },
    async stop() {
      await daemon.stop();
      await unmountAllIn(folder);
    },
  };
}

const openssl = (...args: string[]) => execa('openssl', args);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

async function makeAuthority(folder: string): Promise<void> {
  mkdirSync(folder);
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  await openssl('req', '-x509', ...KEY, '-subj', '/CN=authority', ...files);
}

/** For either end. */
async function makeCertificate(folder: string, authority: string, trusted: string): Promise<void> {
  mkdirSync(folder);
  const by = ['-CA', join(authority, 'cert.pem'), '-CAkey', join(authority, 'key.pem')];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  await openssl(
    'req',
    '-x509',
    ...KEY,
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    ...by,
    ...files,
  );
  writeFileSync(join(folder, 'ca.pem'), readFileSync(join(trusted, 'cert.pem')));
}
