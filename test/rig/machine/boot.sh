#!/bin/sh
# boot.sh STAGE UID:GID COMMAND [ARG...]: sets up the machine from inside. Nothing of it is visible outside.
set -eu
here=$(dirname "$0")
stage=$1
shift

case $stage in
cgroups) # our own, so that docker's cgroups have the same paths as on other machines
  . "$here/cgroups.sh"
  mounts=$(cgroup_mounts)
  links=$(find /sys/fs/cgroup -maxdepth 1 -type l -printf '%f:%l ')
  umount --recursive --lazy /sys/fs/cgroup
  case $mounts in '/sys/fs/cgroup cgroup2 '*) ;; *) mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup ;; esac
  printf '%s\n' "$mounts" | while read -r point type options; do
    mkdir -p "$point"
    mount -t "$type" ${options:+-o "$(echo "$options" | sed -E 's/^(ro|rw),?//')"} cgroup "$point"
    [ "$type" = cgroup2 ] || continue
    # only a cgroup without processes can pass on controllers
    mkdir "$point/init"
    echo $$ >"$point/init/cgroup.procs"
    for controller in $(cat "$point/cgroup.controllers"); do
      echo "+$controller" >"$point/cgroup.subtree_control" 2>/dev/null || :
    done
  done
  for link in $links; do ln -s "${link#*:}" "/sys/fs/cgroup/${link%%:*}"; done
  exec unshare --pid --net --ipc --fork --kill-child sh "$0" machine "$@"
  ;;
machine)
  user=$1
  shift
  mount -t proc proc /proc
  ip link set lo up
  # hide the outer machine's daemons: containerd, docker, systemd
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -m 755 /run/sshd /run/lock
  # sshd without PAM refuses users with a locked password, which cloud images have
  (umask 077 && sed -E 's/^([^:]*):!+[^:]*:/\1:*:/' /etc/shadow >/run/shadow)
  mount --bind /run/shadow /etc/shadow
  # the checkout may be in a private directory, but the tests also run as other users
  if [ -e dist/node ]; then
    cp -R --no-dereference --preserve=mode dist "$TMPDIR"
    rm "$TMPDIR/dist/node"
    touch "$TMPDIR/dist/node"
    mount --bind "$(readlink -f dist/node)" "$TMPDIR/dist/node"
  fi
  [ "$user" = 0:0 ] || set -- setpriv --reuid "${user%:*}" --regid "${user#*:}" --init-groups -- "$@"
  # as process 1, this shell adopts orphans
  "$@"
  exit $?
  ;;
esac
