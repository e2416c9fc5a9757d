import type { Facts } from './spec.ts';

/** A completion script for bash, without descriptions. It does not need the package bash-completion. */
export function bashScript(facts: readonly Facts[]): string {
  return `# bash completion for doskara, printed by: doskara completion bash

_doskara_facts() {
  subcommands= options= values= kinds=
  case $1 in
${facts.map(caseOf).join('\n')}
  esac
}
${ENGINE}`;
}

/** Commands and options are plain words, which need no escaping inside ''. */
function caseOf({ path, subcommands, options, values, kinds }: Facts): string {
  const args = [
    `subcommands='${subcommands.map(({ word }) => word).join(' ')}'`,
    `options='${options.map(({ word }) => word).join(' ')}'`,
    `values=' ${values.map(([option, kind]) => `${option}:${kind}`).join(' ')} '`,
    `kinds='${kinds.join(' ')}'`,
  ];
  return `    '${path}') ${args.join(' ')} ;;`;
}

const ENGINE = String.raw`
# names that doskara tells; compgen -W would run what stands in them
_doskara_offer() {
  local name
  while IFS=$'\t' read -r name _; do
    [[ $name == "$cur"* ]] && COMPREPLY+=("$prefix$name")
  done
}

_doskara() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prefix= path= option= kind= word i subcommands options values kinds
  local -a given=() all
  COMPREPLY=()
  _doskara_facts ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == = ]]; then continue
    elif [[ -n $option ]]; then option=
    elif [[ $word == -* ]]; then [[ $values == *" $word:"* ]] && option=$word
    elif [[ " $subcommands " == *" $word "* ]]; then
      path=\${path:+$path }$word
      _doskara_facts "$path"
    else given+=("$word")
    fi
  done
  [[ $cur == = ]] && cur=
  if [[ -n $option ]]; then
    kind=\${values#*" $option:"} kind=\${kind%% *}
  elif [[ $cur == -* ]]; then
    _doskara_offer <<<"\${options// /$'\n'}"
    return
  elif [[ -n $subcommands ]]; then
    _doskara_offer <<<"\${subcommands// /$'\n'}"
    return
  else
    all=($kinds)
    kind=\${all[\${#given[@]}]-\${all[\${#all[@]} - 1]-}}
    [[ \${#given[@]} -lt \${#all[@]} || $kind == *+ ]] || return
    kind=\${kind%+}
  fi
  case $kind in
    none | '') ;;
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    repos)
      _doskara_offer < <(doskara complete apps 2>/dev/null)
      [[ $cur != */* ]] || { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); }
      ;;
    list)
      [[ $cur != *,* ]] || { prefix=\${cur%,*}, cur=\${cur##*,}; }
      _doskara_offer < <(doskara complete apps 2>/dev/null)
      ;;
    =*) kind=\${kind#=}; _doskara_offer <<<"\${kind//,/$'\n'}" ;;
    *) _doskara_offer < <(doskara complete "$kind" "\${given[@]}" 2>/dev/null) ;;
  esac
}

complete -F _doskara doskara`.replaceAll('\\${', '${');
