#!/bin/sh
# boot.sh CGROUP OPTION...: systemd-nspawn with the options, in a mount namespace that dies with it and a cgroup of its own;
# without options ends all that runs in that cgroup, or in all that a pattern names, and removes it.
# The machine's systemd gets cgroup v2 alone, whatever the host has: that is what systemd-nspawn looks for here.
set -eu
cgroup=$1
shift
mount --make-rprivate /
umount --recursive --lazy /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run # what systemd-nspawn leaves in /run/systemd/nspawn
if [ $# = 0 ]; then
  # shellcheck disable=SC2086
  set -- /sys/fs/cgroup/$cgroup
  tries=0
  until [ ! -d "$1" ] || find "$@" -depth -type d -exec rmdir {} + 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || exit 1
    find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
    sleep 0.1
  done
  exit 0
fi
mkdir -p "/sys/fs/cgroup/$cgroup"
echo $$ >"/sys/fs/cgroup/$cgroup/cgroup.procs"
# the filter keeps bpf and keyrings from containers, which Docker in a machine needs
export SYSTEMD_SECCOMP=0
# /tmp is what the release itself makes of it
export SYSTEMD_NSPAWN_TMPFS_TMP=0
exec systemd-nspawn "$@"
