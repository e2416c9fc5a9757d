# Answers pushes that touch only refs which are not built, in the words of src/push/post-receive.ts, but without paying for
# node's start: a few branches and tags with plain names, in a repository that sets neither branches nor its app's name.
# Returns in all other cases, and node takes over. Unlike node, it does not look at the values of other settings.
# $updates: the beginning of the hook's standard input; the rest is still to be read.
store_only() {
  [ "${GIT_PUSH_OPTION_COUNT:-0}" = 0 ] && [ ! -e hooks/post-receive.kept ] && [ ! -e reftable ] || return
  read -r symref main <HEAD || return
  case $symref:$main in
    ref::refs/heads/*) ;;
    *) return ;;
  esac
  case $updates in
    *" $main$newline"*) return ;; # the branch that is built
  esac
  is_plain "$main" && ! is_symbolic "$main" || return
  app=$(pwd -P && echo .)
  app=${app%"$newline".}
  app=${app##*/}
  case $app in
    *.git) app=${app%.git} ;;
    *) return ;;
  esac
  case $app in
    '' | *[!abcdefghijklmnopqrstuvwxyz0123456789-]* | -* | *- | *--*) return ;;
  esac
  [ ${#app} -le 63 ] && describe_updates && are_usual || return
  printf "%s$to_build_head\n$nothing_built\n" "$sentences" "${main#refs/heads/}" "$app"
  exit
}

# Sets $sentences. Fails if one of the updates is only for node.
describe_updates() {
  sentences=
  while read -r old new ref; do
    is_plain "$ref" && ! is_symbolic "$ref" || return
    case $old$new in
      *[!0123456789abcdef]*) return 1 ;;
    esac
    case $new in
      *[!0]*) ;;
      *) return 1 ;; # deleted
    esac
    case $old in
      *[!0]*) format=$updated ;;
      *) format=$stored ;;
    esac
    case $ref in
      refs/heads/*) what="branch ${ref#refs/heads/}" ;;
      refs/tags/*) what="tag ${ref#refs/tags/}" ;;
    esac
    sentences=$sentences$(printf "$format" "$what" "$app" "${main#refs/heads/}")$newline
  done <<END
${updates%"$newline"}
END
}

# A branch or a tag whose name reads the same in every terminal, locale and shell.
is_plain() {
  case $1 in
    *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-]* | */.* | *//* | */) return 1 ;;
    refs/heads/?* | refs/tags/?*) ;;
    *) return 1 ;;
  esac
}

# Git tells a hook the name that was pushed to, which may be a symbolic ref to a branch that is built.
is_symbolic() {
  start=
  read -r start rest <"$1" # fails, too, at a line without an end
  case $start in
    ref:*) ;;
    *) return 1 ;;
  esac
}

# Whether all settings are known, and none of them makes a difference here.
are_usual() {
  keys=$(
    unset GIT_CONFIG GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM # as node does
    git config --name-only --get-regexp '^doskara\.'
  ) || [ $? = 1 ] || return
  for key in $keys; do
    case " $indifferent_settings " in
      *" $key "*) ;;
      *) return 1 ;;
    esac
  done
}

newline='
'
# `read` takes no more than a line of the pipe
updates= count=0
while [ $count -lt 10 ] && { IFS= read -r line || [ -n "$line" ]; }; do
  updates=$updates$line$newline
  count=$((count + 1))
done
[ $count = 10 ] || store_only 2>/dev/null
export DOSKARA_UPDATES="$updates"
