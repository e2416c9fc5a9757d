import type { Facts, Word } from './spec.ts';

/** A completion script for zsh, to be installed in its fpath as _doskara. */
export function zshScript(facts: readonly Facts[]): string {
  return `#compdef doskara
# printed by: doskara completion zsh

_doskara_facts() {
  subcommands=() options=() values=() kinds=()
  case $1 in
${facts.map(caseOf).join('\n')}
  esac
}
${ENGINE}`;
}

function caseOf({ path, subcommands, options, values, kinds }: Facts): string {
  return `    '${path}')
      subcommands=(${subcommands.map(described).join(' ')})
      options=(${options.map(described).join(' ')})
      values=(${values.map(([option, kind]) => `${option} '${kind}'`).join(' ')})
      kinds=(${kinds.map((kind) => `'${kind}'`).join(' ')}) ;;`;
}

/** `word:meaning`, as _describe expects it. */
function described({ word, meaning }: Word): string {
  return `'${`${word}:${meaning}`.replaceAll("'", "'\\''")}'`;
}

const ENGINE = String.raw`
_doskara_offer() {
  local -a names
  local line
  for line in "\${(@f)$(doskara complete "$@" 2>/dev/null)}"; do
    [[ -z $line ]] || names+=("\${line%%$'\t'*}:\${line#*$'\t'}")
  done
  _describe -V "$1" names
}

_doskara() {
  local -a subcommands options kinds given
  local -A values
  local route option word kind
  _doskara_facts ''
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $option ]]; then option=
    elif [[ $word == -* ]]; then (( \${+values[$word]} )) && option=$word
    elif (( \${subcommands[(I)\${(b)word}:*]} )); then
      route="\${route:+$route }$word"
      _doskara_facts "$route"
    else given+=("$word")
    fi
  done
  if [[ -z $option && $PREFIX == --*=* ]]; then
    option=\${PREFIX%%=*}
    compset -P '*='
  fi
  if [[ -n $option ]]; then kind=\${values[$option]}
  elif [[ $PREFIX == -* ]]; then _describe -o option options; return
  elif (( $#subcommands )); then _describe command subcommands; return
  elif (( $#given < $#kinds )); then kind=\${kinds[$#given + 1]%+}
  elif [[ \${kinds[-1]} == *+ ]]; then kind=\${kinds[-1]%+}
  fi
  case $kind in
    none | '') _message 'nothing to offer' ;;
    files) _files ;;
    repos) _doskara_offer apps; _files -/ ;;
    list) compset -P '*,'; _doskara_offer apps ;;
    '='*) compadd -- \${(s:,:)\${kind#=}} ;;
    *) _doskara_offer $kind $given ;;
  esac
}

_doskara "$@"`.replaceAll('\\${', '${');
