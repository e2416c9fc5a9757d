# The git commands of a pusher's key, `doskara serve NAME [--apps A,B]`, run as serve.ts runs them but without starting
# node, which takes 75 ms of every push and fetch. Returns for everything else, and for whatever is refused: node answers.
serve_git() {
  case $#:${3-} in
    2:) unset limit ;;
    4:--apps) limit=$4 ;;
    *) return ;;
  esac
  name=$2
  case ${SSH_ORIGINAL_COMMAND-} in
    "git-receive-pack '"*"'" | "git receive-pack '"*"'") service=git-receive-pack ;;
    "git-upload-pack '"*"'" | "git upload-pack '"*"'") service=git-upload-pack ;;
    *) return ;;
  esac
  path=${SSH_ORIGINAL_COMMAND#*\'}
  path=${path%\'}
  # what sshd's AcceptEnv may let a client set is not passed on: git reads configuration and programs from it
  set -- env -i GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE=/dev/null/grafts "DOSKARA_PUSHER=$name" \
    ${HOME+"HOME=$HOME"} ${USER+"USER=$USER"} ${LOGNAME+"LOGNAME=$LOGNAME"} ${SHELL+"SHELL=$SHELL"} \
    ${PATH+"PATH=$PATH"} ${TZ+"TZ=$TZ"} ${LANG+"LANG=$LANG"} ${LANGUAGE+"LANGUAGE=$LANGUAGE"} \
    ${LC_ALL+"LC_ALL=$LC_ALL"} ${LC_CTYPE+"LC_CTYPE=$LC_CTYPE"} ${LC_MESSAGES+"LC_MESSAGES=$LC_MESSAGES"} \
    ${SSH_CLIENT+"SSH_CLIENT=$SSH_CLIENT"} ${SSH_CONNECTION+"SSH_CONNECTION=$SSH_CONNECTION"} \
    ${SSH_ORIGINAL_COMMAND+"SSH_ORIGINAL_COMMAND=$SSH_ORIGINAL_COMMAND"} \
    ${SSH_USER_AUTH+"SSH_USER_AUTH=$SSH_USER_AUTH"} ${GIT_PROTOCOL+"GIT_PROTOCOL=$GIT_PROTOCOL"}
  root=$("$@" git -C / config --get doskara.root) || root=/srv/git
  case $path in
    "$root"/*) app=${path#"$root"/} ;;
    "~/"*) app=${path#"~/"} ;;
    /*) app=${path#/} ;;
    *) app=$path ;;
  esac
  app=${app%/}
  app=${app%.git}
  is_app_name "$app" && is_open "$app" ${limit+"$limit"} && [ -e "$root/$app.git/HEAD" ] || return
  exec "$@" /usr/bin/git-shell -c "$service '$root/$app.git'"
}

# The rule of contract.ts. The letters are listed because in some locales a-z has more.
is_app_name() {
  case $1 in
    '' | *[!abcdefghijklmnopqrstuvwxyz0123456789._-]*) return 1 ;;
    [._-]* | *[._-] | *[._-][._-]* | *.git) return 1 ;;
  esac
  [ ${#1} -le 63 ]
}

# A misspelled list of apps lets nobody in.
is_open() {
  [ $# = 2 ] || return 0
  case ,$2, in
    *,"$1",*) ;;
    *) return 1 ;;
  esac
  left=$2,
  while [ -n "$left" ]; do
    is_app_name "${left%%,*}" || return 1
    left=${left#*,}
  done
}

[ "${1-}" != serve ] || serve_git "$@"
