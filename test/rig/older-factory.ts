import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clone } from './clone.ts';
import type { Platform } from './platform.ts';

/** From now on the factory's docker has only the classic builder; a CLI before 23 still has BuildKit inside. */
export function hideBuildx(platform: Platform): void {
  const home = join(platform.folder, 'factory-home/.docker');
  writeFileSync(join(home, 'config.json'), '{}');
  mkdirSync(join(home, 'cli-plugins'), { recursive: true });
  // a plugin that can't be used hides the one that can
  writeFileSync(join(home, 'cli-plugins/docker-buildx'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
}

/** Pushes while the factory's runner knows none of the arguments that it gets. */
export async function pushToOlderRunner(platform: Platform, app: Clone): ReturnType<Clone['push']> {
  const { authorizedKeys } = platform.factory;
  const good = readFileSync(authorizedKeys, 'utf8');
  const refusal = 'command="echo error: not a command of the runner; exit 2"';
  writeFileSync(authorizedKeys, good.replace(/command="[^"]*"/, refusal));
  try {
    return await app.push();
  } finally {
    writeFileSync(authorizedKeys, good);
  }
}
