import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clone } from '../rig/clone.ts';
import { BUILD_SH, SHOP, SLOW_BUILD_SH } from './shop.ts';
import type { Stage } from './stage.ts';

export interface Scene {
  /** Text that must be in the output. If it is missing, the run has failed and no page is changed. */
  shows: string;
  play(stage: Stage): Promise<string>;
}

const PUSH = 'git push doskara main';

let shop: Clone;
let firstCommit: string;

/** Played in this order on one stage: each starts with the apps as the previous one left them. */
export const SCENES: Readonly<Record<string, Scene>> = {
  first: {
    shows: 'success: shop build 1 built',
    async play(stage) {
      shop = await stage.app('shop', SHOP, 'Open the shop');
      firstCommit = (await shop.git('rev-parse', '--short=12', 'HEAD')).stdout;
      return stage.pusher(shop, PUSH);
    },
  },

  failed: {
    shows: 'error: shop build 2 failed',
    async play(stage) {
      await shop.commit({ 'menu.txt': 'index\nabout\nprices\n' }, 'Put prices on the menu');
      return stage.pusher(shop, PUSH);
    },
  },

  branch: {
    shows: 'branch try-out was stored but not built',
    play: (stage) => stage.pusher(shop, 'git push doskara HEAD:try-out'),
  },

  refused: {
    shows: 'error: shop build 4 refused',
    async play(stage) {
      await shop.commit({ 'pages/prices.html': '<h1>Prices</h1>\n' }, 'Add the page of prices');
      await stage.pusher(shop, PUSH);
      await shop.git('mv', 'run.sh', 'start.sh');
      await shop.commit({}, 'Call it start.sh');
      return stage.pusher(shop, PUSH);
    },
  },

  nested: {
    shows: 'hint: they are in "site"',
    async play(stage) {
      const files = Object.entries(SHOP).map(([name, text]) => [`site/${name}`, text]);
      const blog = await stage.app('blog', Object.fromEntries(files), 'Begin to write');
      return stage.pusher(blog, PUSH);
    },
  },

  superseded: {
    shows: 'warning: shop build 6 superseded',
    async play(stage) {
      await shop.git('mv', 'start.sh', 'run.sh');
      await shop.commit({ 'build.sh': SLOW_BUILD_SH }, 'Call it run.sh again');
      const running = stage.pusher(shop, PUSH);
      await stage.untilLogged('shop', 5, 'made public');
      await shop.commit({ 'build.sh': BUILD_SH }, 'Lower the prices');
      const waiting = stage.pusher(shop, PUSH);
      await stage.untilLogged('shop', 6, 'Waiting');
      await shop.commit({}, 'Lower them again');
      await Promise.all([running, stage.pusher(shop, PUSH)]);
      return waiting;
    },
  },

  replay: {
    shows: 'success: shop build 8 built',
    play: (stage) => stage.admin(`doskara replay shop ${firstCommit}`),
  },

  rollback: {
    shows: 'success: shop build 9 built',
    play: (stage) => stage.admin('doskara rollback shop'),
  },

  builds: { shows: 'Lower them again', play: (stage) => stage.admin('doskara builds shop') },

  list: { shows: 'built (build 9)', play: (stage) => stage.admin('doskara list') },

  status: { shows: 'rollback to build 7', play: (stage) => stage.admin('doskara status shop') },

  'ssh-commands': { shows: 'Hello alice', play: (stage) => stage.pusher(shop, 'ssh -T git@port') },

  notes: {
    shows: 'superseded, build 6',
    async play(stage) {
      const fetched = await stage.pusher(shop, 'git fetch --quiet doskara refs/notes/builds:refs/notes/builds');
      return `${fetched}\n${await stage.pusher(shop, 'git log -3 --oneline --notes=builds')}`;
    },
  },

  doctor: {
    shows: 'error: blog: no hook',
    play(stage) {
      rmSync(join(stage.platform.repository('blog'), 'hooks/post-receive'));
      return stage.admin('doskara doctor');
    },
  },

  gate: {
    shows: '! [remote rejected] v1.1',
    async play(stage) {
      await stage.platform.doskara('gate', 'shop', 'on');
      await shop.commit({ 'menu.txt': 'index\nabout\nprices\njobs\n' }, 'Put jobs on the menu');
      await shop.git('tag', 'v1.1');
      return stage.pusher(shop, `${PUSH} v1.1`);
    },
  },
};
