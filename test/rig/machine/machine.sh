#!/bin/sh
# machine.sh UID:GID "PID..." COMMAND [ARG...]: as root, runs a command as a user on a machine made of namespaces, with
# TMPDIR in /var/tmp, and removes the folder when all is over. Ends it when it is told to, or when one of the processes ends.
set -u
user=$1 owners=$2
shift 2
here=$(dirname "$0")
. "$here/cgroups.sh"

# what runs before this one have left whose machine.sh was killed itself; a folder that is made just now has no lock yet
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

# killed itself, this script takes unshare with it, and unshare the first process of the machine, and that one the others
TMPDIR=$folder setpriv --pdeathsig KILL sh "$here/join.sh" "$name" "$user" "$@" &
unshare=$!
# unshare can be waited for until all others have ended if it outlives its child
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
