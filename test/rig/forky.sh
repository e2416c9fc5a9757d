#!/bin/sh
# forky.sh: as root, makes /var/cache/doskara/forky, where the programs of today's Docker are, unless it is there.
# They come from Debian's next release, as its packages; nothing of it is installed on this machine.
set -eu
PATH=$PATH:/usr/sbin:/sbin
packages=docker.io,docker-cli,docker-buildx,containerd
mirror=${DEBIAN_MIRROR:-} # empty: the one that debootstrap takes by itself
cache=/var/cache/doskara
whole=$cache/forky/.packages

# a list that has changed means another tree
is_whole() { [ "$(cat $whole 2>/dev/null)" = $packages ]; }
is_whole && exit 0
mkdir -p $cache
# two runs at a time: the second one waits for the first one's
exec 9>$cache/forky.lock
flock 9
is_whole && exit 0

echo 'making a tree of Debian forky for its Docker: a minute or two, once'
# debootstrap fetches with wget, which knows nothing of apt's proxy
[ -n "${http_proxy:-}" ] || eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
[ -z "${http_proxy:-}" ] || export http_proxy
new=$cache/forky.new
rm -rf $new
# killed half-way, it leaves no mounts
if ! unshare --mount --propagation private debootstrap --variant=minbase --include=$packages --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  forky $new "$mirror" /usr/share/debootstrap/scripts/sid >$cache/forky.log 2>&1; then
  tail -n 5 $cache/forky.log >&2
  echo "error: no Debian forky${mirror:+ from $mirror}, whose Docker the tests run on" >&2
  echo "hint: $cache/forky.log tells all; another mirror: DEBIAN_MIRROR=http://…/debian npm test" >&2
  exit 1
fi
rm -rf $new/var/cache/apt/archives/*.deb $new/var/lib/apt/lists/* $cache/forky
echo $packages >$new/.packages
mv $new $cache/forky
