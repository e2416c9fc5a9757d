#!/bin/sh
# Installs what is needed to boot other machines here: systemd-nspawn, debootstrap, and a network with internet access.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
need systemd-nspawn systemd-container
need debootstrap debootstrap
need iptables iptables
need ip iproute2
need unshare util-linux
need sysctl procps
need git git
[ -n "$missing" ] || exit 0
echo "installing packages to boot machines:$missing"
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
