#!/bin/sh
# What the tests start for real: a Docker Engine, a registry and sshd, from Debian. Installs what is missing.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
need git git
need ssh openssh-client
need sshd openssh-server
need setpriv util-linux
need groff groff-base
need ip iproute2
need ps procps
need mkfs.ext4 e2fsprogs
need dockerd docker.io
need docker-registry docker-registry
[ -x /usr/bin/docker ] || missing="$missing docker.io"
[ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || missing="$missing busybox-static"
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
[ -n "${missing% }" ] || exit 0

if [ "$(id -u)" = 0 ]; then root=
elif sudo -n true 2>/dev/null; then root='sudo -n'
else
  echo "error: the tests need these packages: $missing" >&2
  echo "hint: as root: apt-get install $missing" >&2
  exit 1
fi
echo "installing what the tests need: $missing"
$root apt-get update -qq
# services of these packages are not started: the tests start their own, on loopback
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null
  $root chmod +x $policy
  trap '$root rm -f $policy' EXIT
fi
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
