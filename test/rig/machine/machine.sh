#!/bin/sh
# machine.sh UID:GID "PID..." COMMAND [ARG...]: as root, runs a command as a user on a machine made of namespaces, with
# TMPDIR in /var/tmp, and removes that directory afterwards. Ends on a signal, or when one of the processes exits.
set -u
user=$1 owners=$2
shift 2
here=$(dirname "$0")
. "$here/cgroups.sh"

# remove what earlier runs left whose machine.sh was killed; a directory created just now has no lock yet
sweep() {
  for old in $(find /var/tmp -maxdepth 1 -name 'doskara-rig-*' -type d -mmin +1); do
    flock --nonblock "$old" rm -rf "$old"
  done
  for cgroup in $(cgroup_points | sed 's|$|/doskara-rig-*|'); do
    [ -d "/var/tmp/${cgroup##*/}" ] || remove_cgroup "$cgroup"
  done
}
sweep

folder=$(mktemp -d /var/tmp/doskara-rig-XXXXXX) || exit
name=${folder##*/}
chmod 755 "$folder"
chown "$user" "$folder"
exec 9<"$folder"
flock 9

# if this script is killed, unshare dies with it, then process 1 of the machine, and with it all others
TMPDIR=$folder setpriv --pdeathsig KILL sh "$here/join.sh" "$name" "$user" "$@" &
unshare=$!
# unshare outlives its child, so that waiting for it means waiting for everything
end() {
  read -r first <"/proc/$unshare/task/$unshare/children" 2>/dev/null
  kill -KILL ${first:-$unshare} 2>/dev/null
}
trap 'told=130; end' INT
trap 'told=143; end' TERM HUP
{ while kill -0 $owners 2>/dev/null; do sleep 1; done; kill -TERM $$; } 9<&- &
watch=$!

told=
wait $unshare
status=$?
[ -z "$told" ] || { wait $unshare; status=$told; }
trap '' INT TERM HUP
kill $watch 2>/dev/null
rm -rf "$folder"
for point in $(cgroup_points); do remove_cgroup "$point/$name"; done
exit $status
