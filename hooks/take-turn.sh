# About sixteen hooks may start at once. Beyond that, one more for each processor, and the others wait: each takes 20 MB, and
# if a hundred start at once, all of them are slow. src/builds/start-turn.ts ends a turn. After a minute, a hook starts
# regardless.
export DOSKARA_STARTING=
take_turn() {
  # a build goes on after Ctrl-C of a pusher on this machine, and when nobody reads what we say
  [ "${0##*/}" = pre-receive ] || trap '' HUP INT PIPE
  folder=${cache%/*}
  [ -d "$folder" ] || mkdir -p -m 700 "$folder"
  lock_file "$folder/starting.$(($$ % 16))" || return
  DOSKARA_STARTING=9
  flock --nonblock 9 && return
  [ $? = 1 ] || return # it is not held: flock failed
  processors=
  read -r processors </sys/devices/system/cpu/online
  lock_file "$folder/starting-later.$(($$ % (${processors##*[-,]} + 1)))" || return
  flock --timeout 2 9 && return
  echo "$starts_later"
  flock --timeout 58 9
}
# Without `command`, a redirection of `exec` that fails would end the shell.
lock_file() {
  command exec 9>>"$1"
}
[ -z "$cache" ] || take_turn 2>/dev/null
