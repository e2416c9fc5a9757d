import { setTimeout as sleep } from 'node:timers/promises';
import { holdBuild } from './held-build.ts';
import type { Machine } from './machine.ts';
import type { Pusher } from './pusher.ts';
import { type Source, sourceFolder } from './source.ts';
import { StepFailed } from './step-failed.ts';

const RECONCILE_LIMIT_MS = 10 * 60_000;
const TESTS_LIMIT_MS = 60 * 60_000;

export interface Scene {
  machine: Machine;
  admin: string;
  pusher: Pusher;
  source: Source;
  /** This machine's address, as seen from the other one. */
  gateway: string;
}

/** A column in the table of results. */
export type Step = (scene: Scene) => Promise<unknown>;

export const STEPS = {
  install: async (scene) => {
    await scene.source.putInto(scene.machine, scene.admin);
    await install(scene);
  },
  push: async ({ pusher }) => {
    await pusher.settleIn();
    await pusher.expectInWarehouse(await pusher.pushBuilt('Open the shop'));
  },
  doctor,
  'install again': async (scene) => {
    await install(scene);
    await tidyWarehouse(scene);
  },
  'docker stopped': async (scene) => {
    const { machine, pusher } = scene;
    await machine.must('root', 'systemctl stop docker.socket docker.service');
    const commit = await pusher.commit('Push while docker is stopped');
    await pusher.push();
    if ((await pusher.built()) === commit) throw new StepFailed('a push was built without docker');
    await machine.must('root', 'systemctl start docker.service');
    await hurryTimer(machine);
    await waitUntilReconciled(scene, commit);
  },
  reboot: async (scene) => {
    const { machine, pusher, gateway } = scene;
    await using held = await holdBuild(gateway);
    const commit = await pusher.commit('Push before the reboot', held.line);
    const push = pusher.push().catch(() => undefined); // it dies with the machine
    await Promise.race([held.reached, tooLate('the build has not begun')]);
    await machine.reboot();
    await push;
    held.release();
    await waitUntilReconciled(scene, commit);
  },
  'uninstall, install': async (scene) => {
    await scene.machine.must(scene.admin, './install.sh --uninstall', { cwd: folderOf(scene) });
    await scene.machine.must('root', '! ls /etc/systemd/system | grep doskara');
    // as an upgrade of its package would; it reads the current settings
    await scene.machine.must('root', 'systemctl try-restart docker-registry');
    await install(scene);
    await scene.pusher.expectInWarehouse(await scene.pusher.pushBuilt('Open again'));
  },
  'npm cit': async (scene) => {
    await scene.source.putInto(scene.machine, scene.admin);
    await scene.machine.must(scene.admin, 'npm cit', { cwd: folderOf(scene), limitMs: TESTS_LIMIT_MS });
  },
} satisfies Record<string, Step>;

async function install(scene: Scene): Promise<void> {
  const { machine, admin } = scene;
  const { exitCode, output: said } = await machine.run(admin, './install.sh', { cwd: folderOf(scene) });
  if (exitCode !== 0) {
    const { output: logs } = await machine.run('root', 'tail -n 30 /var/log/doskara-install.log');
    throw new StepFailed(`./install.sh: exit code ${exitCode}`, `${said}${logs}`);
  }
  for (const word of ['Hello from commit', 'Doskara is ready.'])
    if (!said.includes(word)) throw new StepFailed(`./install.sh does not say "${word}"`, said);
}

async function doctor({ machine, admin }: Scene): Promise<void> {
  const said = await machine.must(admin, `${admin === 'root' ? '' : 'sudo '}doskara doctor`);
  if (/^\s*error\b/m.test(said)) throw new StepFailed('doskara doctor found errors', said);
}

/** As the timers do. */
async function tidyWarehouse({ machine }: Scene): Promise<void> {
  const units = ['doskara-prune-tags', 'doskara-collect-garbage'];
  await machine.must('root', `systemctl is-enabled ${units.map((unit) => `${unit}.timer`).join(' ')}`);
  await machine.must('root', `systemctl start ${units.join(' ')} && systemctl is-active docker-registry`);
  const said = await machine.must('root', `journalctl --output=cat ${units.map((unit) => `--unit=${unit}`).join(' ')}`);
  for (const word of ['no old images in the warehouse', 'collected the garbage of the registry: freed'])
    if (!said.includes(word)) throw new StepFailed(`the timers do not say "${word}"`, said);
}

/** The machine's own timer, with a shorter interval until the next boot. */
async function hurryTimer(machine: Machine): Promise<void> {
  const timer = 'doskara-reconcile.timer';
  await machine.must('root', `systemctl is-active ${timer} && systemctl is-enabled ${timer}`);
  await machine.must(
    'root',
    `mkdir -p /run/systemd/system/${timer}.d && cat >/run/systemd/system/${timer}.d/soon.conf`,
    {
      input: '[Timer]\nOnActiveSec=1s\nOnUnitInactiveSec=5s\n',
    },
  );
  await machine.must('root', `systemctl daemon-reload && systemctl restart ${timer}`);
}

/** Waits until the commit is built without any action. */
async function waitUntilReconciled({ machine, admin, pusher }: Scene, commit: string): Promise<void> {
  const deadline = Date.now() + RECONCILE_LIMIT_MS;
  while ((await pusher.built()) !== commit) {
    if (Date.now() > deadline) {
      const builds = `${admin === 'root' ? '' : 'sudo '}doskara builds shop; systemctl status doskara-reconcile.timer doskara-reconcile.service`;
      throw new StepFailed(
        'reconcile did not build the commit within 10 minutes',
        (await machine.run(admin, builds)).output,
      );
    }
    await sleep(1000);
  }
  await pusher.expectInWarehouse(commit);
}

const folderOf = ({ admin }: Scene) => sourceFolder(admin);

async function tooLate(message: string): Promise<never> {
  await sleep(RECONCILE_LIMIT_MS, undefined, { ref: false });
  throw new StepFailed(message);
}
