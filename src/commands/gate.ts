import { readHooks } from '../port/git/hooks.ts';
import * as messages from '../port/messages/settings.ts';
import { hint } from '../port/messages/text.ts';
import { APP } from './arguments.ts';
import { openConfig, writeValues } from './config.ts';
import type { AdminCommand, AdminSession } from './spec.ts';
import { print } from './stdout.ts';

export const gate: AdminCommand = {
  name: 'gate',
  summary: 'turn the gate of an app on or off',
  who: 'admin',
  arguments: [APP, { name: 'state', meaning: 'default: show it', optional: true, choices: ['on', 'off'] }],
  notes: 'With the gate, git accepts a push only after it has been built: doskara help gate.',
  async run([app, state]: [string, ('on' | 'off')?], _options, session) {
    await (state === undefined ? showGate(app, session) : turnGate(app, state, session));
  },
};

async function turnGate(app: string, state: 'on' | 'off', session: AdminSession): Promise<void> {
  // false instead of no value: the user or the system may have turned it on for all apps
  await writeValues(await openConfig(app, session), 'gate', [state === 'on' ? 'true' : 'false']);
  print(messages.gateTurned(app, state));
}

async function showGate(app: string, session: AdminSession): Promise<void> {
  const { path } = await openConfig(app, session);
  const { gate } = await readHooks(path, session.installed);
  print(gate === 'on' ? 'on' : 'off');
  if (gate === 'not linked') process.stderr.write(`${hint(messages.gateHookMissing(app))}\n`);
}
