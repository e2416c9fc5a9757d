import type { Facts, Word } from './spec.ts';

/** A completion script for fish, for one of its completion folders. */
export function fishScript(facts: readonly Facts[]): string {
  return `# fish completion for doskara, printed by: doskara completion fish

function __doskara_facts
    switch "$argv[1]/$argv[2]"
${facts.flatMap(casesOf).join('\n')}
    end
end
${ENGINE}`;
}

function casesOf({ path, subcommands, options, values, kinds }: Facts): string[] {
  return [
    caseOf(`${path}/subcommands`, subcommands.map(described)),
    caseOf(`${path}/options`, options.map(described)),
    caseOf(
      `${path}/values`,
      values.map(([option, kind]) => `${option}\t${kind}`),
    ),
    caseOf(`${path}/kinds`, kinds),
  ];
}

function caseOf(name: string, lines: string[]): string {
  const print = lines.length === 0 ? 'true' : `printf '%s\\n' ${lines.map(quoted).join(' ')}`;
  return `        case '${name}'\n            ${print}`;
}

const described = ({ word, meaning }: Word) => `${word}\t${meaning}`;

/** In fish, a backslash escapes quotes and backslashes inside ''. */
const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const ENGINE = String.raw`
function __doskara_offer
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l current (commandline -ct)
    set -l route ''
    set -l kind ''
    set -l given
    for token in $tokens
        if test -n "$kind"
            set kind ''
        else if string match -q -- '-*' $token
            set kind (__doskara_facts $route values | string match -- "$token"\t'*' | string replace -r '^.*\t' '')
        else if __doskara_facts $route subcommands | string match -q -- "$token"\t'*'
            set route (string trim -- "$route $token")
        else
            set -a given $token
        end
    end
    if test -z "$kind"
        if string match -q -- '-*' $current
            __doskara_facts $route options
            return
        end
        set -l subcommands (__doskara_facts $route subcommands)
        if test (count $subcommands) -gt 0
            printf '%s\n' $subcommands
            return
        end
        set -l kinds (__doskara_facts $route kinds)
        if test (count $given) -lt (count $kinds)
            set kind $kinds[(math (count $given) + 1)]
        else if string match -q -- '*+' $kinds[-1]
            set kind $kinds[-1]
        end
    end
    switch (string replace -r '\+$' '' -- "$kind")
        case none ''
        case files
            __fish_complete_path $current
        case repos
            doskara complete apps 2>/dev/null
            __fish_complete_directories $current
        case list
            __fish_complete_list , 'doskara complete apps 2>/dev/null'
        case '=*'
            string split , -- (string sub -s 2 -- $kind)
        case '*'
            doskara complete $kind $given 2>/dev/null
    end
end

complete -c doskara -f -k -a '(__doskara_offer)'`;
