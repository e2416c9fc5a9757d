#!/bin/sh
# join.sh CGROUP UID:GID COMMAND [ARG...]: enters new cgroups and namespaces, then continues in boot.sh.
set -eu
here=$(dirname "$0")
. "$here/cgroups.sh"

for point in $(cgroup_points); do
  mkdir "$point/$1" || continue
  # version 1: a new cpuset has neither CPUs nor memory nodes
  for file in cpuset.mems cpuset.cpus; do
    [ ! -e "$point/$1/$file" ] || [ -e "$point/cgroup.controllers" ] || cat "$point/$file" >"$point/$1/$file"
  done
  # version 1: otherwise it would weigh no more than a single process outside
  [ ! -e "$point/$1/cpu.shares" ] || echo 16384 >"$point/$1/cpu.shares"
  echo $$ >"$point/$1/cgroup.procs"
done
shift
exec unshare --cgroup --mount --propagation private sh "$here/boot.sh" cgroups "$@"
