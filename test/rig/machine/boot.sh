#!/bin/sh
# boot.sh STAGE UID:GID COMMAND [ARG...]: makes the machine from inside. Nothing here is seen from outside.
set -eu
here=$(dirname "$0")
stage=$1
shift

case $stage in
cgroups) # of our own: what docker makes is found where it is on other machines
  . "$here/cgroups.sh"
  mounts=$(cgroup_mounts)
  links=$(find /sys/fs/cgroup -maxdepth 1 -type l -printf '%f:%l ')
  umount --recursive --lazy /sys/fs/cgroup
  case $mounts in '/sys/fs/cgroup cgroup2 '*) ;; *) mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup ;; esac
  printf '%s\n' "$mounts" | while read -r point type options; do
    mkdir -p "$point"
    mount -t "$type" ${options:+-o "$(echo "$options" | sed -E 's/^(ro|rw),?//')"} cgroup "$point"
    [ "$type" = cgroup2 ] || continue
    # only a cgroup without processes can hand controllers on
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
  # no daemon of the outer machine is within reach: its containerd, docker, systemd
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -m 755 /run/sshd /run/lock
  # sshd without PAM refuses users without a password, as cloud images have them
  (umask 077 && sed -E 's/^([^:]*):!+[^:]*:/\1:*:/' /etc/shadow >/run/shadow)
  mount --bind /run/shadow /etc/shadow
  # a checkout may be where only its owner may go, and the tests are other users as well
  if [ -e dist/node ]; then
    cp -R --no-dereference --preserve=mode dist "$TMPDIR"
    rm "$TMPDIR/dist/node"
    touch "$TMPDIR/dist/node"
    mount --bind "$(readlink -f dist/node)" "$TMPDIR/dist/node"
  fi
  [ "$user" = 0:0 ] || set -- setpriv --reuid "${user%:*}" --regid "${user#*:}" --init-groups -- "$@"
  # as the first process this shell takes in those whose parents have ended
  "$@"
  exit $?
  ;;
esac
