/** A pusher's key in the git user's authorized_keys. */
export interface PusherKey {
  name: string;
  type: string;
  /** Base64. */
  key: string;
  /** The apps that it is limited to; undefined: all. */
  apps: string[] | undefined;
}

/** A quoted string, in which a backslash escapes a quote. */
const QUOTED = String.raw`"(?:\\"|\\(?!")|[^"\\])*"`;
const LINE = new RegExp(
  String.raw`^[ \t]*((?:${QUOTED}|[^ \t"#])(?:${QUOTED}|[^ \t"])*)[ \t]+(\S+)[ \t]+([A-Za-z0-9+/=]+)`,
);
const COMMAND = new RegExp(`(?:^|,)command=(${QUOTED})`, 'i');
const SERVE = /^\S.*?\s+serve\s+(\S+)(?:\s+--apps\s+(\S+))?$/;
const APPS = /(\s--apps\s+)[^\s"]+(?=\s*")/;
const PLAIN = /^\s*restrict,command="[^"]*"\s/;

/**
 * The key of a line that runs `doskara serve`, with blanks and options as sshd parses them
 * (https://man.openbsd.org/sshd#AUTHORIZED_KEYS_FILE_FORMAT). Empty if the line is not ours.
 */
export function parseLine(line: string): PusherKey[] {
  const [, options = '', type = '', key = ''] = LINE.exec(line) ?? [];
  const command = COMMAND.exec(options)?.[1]?.slice(1, -1).replaceAll('\\"', '"').trim() ?? '';
  const [, name, apps] = SERVE.exec(command) ?? [];
  return name === undefined ? [] : [{ name, type, key, apps: apps?.split(',') }];
}

/** The line with its key limited to other apps. */
export function withApps(line: string, apps: readonly string[]): string {
  return line.replace(APPS, (_, option: string) => option + apps.join(','));
}

/** Whether a line has no options but ours, so that it can be rewritten. */
export function isPlain(line: string): boolean {
  return PLAIN.test(line);
}

/** Whether sshd may accept a key by a line that is not ours. */
export function isForeign(line: string): boolean {
  return !/^\s*(?:#|$)/.test(line) && parseLine(line).length === 0;
}
