#!/bin/sh
# in-cgroup.sh NAME COMMAND [ARG...]: runs a command in a child of a cgroup: on version 2, one with processes of its own
# could have no others below it.
set -eu
name=$1
shift
root=/sys/fs/cgroup
[ ! -d $root/cpu ] || root=$root/cpu
mkdir -p "$root/$name/daemon"
echo $$ >"$root/$name/daemon/cgroup.procs"
exec "$@"
