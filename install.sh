#!/bin/sh
# Installs Doskara on Debian and Ubuntu. Safe to run again: it upgrades in place.
set -eu
umask 022

usage() {
  cat <<'END'
./install.sh [--registry HOST[:PORT]]    set up port, factory and warehouse on this machine, then push a test app;
                                         --registry: use this registry instead of a local one
./install.sh port --factory USER@HOST[:SSHPORT] [--host-key SHA256:...]
./install.sh factory --registry HOST[:PORT] [--base-image IMAGE] [--authorize KEY.pub [--apps A,B]]
                                         set up one of them; on later runs, --factory and --registry are optional
./install.sh [port|factory] --uninstall  remove Doskara; keeps repositories, images and settings
END
}

here=$(dirname "$(readlink -f "$0")")
lib=/usr/local/doskara
etc=/etc/doskara
root=/srv/git
state=/var/lib/doskara
sshd_conf=/etc/ssh/sshd_config.d/doskara.conf
limits_unit=/etc/systemd/system/doskara-limits.service
limits_cron=/etc/cron.d/doskara-limits
docker_conf=/etc/systemd/system/docker.service.d/doskara.conf
docker_default=/etc/default/docker
registry_conf=/etc/docker/registry/config.yml
log=/var/log/doskara-install.log
loopback=127.0.0.1:5000
man=/usr/local/share/man
bash_completion=/usr/share/bash-completion/completions/doskara
zsh_completion=/usr/share/zsh/vendor-completions/_doskara
fish_completion=/usr/share/fish/vendor_completions.d/doskara.fish
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "-----> $*"; }
note() { printf '       %s\n' "$*"; }
indent() { sed -u 's/^/       /'; }
warn() { printf 'warning: %s\nhint: %s\n' "$1" "$2" >&2; }
die() {
  printf 'error: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf 'hint: %s\n' "$2" >&2
  exit "${3:-1}"
}

# --- arguments -----------------------------------------------------------------------------------------------------

mode=all factory='' host_key='' registry='' base_image='' authorize='' apps='' uninstall=''
parse() {
  case ${1:-} in
    port | factory) mode=$1 && shift ;;
  esac
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --uninstall) uninstall=yes && shift && continue ;;
      --factory | --host-key | --registry | --base-image | --authorize | --apps) ;;
      *) usage >&2 && die "unknown option: $1" './install.sh --help' 2 ;;
    esac
    [ $# -gt 1 ] || die "option $1 needs a value" './install.sh --help' 2
    case $mode$1 in
      port--factory) factory=$2 ;;
      port--host-key) host_key=$2 ;;
      all--registry | factory--registry) registry=$2 ;;
      factory--base-image) base_image=$2 ;;
      factory--authorize) authorize=$2 ;;
      factory--apps) apps=$2 ;;
      *) die "option $1 cannot be used here" './install.sh --help' 2 ;;
    esac
    shift 2
  done
  [ -z "$uninstall" ] || return 0
  case $factory in *[!A-Za-z0-9@:._-]* | -*) die "invalid factory: $factory (expected USER@HOST[:SSHPORT])" '' 2 ;; esac
  case $registry in *[!a-z0-9:._/-]* | -*) die "invalid registry: $registry (expected HOST[:PORT])" '' 2 ;; esac
  case $apps in *[!a-z0-9,._-]*) die "invalid list of apps: $apps (expected A,B)" '' 2 ;; esac
  [ -z "$authorize" ] || [ -r "$authorize" ] || die "cannot read $authorize" 'pass the .pub file' 2
  [ -z "$authorize" ] || authorize=$(readlink -f "$authorize")
}

# npm runs before sudo, which drops proxy and certificate variables from the environment.
become_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null || die 'must be run as root (sudo not found)' "su -c '$0 $*'"
  # shellcheck disable=SC3067 # dash and busybox have -O, too
  if [ -z "$uninstall" ] && ! is_release && [ -O "$here" ] && command -v npm >/dev/null; then fetch; fi
  exec sudo -- "$0" "$@"
}

# Defaults from an earlier run.
earlier_settings() {
  [ -n "$factory" ] || factory=$(sed -n '/^# Doskara: begin/,/^# Doskara: end/s/^  \(User\|HostName\|Port\) //p' $root/.ssh/config 2>/dev/null |
    { read -r host && read -r port && read -r user && echo "$user@$host:$port"; }) || true
  [ -n "$registry" ] || registry=$(sed -n 's/^DOSKARA_REGISTRY=//p' $etc/factory.env 2>/dev/null | tail -n 1) || true
  registry_known=$registry
  [ "$mode" != all ] || registry=${registry:-$loopback}
  [ "$mode" != port ] || [ -n "$factory" ] || die '--factory is required' './install.sh port --factory docker@HOST' 2
  [ "$mode" != factory ] || [ -n "$registry" ] || die '--registry is required' './install.sh factory --registry HOST:PORT' 2
}

# --- shared by port and factory --------------------------------------------------------------------------------------

packages() {
  missing=
  for package in "$@"; do installed "$package" || missing="$missing $package"; done
  [ -n "$missing" ] || return 0
  say "Installing$missing"
  apt_lists
  # shellcheck disable=SC2086
  logged apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $missing || {
    tail -n 5 $log.last >&2
    die "apt-get install$missing failed" "${apt_fix:+$apt_fix; then run this again; }apt's output is in $log"
  }
}

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# A broken repository does not matter if the packages come from the others.
apt_lists() {
  [ -z "${apt_updated:-}" ] || return 0
  apt_updated=yes
  logged apt-get update -qq && return
  broken=$(sed -n "s/^E: .*'\([a-z+]*:[^ ]*\) .*/\1/p" $log.last | sort -u | head -n 1)
  grep '^E: ' $log.last | indent >&2 || true
  file=$([ -z "$broken" ] || grep -rlsF "${broken%/}" /etc/apt/sources.list /etc/apt/sources.list.d | head -n 1) || true
  apt_fix="fix or remove ${file:-its entry in /etc/apt/sources.list.d}, then run: apt-get update"
  warn "apt-get update failed${broken:+ for $broken}; continuing with the package lists apt has" "$apt_fix"
}

# apt_has PACKAGE: whether this release offers it
apt_has() { apt-cache policy "$1" 2>/dev/null | grep -q '^ *Candidate: [^(]'; }

# logged COMMAND...: appends its output to $log; $log.last has only this command's
logged() {
  printf '\n== %s\n' "$*" >>$log
  ended=0
  "$@" </dev/null >$log.last 2>&1 || ended=$?
  cat $log.last >>$log
  return $ended
}

# write_if_changed FILE: writes stdin to the file; succeeds if it changed
write_if_changed() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  if cmp -s "$1.new" "$1"; then rm "$1.new" && return 1; fi
  mv "$1.new" "$1"
  note "$1"
}

# A release contains the bundles and node. A clone is built with node from the npm registry, as the owner of the checkout.
bundles() {
  if is_release; then
    "$here/dist/node" --version >/dev/null 2>&1 || die "this release does not run on $(uname -m)" 'use the release that ends in -linux-x64 or -linux-arm64'
    return
  fi
  command -v npm >/dev/null || packages npm
  fetch
  say 'Building'
  as_owner npm run --silent build || die 'npm run build failed' "cd $here && npm ci && npm run build"
}

is_release() { [ ! -e "$here/package-lock.json" ]; }

fetch() {
  modules=$here/node_modules/.package-lock.json
  if [ -e "$modules" ] && [ ! "$here/package-lock.json" -nt "$modules" ]; then return; fi
  say 'Fetching packages from the npm registry'
  as_owner npm ci --loglevel=error --no-progress --no-fund --no-audit >/dev/null ||
    die 'npm ci failed' "run: cd $here && npm ci; then run this again"
}

# In some containers the owner has no account; root builds instead.
as_owner() {
  owner=$(stat -c %U "$here")
  if [ "$(id -u)" != 0 ] || [ "$owner" = root ] || ! getent passwd "$owner" >/dev/null; then (cd "$here" && "$@")
  else as "$owner" env -C "$here" "$@"; fi
}

# as USER COMMAND...
as() {
  user_name=$1 && shift
  runuser -u "$user_name" -- env HOME="$(home_of "$user_name")" USER="$user_name" LOGNAME="$user_name" "$@"
}

home_of() { getent passwd "$1" | cut -d: -f6; }

# Copies to a temporary name first, so that running programs keep their file.
put() {
  for file in "$@"; do
    mkdir -p "$(dirname "$lib/$file")"
    cmp -s "$here/dist/$file" "$lib/$file" && continue
    cp -L "$here/dist/$file" "$lib/$file.new"
    chmod 755 "$lib/$file.new"
    mv "$lib/$file.new" "$lib/$file"
    note "$lib/$file"
  done
}

is_up() {
  case $1 in
    docker) docker_answers ;;
    ssh) tcp_answers 127.0.0.1 "$(sshd_port)" ;;
    *) [ "$(registry_status)" = 200 ] ;;
  esac
}

# Starts a daemon, with or without systemd.
service_up() {
  is_up "$1" && return
  say "Starting $1"
  ! systemd || logged systemctl enable --now "$1" || true
  logged service "$1" start || [ "$1" != docker ] || start_docker_bare
  wait_for "$1"
}

restart() {
  say "Restarting $1"
  if systemd; then logged systemctl restart "$1" || true
  else
    logged service "$1" stop || true
    logged service "$1" start || [ "$1" != docker ] || start_docker_bare
  fi
  wait_for "$1"
}

systemd() { [ -d /run/systemd/system ]; }

wait_for() {
  tries=0
  until is_up "$1"; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || die "$1 did not start" "$(systemd && echo "journalctl -u $1" || echo "service $1 status")"
    sleep 0.5
  done
}

# docker.io's init script fails where it may not raise ulimits, as in some containers.
start_docker_bare() {
  note "service docker start failed; starting dockerd directly"
  # shellcheck disable=SC1090
  [ ! -e $docker_default ] || . $docker_default
  start-stop-daemon --start --oknodo --background --no-close --pidfile /var/run/docker-ssd.pid --make-pidfile \
    --exec "$(command -v dockerd)" -- -p /var/run/docker.pid >>/var/log/docker.log 2>&1
}

sshd_port() {
  port=$(sshd -T 2>/dev/null | sed -n 's/^port //p' | head -n 1)
  echo "${port:-22}"
}

docker_answers() { "$(docker_cli)" --host unix:///var/run/docker.sock version >/dev/null 2>&1; }
tcp_answers() { "$lib/node" -e "require('net').connect($2, '$1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"; }

# From version 23 on, the CLI needs the buildx plugin for BuildKit; Debian's 20.10 has BuildKit built in.
docker_cli() {
  for cli in docker /usr/bin/docker; do
    command -v $cli >/dev/null || continue
    $cli buildx version >/dev/null 2>&1 && echo $cli && return
    case $($cli version --format '{{.Client.Version}}' 2>/dev/null) in
      1[89].* | 2[012].*) echo $cli && return ;;
    esac
  done
  echo docker
}

# setting KEY VALUE: sets it in factory.env and keeps the other lines
setting() {
  mkdir -p $etc
  touch $etc/factory.env
  grep -qxF "$1=$2" $etc/factory.env && return
  { grep -v "^$1=" $etc/factory.env || true; echo "$1=$2"; } >$etc/factory.env.new
  mv $etc/factory.env.new $etc/factory.env
  note "$etc/factory.env: $1=$2"
}

# --- factory ---------------------------------------------------------------------------------------------------------

install_factory() {
  packages openssh-server util-linux
  docker_packages
  put node start.cjs runner.cjs build.sh examples/deploy.sh
  raise_log_limits
  service_up docker
  restart_docker_for_logs
  service_up ssh
  docker_user
  limit_builds
  sshd_settings
  setting DOSKARA_REGISTRY "$registry"
  prune_tags_daily
  [ -z "$base_image" ] || setting DOSKARA_BASE_IMAGE "$base_image"
  [ "$(docker_cli)" = docker ] || setting DOSKARA_DOCKER "$(docker_cli)"
  [ -z "$authorize" ] || authorize_key "$authorize"
}

# Since Debian 13, docker.io only recommends its CLI, and buildx is a separate package; Docker's own packages are split too.
docker_packages() {
  command -v dockerd >/dev/null || packages docker.io
  ! installed docker.io || if_apt_has docker-cli docker-buildx
  ! installed docker-ce || if_apt_has docker-ce-cli docker-buildx-plugin
  command -v "$(docker_cli)" >/dev/null ||
    die "docker command not found: dockerd is installed without Docker's CLI" 'run: apt-get install docker-cli; then run this again'
}

if_apt_has() {
  find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | grep -q . || apt_lists
  for package in "$@"; do
    installed "$package" || ! apt_has "$package" || packages "$package"
  done
}

# BuildKit truncates the output of a step at 2 MiB, and at 200 KiB/s, unless dockerd's environment raises the limits:
# https://github.com/moby/buildkit/blob/master/util/progress/logs/logs.go
raise_log_limits() {
  if systemd; then
    ! write_if_changed $docker_conf <<END || systemctl daemon-reload
# Written by Doskara: keep BuildKit from truncating build output.
[Service]
Environment=$(log_limits)
END
  else
    { without_our_lines $docker_default && cat <<END
# Doskara: begin
export $(log_limits)
# Doskara: end
END
    } | write_if_changed $docker_default || true
  fi
}

# -1 means unlimited. dockerd keeps the output of running builds in memory, so a step may print 512 MiB, and no endless
# output can take the machine with it. The BuildKit in Docker 20.10 treats -1 as zero, and hangs once a step prints more
# than 1 MiB between two of its checks (https://github.com/docker/buildx/issues/484), so with it only the first 1 MB of a
# step is kept.
log_limits() {
  size=536870912 speed=-1
  case $(dockerd --version) in *' version 1'[789].* | *' version 20.'*) size=1000000 speed=2147483647 ;; esac
  echo "BUILDKIT_STEP_LOG_MAX_SIZE=$size BUILDKIT_STEP_LOG_MAX_SPEED=$speed"
}

without_our_lines() { sed '/^# Doskara: begin/,/^# Doskara: end/d' "$1" 2>/dev/null || true; }

# A restart would kill running containers and builds; when to do that is the admin's choice.
restart_docker_for_logs() {
  ! dockerd_has_log_limits || return 0
  ! docker_is_idle || { restart docker && return; }
  warn 'docker is busy and was not restarted; until it restarts, the output of verbose builds is truncated' \
    "$(systemd && echo systemctl restart docker || echo service docker restart)"
}

dockerd_has_log_limits() {
  tr '\0' ' ' <"/proc/$(cat /var/run/docker.pid)/environ" | grep -qF "$(log_limits)"
}

# No running container, no build step, none of our builds.
docker_is_idle() {
  [ -z "$("$(docker_cli)" --host unix:///var/run/docker.sock ps -q)" ] || return 1
  ! cat /proc/[0-9]*/comm 2>/dev/null | grep -qxE '(buildkit-)?runc' || return 1
  for lock in "$state"/locks/*; do
    [ ! -f "$lock" ] || flock --nonblock "$lock" true || return 1
  done
}

# Limits the resources of builds with a cgroup, which root sets up now and at every boot.
limit_builds() {
  logged $lib/build.sh --limit-builds ||
    warn "$(sed -n 's/^error: //p' $log.last | head -n 1)" "builds run without limits; for details: $lib/build.sh --check"
  if systemd; then
    ! write_if_changed $limits_unit <<END || systemctl daemon-reload
[Unit]
Description=Limit the resources of Doskara builds
After=docker.service

[Service]
Type=oneshot
ExecStart=$lib/build.sh --limit-builds

[Install]
WantedBy=multi-user.target
END
    logged systemctl enable "${limits_unit##*/}" || true
  elif [ -d /etc/cron.d ]; then
    write_if_changed $limits_cron <<END || true
# Limit the resources of Doskara builds.
@reboot root $lib/build.sh --limit-builds >/dev/null
END
  fi
}

# Needs skopeo; without it, old images stay in the registry.
prune_tags_daily() {
  (if_apt_has skopeo) || true
  command -v skopeo >/dev/null || warn 'skopeo was not installed, so old images stay in the registry' 'run: apt-get install skopeo'
  regularly doskara-prune-tags 'Remove old images from the registry' "$(at_night '*-*-* 02:30')" '30 2 * * *' docker "$lib/build.sh --prune-tags"
}

# at_night CALENDAR: for the timer; not on all machines at once, and later if this one was off
at_night() { printf 'OnCalendar=%s\nRandomizedDelaySec=30min\nPersistent=true\n' "$1"; }

# regularly NAME DESCRIPTION TIMER CRON USER COMMAND [STOP_POST]: TIMER says when to systemd, CRON says it to cron; each may
# have several lines
regularly() {
  if systemd; then
    write_if_changed "/etc/systemd/system/$1.service" <<END || true
[Unit]
Description=$2
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User=$5
ExecStart=$6
${7:+ExecStopPost=$7}
END
    write_if_changed "/etc/systemd/system/$1.timer" <<END || true
[Unit]
Description=$2

[Timer]
$3

[Install]
WantedBy=timers.target
END
    systemctl daemon-reload
    logged systemctl enable --now "$1.timer" || warn "systemctl enable --now $1.timer failed" "systemctl status $1.timer"
  elif command -v cron >/dev/null; then
    {
      echo "# $2."
      echo "$4" | sed "s|\$| $5 $6 >/dev/null|"
    } | write_if_changed "/etc/cron.d/$1" || true
    logged service cron start || warn 'cron does not start' 'service cron status'
  else warn "no systemd or cron found, so this does not run regularly: $6" 'run: apt-get install cron; then run this again'; fi
}

# never_again NAME
never_again() {
  rm -f "/etc/cron.d/$1"
  [ -e "/etc/systemd/system/$1.timer" ] || return 0
  logged systemctl disable --now "$1.timer" || true
  rm -f "/etc/systemd/system/$1.timer" "/etc/systemd/system/$1.service"
  logged systemctl daemon-reload || true
}

docker_user() {
  getent group docker >/dev/null || groupadd --system docker
  getent passwd docker >/dev/null ||
    { useradd --system --gid docker --create-home --skel /dev/null --home-dir /home/docker --shell /bin/sh docker && note 'user docker'; }
  usermod --password '*' docker # no password, but not locked: sshd rejects the keys of locked accounts
  install -d -o docker -g docker -m 700 $state "$(home_of docker)/.ssh"
}

# By default sshd starts to drop connections once ten are logging in: of 60 simultaneous pushes, 41 got in.
# ExposeAuthInfo lets the runner log the key behind a rejected command.
sshd_settings() {
  startups='MaxStartups 200:30:400'
  grep -qsi '^ *Include .*sshd_config.d' /etc/ssh/sshd_config || {
    warn "sshd does not read $(dirname $sshd_conf)" "add this line to /etc/ssh/sshd_config: $startups"
    return
  }
  { echo '# Written by Doskara: let many people push at the same time.' && echo "$startups"
    [ ! -e $lib/build.sh ] || printf '# The runner logs the key behind a rejected command.\nMatch User docker\n  ExposeAuthInfo yes\n'
  } | write_if_changed $sshd_conf || return 0
  mkdir -p /run/sshd # sshd -t fails without it; systemd creates it only when sshd starts
  said=$(sshd -t 2>&1) || {
    rm -f $sshd_conf
    warn "sshd rejects MaxStartups: $said" 'run: sshd -t; then run this again'
    return
  }
  logged service ssh reload || true
  [ "$(sshd -T 2>/dev/null | sed -n 's/^maxstartups \([0-9]*\):.*/\1/p')" -ge 100 ] 2>/dev/null ||
    warn 'another file sets a lower MaxStartups, and sshd uses the first one it reads' 'to find it: grep -ri maxstartups /etc/ssh'
}

# authorize_key FILE: lets port's key run the runner only; with --apps, for these apps only
authorize_key() {
  keys=$(home_of docker)/.ssh/authorized_keys
  key=$(ssh-keygen -l -f "$1" >/dev/null && cut -d' ' -f1,2 "$1") || die "$1 is not a public key"
  line="restrict,command=\"$lib/build.sh --ssh${apps:+ --apps $apps}\" $key"
  touch "$keys"
  grep -qF "$line" "$keys" || { sed -i "\\| $key|d" "$keys" && echo "$line" >>"$keys" && note "$keys: $(ssh-keygen -l -f "$1" | cut -d' ' -f2)"; }
  chown docker:docker "$keys"
  chmod 600 "$keys"
}

# --- port ------------------------------------------------------------------------------------------------------------

# sudo's secure_path may lack /usr/local/bin, as Debian's does since sudo 1.9.17p2-9; then sudo would not find doskara.
sudo_link=/usr/bin/doskara
link_for_sudo() {
  command -v sudo >/dev/null 2>&1 || return 0
  case :$(sudo -n sh -c 'echo "$PATH"' 2>/dev/null): in
    :: | *:/usr/local/bin:*) return 0 ;;
  esac
  [ -e $sudo_link ] || [ -L $sudo_link ] || ln -s $lib/doskara $sudo_link
}

install_port() {
  packages git openssh-client openssh-server util-linux
  put node start.cjs doskara.mjs doskara post-receive.cjs post-receive pre-receive.cjs pre-receive examples/deploy.sh
  ln -sfn $lib/doskara /usr/local/bin/doskara
  link_for_sudo
  put_manual
  generate $bash_completion completion bash
  generate $zsh_completion completion zsh
  generate $fish_completion completion fish
  service_up ssh
  sshd_settings
  git_user
  ssh_to_factory
  reconcile_regularly
  "$lib/doskara" hook status --all 2>/dev/null | grep -q . || return 0
  say 'Updating hooks'
  "$lib/doskara" hook install --all | indent
}

# The pages of doskara help, also as man pages. Pages of an older version are deleted first.
put_manual() {
  rm -rf $lib/manual $man/man7/doskara-*.7
  cp -r "$here/dist/manual" $lib
  chmod -R u=rwX,go=rX $lib/manual
  generate $man/man1/doskara.1 man
  for page in "$lib"/manual/*.md; do
    topic=$(basename "$page" .md)
    generate "$man/man7/doskara-$topic.7" man "$topic"
  done
}

# generate FILE COMMAND [ARG]: writes the output of a doskara command to FILE
generate() {
  mkdir -p "$(dirname "$1")"
  (umask 022 && "$lib/doskara" "$2" ${3:+"$3"} >"$1.new") && mv "$1.new" "$1" && return
  rm -f "$1.new" && die "$lib/doskara $2 failed" "$lib/doskara $2"
}

git_user() {
  getent passwd git >/dev/null ||
    { useradd --system --user-group --create-home --skel /dev/null --home-dir $root --shell /bin/sh git && note "user git, home $root"; }
  [ "$(home_of git)" = $root ] ||
    die "the home of the user git is $(home_of git), not $root" "run: usermod --home $root git; or delete that user"
  usermod --password '*' git
  install -d -o git -g git -m 750 $root
  install -d -o git -g git -m 700 $root/.ssh
}

# Defines the host "factory" in the git user's ssh config, with its own key.
ssh_to_factory() {
  user=${factory%%@*} host=${factory#*@} ssh_port=22
  [ "$user" != "$factory" ] || user=docker
  case $host in *:*) ssh_port=${host##*:} host=${host%:*} ;; esac
  [ -e $root/.ssh/doskara_factory ] ||
    as git ssh-keygen -q -t ed25519 -N '' -C "doskara@$(hostname)" -f $root/.ssh/doskara_factory
  { without_our_lines $root/.ssh/config; cat <<END
# Doskara: begin
Host factory
  HostName $host
  Port $ssh_port
  User $user
  IdentityFile ~/.ssh/doskara_factory
  IdentitiesOnly yes
# Doskara: end
END
  } >$root/.ssh/config.new
  cmp -s $root/.ssh/config.new $root/.ssh/config 2>/dev/null || note "$root/.ssh/config: factory is $user@$host:$ssh_port"
  mv $root/.ssh/config.new $root/.ssh/config
  touch $root/.ssh/known_hosts
  chown git:git $root/.ssh/config $root/.ssh/known_hosts
  chmod 600 $root/.ssh/config
}

# Never trusts a host key unseen: it is this machine's own, given with --host-key, or confirmed by the admin.
pin_host_key() {
  known=$host
  [ "$ssh_port" = 22 ] || known="[$host]:$ssh_port"
  ! as git ssh-keygen -F "$known" >/dev/null 2>&1 || return 0
  if [ "$mode" = all ]; then
    for file in /etc/ssh/ssh_host_*_key.pub; do
      printf '%s %s\n' "$known" "$(cut -d' ' -f1,2 "$file")"
    done >>$root/.ssh/known_hosts
    note "$root/.ssh/known_hosts: this machine's own host keys"
    return
  fi
  scan=$(ssh-keyscan -T 10 -p "$ssh_port" "$host" 2>/dev/null | grep -v '^#') ||
    { print_port_key "no ssh server answers at $host:$ssh_port yet" && exit 0; }
  say "Host keys of the factory $host:$ssh_port"
  echo "$scan" | ssh-keygen -l -f - | indent
  if [ -n "$host_key" ]; then
    # pin only the key that was verified; the others were not
    scan=$(echo "$scan" | while read -r line; do
      [ "$(echo "$line" | ssh-keygen -l -f - | cut -d' ' -f2)" != "$host_key" ] || echo "$line"
    done)
    [ -n "$scan" ] || die "none of these host keys is $host_key" 'to print the right one, run on the factory: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub'
  elif [ -t 0 ]; then
    printf '%s' "Do they match ssh-keygen -l -f /etc/ssh/ssh_host_..._key.pub on the factory? [y/N] "
    read -r answer
    [ "$answer" = y ] || die 'host key not accepted'
  else
    die 'cannot ask for confirmation: stdin is not a terminal' "compare the host keys, then run: $0 port --factory $factory --host-key SHA256:..."
  fi
  echo "$scan" >>$root/.ssh/known_hosts
}

# At boot and every five minutes: it rebuilds what a crash or an unreachable factory lost.
reconcile_regularly() {
  rm -f /etc/cron.d/doskara # of earlier versions
  regularly doskara-reconcile 'Rebuild lost Doskara builds' 'OnBootSec=1min
OnUnitInactiveSec=5min' '@reboot
*/5 * * * *' git "$lib/doskara reconcile"
}

check_factory() {
  say 'Checking the factory'
  answer=$(mktemp)
  as git ssh -o BatchMode=yes factory $lib/build.sh --check 2>&1 | indent | tee "$answer"
  found=$(grep -c ' ok: ' "$answer") || true
  rm -f "$answer"
  [ "$found" = 0 ] || return 0
  print_port_key "the factory does not accept port's key yet"
}

# Expected the first time: the factory gets this key before the second run.
print_port_key() {
  cat <<END
warning: $1; it needs port's key, $root/.ssh/doskara_factory.pub:
$(cat $root/.ssh/doskara_factory.pub)
hint: copy that key to the factory, and run there: ./install.sh factory --registry HOST:PORT --authorize doskara_factory.pub
hint: then run here again: $0 port --factory $factory
END
}

# --- all on this machine ---------------------------------------------------------------------------------------------

install_all() {
  [ "$registry" != $loopback ] || set_up_registry
  install_factory
  collect_garbage_weekly
  factory=docker@127.0.0.1:$(sshd_port)
  install_port
  pin_host_key
  authorize_key $root/.ssh/doskara_factory.pub
  base_image_available
  say 'Checking the factory'
  as git ssh -o BatchMode=yes factory $lib/build.sh --check | indent
  proof
}

# Debian's package listens on all interfaces and requires a password that it does not set. Ours is open, on loopback only.
# An existing registry is used only if --registry names it.
set_up_registry() {
  put node
  answer=$(registry_status)
  case $answer+$(registry_owner) in
    *+ours | closed+nobody | closed+unused | 401+unused) install_registry ;;
    *) [ -n "$registry_known" ] || refuse_registry "$answer" ;;
  esac
}

# Prints the HTTP status of /v2/, closed (connection refused) or stranger (not a registry).
registry_status() {
  "$lib/node" -e '
    fetch(process.argv[1], { redirect: "manual", signal: AbortSignal.timeout(10_000) }).then(
      ({ status, headers }) => console.log(headers.has("docker-distribution-api-version") ? status : "stranger"),
      ({ cause }) => console.log(cause?.code === "ECONNREFUSED" ? "closed" : "stranger"),
    )' "http://$loopback/v2/"
}

# Prints nobody (not installed), ours, theirs, or unused (it has the package's own config, and is empty or was ours before
# an uninstall).
registry_owner() {
  if ! installed docker-registry; then echo nobody
  elif grep -qs '^# Written by Doskara' $registry_conf; then echo ours
  elif ! as_packaged; then echo theirs
  elif [ -n "$registry_known" ] || [ ! -e /var/lib/docker-registry/docker ]; then echo unused
  else echo theirs; fi
}

as_packaged() {
  sum=$(dpkg-query -W -f '${Conffiles}' docker-registry | sed -n "s|^ *$registry_conf \([0-9a-f]*\).*|\1|p")
  [ "$(md5sum <$registry_conf)" = "$sum  -" ]
}

install_registry() {
  packages docker-registry
  ran=$(sed -n '/^# It ran before/p' $registry_conf 2>/dev/null) || true
  [ "$answer" != 401 ] || ran='# It ran before.'
  [ -e $registry_conf.before-doskara ] || cp $registry_conf $registry_conf.before-doskara
  if write_if_changed $registry_conf <<END
# Written by Doskara's install.sh; the file before it is config.yml.before-doskara.
${ran:-# This registry was not in use before.}
version: 0.1
log: { level: warn, fields: { service: registry } }
storage:
  cache: { blobdescriptor: inmemory }
  filesystem: { rootdirectory: /var/lib/docker-registry }
  delete: { enabled: true }
http: { addr: '$loopback' }
END
  then
    note 'no login, loopback only'
    ! systemd || logged systemctl enable docker-registry || true
    restart docker-registry
  fi
  service_up docker-registry
}

refuse_registry() {
  with="to use another registry: ./install.sh --registry HOST[:PORT]"
  case $1 in
    closed) die "docker-registry is installed, but not by Doskara, and does not answer on $loopback" "$with" ;;
    200) die "a registry that Doskara did not install answers on $loopback" "to use it: ./install.sh --registry $loopback; $with" ;;
    401) die "a registry that Doskara did not install answers on $loopback, and requires a login" "$with; log in first, as the user docker" ;;
    *) die "something that is not a registry answers on $loopback" "stop it; or $with" ;;
  esac
}

# However the collection ends, the registry takes images again.
collect_garbage_weekly() {
  if [ "$registry" = $loopback ] && [ "$(registry_owner)" = ours ]; then
    regularly doskara-collect-garbage 'Free the disk space of images removed from the registry' "$(at_night 'Sun *-*-* 04:00')" '0 4 * * 0' \
      root "$lib/build.sh --collect-garbage" '-systemctl start docker-registry'
  else never_again doskara-collect-garbage; fi
}

# If the base image cannot be pulled, builds one from this machine's Debian mirror.
base_image_available() {
  grep -q '^DOSKARA_BASE_IMAGE=' $etc/factory.env && return
  docker=$(docker_cli)
  $docker image inspect debian:bookworm-slim >/dev/null 2>&1 && return
  say 'Pulling debian:bookworm-slim'
  timeout 120 "$docker" pull -q debian:bookworm-slim >/dev/null 2>&1 && return
  packages debootstrap
  # shellcheck disable=SC1091
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016 # apt's own words
  mirror=$(apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' | sed -n "s/^$codename //p" | head -n 1)
  [ -n "$mirror" ] || die "apt has no mirror for $codename" "docker pull an image, then run: echo DOSKARA_BASE_IMAGE=IMAGE >>$etc/factory.env"
  say "Pull failed; building a base image of $codename from this machine's Debian mirror (takes a minute)"
  scratch=$(debootstrap_folder)
  logged debootstrap --variant=minbase "$codename" "$scratch" "$mirror" || {
    tail -n 5 $log.last >&2
    die 'debootstrap failed' "its output is in $log"
  }
  rm -rf "$scratch"/var/cache/apt/archives/*.deb
  tar -C "$scratch" -c . | $docker import -c 'CMD ["/bin/sh"]' - "doskara/base:$codename" >/dev/null
  clean_up
  setting DOSKARA_BASE_IMAGE "doskara/base:$codename"
}

# debootstrap creates device nodes and runs programs, so it fails on file systems with nodev or noexec, as /tmp often is.
debootstrap_folder() {
  for folder in /var/tmp /var/lib /root; do
    ! findmnt -n -o OPTIONS --target $folder | grep -qE '(^|,)(nodev|noexec|ro)(,|$)' || continue
    mktemp -d $folder/doskara-base.XXXXXX && return
  done
  die 'building a base image needs a file system mounted without nodev, noexec and ro' 'mount -o remount,dev,exec /var/tmp'
}

# Pushes a test app the first time; replays it on later runs.
proof() {
  if [ -e $root/hello.git/refs/heads/main ] || [ -e $root/hello.git/packed-refs ]; then
    say 'Test: doskara replay hello'
    $lib/doskara replay hello
  else
    first_push
  fi
  say "Test: docker run $registry/hello"
  docker=$(docker_cli)
  as docker "$docker" pull -q "$registry/hello" >/dev/null
  as docker "$docker" run --rm "$registry/hello" | indent
  next_steps
}

# As the one who ran this types them: with sudo, if that was how.
next_steps() {
  sudo=${SUDO_USER:+sudo }
  cat <<END

Doskara is ready. To create an app:
  ${sudo}doskara key add you ~/.ssh/id_ed25519.pub
  ${sudo}doskara create myapp
  git remote add doskara git@$(hostname):myapp
  git push doskara main
END
}

first_push() {
  say 'Test: git push doskara main'
  scratch=$(mktemp -d)
  proof_key=yes
  [ -e $root/hello.git ] || $lib/doskara create hello | indent
  ssh-keygen -q -t ed25519 -N '' -f "$scratch/key"
  $lib/doskara key remove install-proof >/dev/null 2>&1 || true
  $lib/doskara key add install-proof "$scratch/key.pub" >/dev/null
  cp $root/.ssh/known_hosts "$scratch/known_hosts"
  git init -q -b main "$scratch/hello"
  cat >"$scratch/hello/build.sh" <<'END'
# Runs once, while the image is built, in /app.
echo "compiling the greeting"
echo "Hello from commit $DOSKARA_COMMIT of $DOSKARA_APP." >greeting
END
  cat >"$scratch/hello/run.sh" <<'END'
# Runs when a container is started, in /app, as process 1.
exec cat greeting
END
  cd "$scratch/hello"
  git add .
  git -c user.name=Doskara -c user.email=doskara@localhost commit -q -m 'Say hello'
  git remote add doskara "ssh://git@127.0.0.1:$(sshd_port)/hello"
  GIT_SSH_COMMAND="ssh -i $scratch/key -o IdentitiesOnly=yes -o UserKnownHostsFile=$scratch/known_hosts -o BatchMode=yes" \
    git push doskara main || die 'the push failed' 'to check the connection: sudo -u git ssh factory'
  cd /
  clean_up
}

# Runs on every exit.
clean_up() {
  [ -z "${proof_key:-}" ] || $lib/doskara key remove install-proof >/dev/null 2>&1 || true
  [ -z "${scratch:-}" ] || rm -rf "$scratch"
  rm -f $log.last
  proof_key='' scratch=''
}

# --- uninstall -------------------------------------------------------------------------------------------------------

remove_doskara() {
  if [ "$mode" != factory ] && [ -x $lib/doskara ]; then
    say 'Removing the hooks'
    $lib/doskara hook remove --all | indent || true
    never_again doskara-reconcile
    rm -f /etc/cron.d/doskara # of earlier versions
    rm -f $man/man1/doskara.1 $man/man7/doskara-*.7 $bash_completion $zsh_completion $fish_completion
    [ "$(readlink $sudo_link)" != $lib/doskara ] || rm -f $sudo_link
    rm -f /usr/local/bin/doskara $lib/doskara $lib/doskara.mjs $lib/post-receive $lib/post-receive.?js
    rm -f $lib/pre-receive $lib/pre-receive.?js
    rm -rf $lib/manual $root/.cache/doskara
    [ ! -s $root/.ssh/authorized_keys ] || note "Kept the keys in $root/.ssh/authorized_keys; they give no access without Doskara"
  fi
  if [ "$mode" != port ] && [ -e $lib/build.sh ]; then
    say 'Removing the runner'
    keys=$(home_of docker)/.ssh/authorized_keys
    [ ! -e "$keys" ] || sed -i "\\|command=\"$lib/build.sh|d" "$keys"
    never_again doskara-prune-tags
    never_again doskara-collect-garbage
    restore_log_limits
    remove_limits
    rm -rf $lib/build.sh $lib/runner.?js $state "$(home_of docker)/.cache/doskara"
  fi
  if [ -e $lib/doskara ] || [ -e $lib/build.sh ]; then sshd_settings
  else
    keys=$(home_of docker)/.ssh/authorized_keys
    [ ! -e "$keys" ] || sed -i "\\|command=\"$lib/examples/|d" "$keys"
    rm -rf $lib "$(home_of root)/.cache/doskara"
    [ ! -e $sshd_conf ] || { rm -f $sshd_conf && logged service ssh reload || true; }
  fi
  [ "$mode" != all ] || restore_registry
  say 'Done'
  note "Kept: $root, $etc, the users git and docker, packages and images"
}

remove_limits() {
  rm -f $limits_cron
  if [ -e $limits_unit ]; then
    logged systemctl disable "${limits_unit##*/}" || true
    rm -f $limits_unit
    systemctl daemon-reload
    logged systemctl stop doskara.slice || true
  fi
  find /sys/fs/cgroup -depth -type d -path '*/doskara.slice*' -exec rmdir {} + 2>/dev/null || true
}

restore_log_limits() {
  if [ -e $docker_conf ]; then
    rm -f $docker_conf
    rmdir --ignore-fail-on-non-empty "$(dirname $docker_conf)"
    ! systemd || systemctl daemon-reload
  fi
  ! grep -qs '^# Doskara: begin' $docker_default || without_our_lines $docker_default | write_if_changed $docker_default || true
}

# Restores the registry's config, and stops the registry if it was not in use before.
restore_registry() {
  [ -e $registry_conf.before-doskara ] || return 0
  ran=$(sed -n '/^# It ran before/p' $registry_conf)
  mv $registry_conf.before-doskara $registry_conf
  if [ -n "$ran" ]; then
    logged service docker-registry restart || true
    note "$registry_conf restored"
  else
    if systemd; then logged systemctl disable --now docker-registry || true; else logged service docker-registry stop || true; fi
    note 'docker-registry stopped; its images are kept'
  fi
}

parse "$@"
become_root "$@"
cd /
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
[ -z "$uninstall" ] || { remove_doskara && exit 0; }
earlier_settings
command -v apt-get >/dev/null || die 'apt-get not found: Doskara needs Debian or Ubuntu'
bundles
case $mode in
  all) install_all ;;
  factory)
    install_factory
    say 'Checking this factory'
    as docker $lib/build.sh --check | indent
    ;;
  port)
    install_port
    pin_host_key
    check_factory
    ;;
esac
