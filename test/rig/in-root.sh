#!/bin/sh
# in-root.sh ROOT COMMAND [ARG...]: runs a command in another root, mounted read-only.
# The caller provides a mount namespace. chroot will not do, since dockerd needs its root to be a mount.
set -eu
root=$1
shift
new=/mnt
mount --bind "$root" $new
mount -o remount,bind,ro $new
# the tests' directories are in /var/tmp, and have the same name inside
for folder in proc sys dev var/tmp; do mount --rbind /$folder $new/$folder; done
for folder in run tmp opt; do mount -t tmpfs tmpfs $new/$folder; done
cd $new
pivot_root . .
umount -l .
export PATH=/usr/sbin:/usr/bin
exec "$@"
