# At most two hooks for each processor start at once, and the others wait: if a hundred start at once, all of them are slow,
# and each takes 20 MB. src/builds/start-turn.ts ends a turn. After a minute, a hook starts regardless.
export DOSKARA_STARTING=
take_turn() {
  # a build goes on after Ctrl-C of a pusher on this machine, and when nobody reads what we say
  [ "${0##*/}" = pre-receive ] || trap '' HUP INT PIPE
  folder=${cache%/*}
  [ -d "$folder" ] || mkdir -p -m 700 "$folder"
  processors=
  read -r processors </sys/devices/system/cpu/online
  processors=$((${processors##*[-,]} + 1))
  lock_file "$folder/starting.$(($$ % processors))" || return
  DOSKARA_STARTING=9
  flock --nonblock 9 && return
  [ $? = 1 ] || return # it is not held: flock failed
  lock_file "$folder/starting-next.$(($$ / processors % processors))" || return
  flock --timeout 2 9 && return
  echo "$starts_later"
  flock --timeout 58 9
}
# Without `command`, a redirection of `exec` that fails would end the shell.
lock_file() {
  command exec 9>>"$1"
}
[ -z "$cache" ] || take_turn 2>/dev/null
