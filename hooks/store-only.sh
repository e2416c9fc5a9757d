# Answers a push of other branches and tags as src/push/post-receive.ts does, but without starting node, which takes longer
# than the rest of the hook: a few updates of refs with plain names, in a repository that sets neither branches nor its
# app's name. Returns for everything else: node answers. $updates: the hook's standard input.
store_only() {
  [ "${GIT_PUSH_OPTION_COUNT:-0}" = 0 ] && [ ! -e hooks/post-receive.kept ] && [ ! -e reftable ] || return
  read -r symref main <HEAD || return
  case $updates$newline in
    *" $main$newline"*) return ;; # the branch that is built
  esac
  [ "$symref" = ref: ] && is_plain "$main" && ! is_symbolic "$main" || return
  app=$(pwd -P)
  app=${app##*/}
  case $app in
    *.git) app=${app%.git} ;;
    *) return ;;
  esac
  case $app in
    '' | *[!abcdefghijklmnopqrstuvwxyz0123456789-]* | -* | *- | *--*) return ;;
  esac
  [ ${#app} -le 63 ] && describe_updates || return
  git config --get-regexp '^doskara\.(app|branch|color)$' >/dev/null
  [ $? = 1 ] || return # there is one
  printf "%s$to_build_head\n$nothing_built\n" "$sentences" "${main#refs/heads/}" "$app"
  exit
}

# Sets $sentences. Fails if there are more than ten, or if one is not for us.
describe_updates() {
  sentences= count=0
  while read -r old new ref; do
    count=$((count + 1))
    [ $count -le 10 ] && is_plain "$ref" && ! is_symbolic "$ref" || return
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
$updates
END
}

# A branch or a tag whose name reads the same in every terminal, locale and shell.
is_plain() {
  case $1 in
    *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-]*) return 1 ;;
    refs/heads/?* | refs/tags/?*) ;;
    *) return 1 ;;
  esac
}

# Git tells a hook the name that was pushed to; it may lead to a branch that is built.
is_symbolic() {
  read -r start rest <"$1" && [ "$start" = ref: ]
}

newline='
'
# most pushes have one line: no other program reads it
IFS= read -r updates
if IFS= read -r more || [ -n "$more" ]; then
  updates=$updates$newline$more$newline$(cat)
  updates=${updates%"$newline"}
fi
store_only 2>/dev/null
