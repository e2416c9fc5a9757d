#!/bin/sh
# join.sh CGROUP UID:GID COMMAND [ARG...]: enters new cgroups and namespaces, and goes on in boot.sh.
set -eu
here=$(dirname "$0")
. "$here/cgroups.sh"

for point in $(cgroup_points); do
  mkdir "$point/$1" || continue
  # of version 1: a new one has neither processors nor memory to run on
  for file in cpuset.mems cpuset.cpus; do
    [ ! -e "$point/$1/$file" ] || [ -e "$point/cgroup.controllers" ] || cat "$point/$file" >"$point/$1/$file"
  done
  # of version 1, too: it would weigh no more than a single process outside
  [ ! -e "$point/$1/cpu.shares" ] || echo 16384 >"$point/$1/cpu.shares"
  echo $$ >"$point/$1/cgroup.procs"
done
shift
exec unshare --cgroup --mount --propagation private sh "$here/boot.sh" cgroups "$@"
