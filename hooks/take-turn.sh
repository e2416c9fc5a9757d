# Beyond sixteen hooks that start at the same time, as many more as the machine has processors start in turn: each takes
# 20 MB, and if a hundred start at once, all are late. src/builds/start-turn.ts ends a turn. A hook that has waited for a
# minute starts all the same.
export DOSKARA_STARTING=
take_turn() {
  # a build goes on after Ctrl-C of a pusher on this machine
  [ "${0##*/}" = pre-receive ] || trap '' HUP INT
  folder=${cache%/*}
  [ -d "$folder" ] || mkdir -p -m 700 "$folder"
  lock_file "$folder/starting.$(($$ % 16))" || return
  DOSKARA_STARTING=9
  flock --nonblock 9 && return
  processors=
  read -r processors </sys/devices/system/cpu/online
  lock_file "$folder/starting-later.$(($$ % (${processors##*[-,]} + 1)))" || return
  flock --timeout 2 9 || { echo "$starts_later" && flock --timeout 58 9; }
}
# `command` keeps a shell alive that cannot open the file.
lock_file() {
  command exec 9>>"$1"
}
[ -z "$cache" ] || take_turn 2>/dev/null
