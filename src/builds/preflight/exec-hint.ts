/**
 * The last command of a shell script of several, if it is a program without `exec`: the shell waits for it, and gets the
 * signals. undefined for whatever is not a simple command.
 */
export function lastWithoutExec(script: string): string | undefined {
  if (/\btrap\b|<<|&[ \t]*$/m.test(script)) return undefined;
  const commands = script
    .replaceAll(/\\\r?\n/g, ' ')
    .replaceAll(/(\||&&)[ \t]*\r?\n/g, '$1 ')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const command = commands.at(-1) ?? '';
  if (command.length > MAX_COMMAND_LENGTH) return undefined;
  const last = command.replace(/\s+#.*$/, '');
  if (commands.length < 2 || !isSimple(last)) return undefined;
  const [, program = ''] = /^(?:[A-Za-z_]\w*=\S* +)*(\S+)/.exec(last) ?? [];
  const isFunction = [`${program}()`, `${program} ()`, `function ${program}`].some((text) => script.includes(text));
  return isProgram(program) && !isFunction ? last : undefined;
}

/** The hint shows the command; and with a million spaces in a line, the pattern of its comment takes an hour. */
const MAX_COMMAND_LENGTH = 1000;

/** One program with its arguments, where quotes are closed and nothing but output is redirected. */
function isSimple(command: string): boolean {
  const rest = command.replaceAll(/\d?>&\d/g, '');
  const closed = ["'", '"'].every((quote) => rest.split(quote).length % 2 === 1);
  return closed && !/[|;&()`]|\bexec\b|^[{}!]/.test(rest);
}

/** Of what may be the last command of a script: reserved words and the builtins of sh and bash. */
const NO_PROGRAM = new Set(
  [
    'fi done esac then else do in time coproc function select . : [ [[ alias bg bind break builtin caller cd command',
    'continue declare dirs disown echo enable eval exit export false fc fg getopts hash help history jobs kill let local',
    'logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times true',
    'type typeset ulimit umask unalias unset wait sleep',
  ].flatMap((words) => words.split(' ')),
);

function isProgram(word: string): boolean {
  return /^[\w./~-]+$/.test(word) && !NO_PROGRAM.has(word);
}
