#!/bin/sh
# boot.sh CGROUP OPTION...: runs systemd-nspawn with these options, in its own cgroup and in a mount namespace that dies
# with it. Without options, kills everything in that cgroup, or in all cgroups that a pattern matches, and removes it.
# The machine's systemd gets only cgroup v2, whatever the host has, since systemd-nspawn looks for it here.
set -eu
cgroup=$1
shift
mount --make-rprivate /
umount --recursive --lazy /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run # for what systemd-nspawn leaves in /run/systemd/nspawn
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
# without this, the filter blocks bpf and keyrings, which Docker in a machine needs
export SYSTEMD_SECCOMP=0
# the release decides what /tmp is
export SYSTEMD_NSPAWN_TMPFS_TMP=0
exec systemd-nspawn "$@"
