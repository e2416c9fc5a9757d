import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, type Daemon, freePort, startDaemon } from './processes.ts';

export interface Warehouse extends Pick<Daemon, 'stop' | 'kill'> {
  registry: string;
  /** With the same images, at the same place. */
  restart(): Promise<void>;
}

/** Debian's docker-registry on loopback, with its images in `folder`; `more` lines of its configuration. */
export async function startWarehouse(folder: string, httpPort?: number, more = ''): Promise<Warehouse> {
  const tcpPort = httpPort ?? (await freePort());
  const config = join(folder, 'registry.yml');
  writeFileSync(
    config,
    `version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: ${join(folder, 'registry')} }, delete: { enabled: true } }
http: { addr: '127.0.0.1:${tcpPort}' }
${more}`,
  );
  const start = () =>
    startDaemon(['docker-registry', 'serve', config], join(folder, 'registry.log'), () => answers(tcpPort));
  let daemon = await start();
  return {
    registry: `127.0.0.1:${tcpPort}`,
    stop: () => daemon.stop(),
    kill: () => daemon.kill(),
    async restart() {
      await daemon.stop();
      daemon = await start();
    },
  };
}
