#!/bin/sh
# guard.sh RUN BRIDGE FORWARDING FOLDER...: waits until standard input is closed, as it is when process RUN exits. Then it
# removes what a run left behind: cgroups, the bridge and directories, and turns IP forwarding off if it was off.
set -u
PATH=$PATH:/usr/sbin:/sbin
here=$(dirname "$0")
run=$1 bridge=$2 forwarding=$3
shift 3

cat >/dev/null

# systemd-nspawn dies with the run, but its machine does not, and files may still be being copied
tries=0
until unshare --mount sh "$here/boot.sh" "doskara-$run-*" && rm -rf --one-file-system "$@"; do
  tries=$((tries + 1))
  [ $tries -lt 60 ] || break
  sleep 1
done 2>/dev/null

for from in 'nat POSTROUTING' 'filter FORWARD'; do
  iptables -w -t "${from% *}" -D "${from#* }" -j "$bridge"
  iptables -w -t "${from% *}" -F "$bridge"
  iptables -w -t "${from% *}" -X "$bridge"
done 2>/dev/null
ip link delete "$bridge" 2>/dev/null
# another run may need it by now
[ "$forwarding" = 1 ] || ip link show type bridge | grep -q dskm || sysctl -qw net.ipv4.ip_forward=0
