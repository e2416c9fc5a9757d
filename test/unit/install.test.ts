import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Functions of ./install.sh. */
function functions(...names: string[]): string {
  const text = readFileSync('install.sh', 'utf8');
  const find = (name: string) => new RegExp(`^${name}\\(\\) \\{(?:[^\\n]*\\}$|\\n.*?^\\}$)`, 'ms').exec(text)?.[0];
  return names.map((name) => find(name) ?? `no function ${name}`).join('\n');
}

const printedBy = (script: string, env: Record<string, string> = {}) =>
  execFileSync('sh', ['-eu', '-c', script], { env: { PATH: '/usr/bin:/bin', ...env }, encoding: 'utf8' });

test.each<[string, Record<string, string>, string]>([
  ['with sudo', { SUDO_USER: 'ann' }, 'sudo doskara'],
  ['as root', {}, 'doskara'],
])('an installer that was run %s ends with commands to type likewise', (_, env, doskara) => {
  const lines = printedBy(`${functions('next_steps')}\nnext_steps`, env)
    .trim()
    .split('\n')
    .map((line) => line.trim());
  expect(lines.slice(1, 3)).toEqual([`${doskara} key add you ~/.ssh/id_ed25519.pub`, `${doskara} create myapp`]);
  expect(lines.at(-1)).toBe('git push doskara main');
});

/** What would be written and run, of a machine that has only these. */
const scheduledWith = (...has: ('systemd' | 'cron')[]) =>
  printedBy(`lib=/lib
systemd() { ${has.includes('systemd')}; }
${has.includes('cron') ? 'cron() { :; }' : ''}
write_if_changed() { echo "> $1"; cat; }
logged() { echo "$*"; }
systemctl() { :; }
warn() { echo "warning: $*"; }
rm() { :; }
${functions('at_night', 'regularly', 'reconcile_regularly', 'prune_tags_daily')}
if_apt_has() { :; }
skopeo() { :; }
reconcile_regularly
prune_tags_daily`)
    .split('\n')
    .filter((line) => !/^(?:|\[.*|Description=.*|After=.*|Wants=.*|Type=.*|WantedBy=.*|#.*)$/.test(line));

test.each<[string, string[], string[]]>([
  [
    'a timer of systemd',
    scheduledWith('systemd', 'cron'),
    [
      '> /etc/systemd/system/doskara-reconcile.service',
      ...['User=git', 'ExecStart=/lib/doskara reconcile'],
      '> /etc/systemd/system/doskara-reconcile.timer',
      ...['OnBootSec=1min', 'OnUnitInactiveSec=5min', 'systemctl enable --now doskara-reconcile.timer'],
      '> /etc/systemd/system/doskara-prune-tags.service',
      ...['User=docker', 'ExecStart=/lib/build.sh --prune-tags'],
      '> /etc/systemd/system/doskara-prune-tags.timer',
      ...['OnCalendar=*-*-* 02:30', 'RandomizedDelaySec=30min', 'Persistent=true'],
      'systemctl enable --now doskara-prune-tags.timer',
    ],
  ],
  [
    'cron, where there is no systemd',
    scheduledWith('cron'),
    [
      '> /etc/cron.d/doskara-reconcile',
      '@reboot git /lib/doskara reconcile >/dev/null',
      '*/5 * * * * git /lib/doskara reconcile >/dev/null',
      'service cron start',
      '> /etc/cron.d/doskara-prune-tags',
      '30 2 * * * docker /lib/build.sh --prune-tags >/dev/null',
      'service cron start',
    ],
  ],
  [
    'nothing, with a warning, where there is neither',
    scheduledWith(),
    ['/lib/doskara reconcile', '/lib/build.sh --prune-tags'].map(
      (command) =>
        `warning: no systemd or cron found, so this does not run regularly: ${command} run: apt-get install cron; then run this again`,
    ),
  ],
])('what has to run regularly is run by %s', (_, lines, expected) => {
  expect(lines).toEqual(expected);
});
