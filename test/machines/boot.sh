#!/bin/sh
# boot.sh CGROUP OPTION...: systemd-nspawn with the options, in a mount namespace that dies with it and a cgroup of its own.
# The machine's systemd gets cgroup v2 alone, whatever the host has: that is what systemd-nspawn looks for here.
set -eu
cgroup=$1
shift
mount --make-rprivate /
umount --recursive --lazy /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run # what systemd-nspawn leaves in /run/systemd/nspawn
mkdir -p "/sys/fs/cgroup/$cgroup"
[ $# -gt 0 ] || { find "/sys/fs/cgroup/$cgroup" -depth -type d -exec rmdir {} +; exit 0; }
echo $$ >"/sys/fs/cgroup/$cgroup/cgroup.procs"
# the filter keeps bpf and keyrings from containers, which Docker in a machine needs
export SYSTEMD_SECCOMP=0
# /tmp is what the release itself makes of it
export SYSTEMD_NSPAWN_TMPFS_TMP=0
exec systemd-nspawn "$@"
