#!/bin/sh
# forky.sh: as root, creates /var/cache/doskara/forky with current Docker programs, unless it exists.
# They are packages of Debian's next release, and are not installed on this machine.
set -eu
PATH=$PATH:/usr/sbin:/sbin
packages=docker.io,docker-cli,docker-buildx,containerd
mirror=${DEBIAN_MIRROR:-} # empty for debootstrap's default
cache=/var/cache/doskara
whole=$cache/forky/.packages

# another list means another tree
is_whole() { [ "$(cat $whole 2>/dev/null)" = $packages ]; }
is_whole && exit 0
mkdir -p $cache
# of two runs at a time, the second one waits for the first
exec 9>$cache/forky.lock
flock 9
is_whole && exit 0

echo 'making a tree of Debian forky for its Docker: a minute or two, once'
# debootstrap uses wget, which does not know apt's proxy
[ -n "${http_proxy:-}" ] || eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
[ -z "${http_proxy:-}" ] || export http_proxy
new=$cache/forky.new
rm -rf $new
# even if killed, it leaves no mounts
if ! unshare --mount --propagation private debootstrap --variant=minbase --include=$packages --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  forky $new "$mirror" /usr/share/debootstrap/scripts/sid >$cache/forky.log 2>&1; then
  tail -n 5 $cache/forky.log >&2
  echo "error: cannot install Debian forky${mirror:+ from $mirror}, whose Docker the tests use" >&2
  echo "hint: see $cache/forky.log; to use another mirror: DEBIAN_MIRROR=http://…/debian npm test" >&2
  exit 1
fi
rm -rf $new/var/cache/apt/archives/*.deb $new/var/lib/apt/lists/* $cache/forky
echo $packages >$new/.packages
mv $new $cache/forky
