#!/bin/sh
# Installs the Debian packages that the tests need: Docker Engines, a registry and sshd.
set -eu
PATH=$PATH:/usr/sbin:/sbin
here=$(dirname "$0")

if [ "$(id -u)" = 0 ]; then root=
elif sudo -n true 2>/dev/null; then root='sudo -n'
else root=none
fi

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
need debootstrap debootstrap
need dockerd docker.io
need docker-registry docker-registry
need skopeo skopeo
need openssl openssl
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
[ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || missing="$missing busybox-static"
# 20.10 is one package, with BuildKit in the CLI; later versions are three
case $(/usr/bin/docker --version 2>/dev/null) in
'Docker version 20.'*) ;;
'') missing="$missing docker.io docker-cli docker-buildx" ;;
*) /usr/bin/docker buildx version >/dev/null 2>&1 || missing="$missing docker-buildx" ;;
esac

install() {
  $root apt-get update -qq
  packages=
  for package in $(printf '%s\n' $missing | sort -u); do
    case $package in
    docker-cli | docker-buildx) apt-cache show $package >/dev/null 2>&1 || continue ;;
    esac
    packages="$packages $package"
  done
  [ -n "$packages" ] || return 0
  echo "installing packages for the tests:$packages"
  # don't start the packages' services: the tests start their own, on loopback
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null
    $root chmod +x $policy
    trap '$root rm -f $policy' EXIT
  fi
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
}

if [ "$root" = none ]; then
  echo "error: the tests start daemons, which needs root, or sudo without a password" >&2
  [ -z "$missing" ] || echo "hint: these packages are missing, too: apt-get install$missing" >&2
  exit 1
fi
[ -z "$missing" ] || install
$root env ${http_proxy:+http_proxy="$http_proxy"} ${DEBIAN_MIRROR:+DEBIAN_MIRROR="$DEBIAN_MIRROR"} sh "$here/forky.sh"
