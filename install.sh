#!/bin/sh
# Installs Doskara on Debian and Ubuntu. Safe to run again: it upgrades in place.
set -eu

usage() {
  cat <<'END'
./install.sh                             port, factory and warehouse on this machine, then a first push as proof
./install.sh port --factory USER@HOST[:SSHPORT] [--host-key SHA256:...]
./install.sh factory --registry HOST[:PORT] [--base-image IMAGE] [--authorize KEY.pub [--apps A,B]]
                                         to run them again, --factory and --registry may be left out
./install.sh [port|factory] --uninstall  takes Doskara away; repositories, images and settings stay
END
}

here=$(dirname "$(readlink -f "$0")")
lib=/usr/local/doskara
etc=/etc/doskara
root=/srv/git
state=/var/lib/doskara
man_page=/usr/local/share/man/man1/doskara.1
bash_words=/usr/share/bash-completion/completions/doskara
zsh_words=/usr/share/zsh/vendor-completions/_doskara
fish_words=/usr/share/fish/vendor_completions.d/doskara.fish
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "-----> $*"; }
note() { printf '       %s\n' "$*"; }
indent() { sed -u 's/^/       /'; }
die() {
  printf 'error: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf 'hint: %s\n' "$2" >&2
  exit "${3:-1}"
}

# --- what is asked for ---------------------------------------------------------------------------------------------

mode=all factory= host_key= registry= base_image= authorize= apps= uninstall=
parse() {
  case ${1:-} in
    port | factory) mode=$1 && shift ;;
  esac
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --uninstall) uninstall=yes && shift && continue ;;
      --factory | --host-key | --registry | --base-image | --authorize | --apps) ;;
      *) usage >&2 && die "$1 is not an option" './install.sh --help' 2 ;;
    esac
    [ $# -gt 1 ] || die "$1 needs a value" './install.sh --help' 2
    case $mode$1 in
      port--factory) factory=$2 ;;
      port--host-key) host_key=$2 ;;
      factory--registry) registry=$2 ;;
      factory--base-image) base_image=$2 ;;
      factory--authorize) authorize=$2 ;;
      factory--apps) apps=$2 ;;
      *) die "$1 does not go with this way to install" './install.sh --help' 2 ;;
    esac
    shift 2
  done
  [ -z "$uninstall" ] || return 0
  case $factory in *[!A-Za-z0-9@:._-]* | -*) die "$factory is not USER@HOST[:SSHPORT]" '' 2 ;; esac
  case $registry in *[!a-z0-9:._/-]* | -*) die "$registry is not HOST[:PORT]" '' 2 ;; esac
  case $apps in *[!a-z0-9,._-]*) die "$apps is not a list of apps" '' 2 ;; esac
  [ -z "$authorize" ] || [ -r "$authorize" ] || die "can't read $authorize" 'give the file that ends in .pub' 2
}

become_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null || die 'this must run as root, and there is no sudo' "su -c '$0 $*'"
  exec sudo -- "$0" "$@"
}

# What was said once is known when this runs again.
what_was_said() {
  [ -n "$factory" ] || factory=$(sed -n '/^# Doskara: begin/,/^# Doskara: end/s/^  \(User\|HostName\|Port\) //p' $root/.ssh/config 2>/dev/null |
    { read -r host && read -r port && read -r user && echo "$user@$host:$port"; }) || true
  [ -n "$registry" ] || registry=$(sed -n 's/^DOSKARA_REGISTRY=//p' $etc/factory.env 2>/dev/null | tail -n 1) || true
  [ "$mode" != port ] || [ -n "$factory" ] || die 'which factory?' './install.sh port --factory docker@HOST' 2
  [ "$mode" != factory ] || [ -n "$registry" ] || die 'which warehouse?' './install.sh factory --registry HOST:PORT' 2
}

# --- pieces that several machines need -------------------------------------------------------------------------------

packages() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "Installing$missing"
  [ -n "${apt_updated:-}" ] || apt-get update -qq
  apt_updated=yes
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing >/tmp/doskara-apt.log 2>&1 ||
    { tail -n 5 /tmp/doskara-apt.log >&2 && die "apt-get install$missing failed" 'see /tmp/doskara-apt.log'; }
  rm -f /tmp/doskara-apt.log
}

# The bundles are built here, by the node that comes from the npm registry, as the owner of this checkout.
bundles() {
  command -v npm >/dev/null || packages npm
  owner=$(stat -c %U "$here")
  as_owner() { if [ "$owner" = root ]; then (cd "$here" && "$@"); else (cd "$here" && runuser -u "$owner" -- "$@"); fi; }
  if [ ! -e "$here/node_modules/.package-lock.json" ] ||
    [ "$here/package-lock.json" -nt "$here/node_modules/.package-lock.json" ]; then
    say 'Fetching packages from the npm registry'
    as_owner npm ci --silent --no-fund --no-audit || die 'npm ci failed' "cd $here && npm ci"
  fi
  say 'Building'
  as_owner npm run --silent build || die 'the build failed' "cd $here && npm ci && npm run build"
}

# Copies under another name first: what is running keeps the file that it has.
put() {
  mkdir -p "$lib"
  for file in "$@"; do
    cmp -s "$here/dist/$file" "$lib/$file" && continue
    cp -L "$here/dist/$file" "$lib/.$file.new"
    chmod 755 "$lib/.$file.new"
    mv "$lib/.$file.new" "$lib/$file"
    note "$lib/$file"
  done
}

is_up() {
  case $1 in
    docker) docker_answers ;;
    ssh) tcp_answers 127.0.0.1 "$(sshd_port)" ;;
    *) tcp_answers 127.0.0.1 5000 ;;
  esac
}

# Debian's daemons, with systemd or without.
service_up() {
  is_up "$1" && return
  say "Starting $1"
  if [ -d /run/systemd/system ]; then systemctl enable --now "$1" >/dev/null 2>&1 || true; fi
  service "$1" start >/dev/null 2>&1 || [ "$1" != docker ] || start_docker_bare
  tries=0
  until is_up "$1"; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || die "$1 does not start" "service $1 status"
    sleep 0.5
  done
}

# The init script of docker.io gives up where it may not raise its limits, as in some containers and small machines.
start_docker_bare() {
  note "service docker start failed; starting dockerd without it"
  start-stop-daemon --start --oknodo --background --no-close --pidfile /var/run/docker-ssd.pid --make-pidfile \
    --exec "$(command -v dockerd)" -- -p /var/run/docker.pid >>/var/log/docker.log 2>&1
}

sshd_port() {
  port=$(sshd -T 2>/dev/null | sed -n 's/^port //p' | head -n 1)
  echo "${port:-22}"
}

docker_answers() { "$(docker_cli)" --host unix:///var/run/docker.sock version >/dev/null 2>&1; }
tcp_answers() { "$lib/node" -e "require('net').connect($2, '$1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"; }

# A CLI from 23 on without the buildx plugin has no BuildKit; Debian's 20.10 has it inside.
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

# setting KEY VALUE: in factory.env, where other lines stay as they are
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
  command -v dockerd >/dev/null || packages docker.io
  put node runner.mjs build.sh
  service_up docker
  service_up ssh
  docker_user
  tell_runner_the_key
  setting DOSKARA_REGISTRY "$registry"
  [ -z "$base_image" ] || setting DOSKARA_BASE_IMAGE "$base_image"
  [ "$(docker_cli)" = docker ] || setting DOSKARA_DOCKER "$(docker_cli)"
  [ -z "$authorize" ] || authorize_key "$authorize"
}

docker_user() {
  getent group docker >/dev/null || groupadd --system docker
  getent passwd docker >/dev/null ||
    { useradd --system --gid docker --create-home --skel /dev/null --home-dir /home/docker --shell /bin/sh docker && note 'user docker'; }
  usermod --password '*' docker # no password; a locked account could not use its key either
  install -d -o docker -g docker -m 700 $state "$(home_of docker)/.ssh"
}

# sshd says whose key it was, for the log of what is refused.
tell_runner_the_key() {
  conf=/etc/ssh/sshd_config.d/doskara.conf
  grep -qs '^ *Include .*sshd_config.d' /etc/ssh/sshd_config || return 0
  [ ! -e $conf ] || return 0
  printf '# Written by Doskara: the runner logs the key of what it refuses.\nMatch User docker\n  ExposeAuthInfo yes\n' >$conf
  if sshd -t 2>/dev/null; then service ssh reload >/dev/null 2>&1 || true; else rm -f $conf; fi
}

home_of() { getent passwd "$1" | cut -d: -f6; }

# authorize_key FILE: port's key, for the runner alone, and with --apps for these apps alone
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

install_port() {
  packages git openssh-client openssh-server util-linux
  put node doskara.mjs doskara post-receive.mjs post-receive pre-receive.mjs pre-receive
  ln -sfn $lib/doskara /usr/local/bin/doskara
  written $man_page man
  written $bash_words completion bash
  written $zsh_words completion zsh
  written $fish_words completion fish
  service_up ssh
  git_user
  ssh_to_factory
  reconcile_regularly
  "$lib/doskara" hook status --all 2>/dev/null | grep -q . || return 0
  say 'Hooks'
  "$lib/doskara" hook install --all | indent
}

# written FILE WORDS...: what doskara prints for the words, where a shell or man looks for it
written() {
  mkdir -p "$(dirname "$1")"
  (umask 022 && "$lib/doskara" "$2" ${3:+"$3"} >"$1.new") && mv "$1.new" "$1" && return
  rm -f "$1.new" && die "$lib/doskara $2 failed" "$lib/doskara $2"
}

git_user() {
  getent passwd git >/dev/null ||
    { useradd --system --user-group --create-home --skel /dev/null --home-dir $root --shell /bin/sh git && note "user git, home $root"; }
  [ "$(home_of git)" = $root ] ||
    die "the user git has another home, $(home_of git)" "usermod --home $root git, or take that user away"
  usermod --password '*' git
  install -d -o git -g git -m 750 $root
  install -d -o git -g git -m 700 $root/.ssh
}

as_git() { runuser -u git -- env HOME=$root "$@"; }

# The name "factory" in the git user's ssh configuration, with a key of its own.
ssh_to_factory() {
  user=${factory%%@*} host=${factory#*@} ssh_port=22
  [ "$user" != "$factory" ] || user=docker
  case $host in *:*) ssh_port=${host##*:} host=${host%:*} ;; esac
  [ -e $root/.ssh/doskara_factory ] ||
    as_git ssh-keygen -q -t ed25519 -N '' -C "doskara@$(hostname)" -f $root/.ssh/doskara_factory
  { sed '/^# Doskara: begin/,/^# Doskara: end/d' $root/.ssh/config 2>/dev/null || true; cat <<END
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

# A key that nobody has looked at is not accepted: it is this machine's own, given with --host-key, or confirmed.
pin_host_key() {
  known=$host
  [ "$ssh_port" = 22 ] || known="[$host]:$ssh_port"
  ! as_git ssh-keygen -F "$known" >/dev/null 2>&1 || return 0
  if [ "$mode" = all ]; then
    for file in /etc/ssh/ssh_host_*_key.pub; do
      printf '%s %s\n' "$known" "$(cut -d' ' -f1,2 "$file")"
    done >>$root/.ssh/known_hosts
    note "$root/.ssh/known_hosts: this machine's own keys"
    return
  fi
  scan=$(ssh-keyscan -T 10 -p "$ssh_port" "$host" 2>/dev/null | grep -v '^#') ||
    { not_let_in "no ssh server answers at $host:$ssh_port yet" && exit 0; }
  say "The factory $host:$ssh_port shows these host keys"
  echo "$scan" | ssh-keygen -l -f - | indent
  if [ -n "$host_key" ]; then
    # only the key that was compared: a scan proves nothing about who holds the others
    scan=$(echo "$scan" | while read -r line; do
      [ "$(echo "$line" | ssh-keygen -l -f - | cut -d' ' -f2)" != "$host_key" ] || echo "$line"
    done)
    [ -n "$scan" ] || die "none of them is $host_key" 'on the factory: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub'
  elif [ -t 0 ]; then
    printf '%s' "Are they those that the factory's own ssh-keygen -l -f /etc/ssh/ssh_host_..._key.pub prints? [y/N] "
    read -r answer
    [ "$answer" = y ] || die 'the host key was not pinned'
  else
    die 'nobody is here to compare them' "compare them, then: $0 port --factory $factory --host-key SHA256:..."
  fi
  echo "$scan" >>$root/.ssh/known_hosts
}

# What a crash or a dead factory has left unbuilt is built by `doskara reconcile`, at boot and every five minutes.
reconcile_regularly() {
  if [ -d /run/systemd/system ]; then
    cat >/etc/systemd/system/doskara-reconcile.service <<END
[Unit]
Description=Build what Doskara's pushes have left unbuilt
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User=git
ExecStart=$lib/doskara reconcile
END
    cat >/etc/systemd/system/doskara-reconcile.timer <<END
[Unit]
Description=Build what Doskara's pushes have left unbuilt, at boot and every five minutes

[Timer]
OnBootSec=1min
OnUnitInactiveSec=5min

[Install]
WantedBy=timers.target
END
    systemctl daemon-reload
    systemctl enable --now doskara-reconcile.timer >/dev/null 2>&1
  elif [ -d /etc/cron.d ] && command -v cron >/dev/null; then
    cat >/etc/cron.d/doskara <<END
# Build what Doskara's pushes have left unbuilt.
@reboot git $lib/doskara reconcile >/dev/null
*/5 * * * * git $lib/doskara reconcile >/dev/null
END
    service cron start >/dev/null 2>&1 || true
  else
    echo "warning: there is neither systemd nor cron here: nobody runs doskara reconcile"
    echo "hint: apt-get install cron, then run this again"
  fi
}

check_factory() {
  say 'Asking the factory'
  answer=$(mktemp)
  as_git ssh -o BatchMode=yes factory $lib/build.sh --check 2>&1 | indent | tee "$answer"
  found=$(grep -c ' ok: ' "$answer") || true
  rm -f "$answer"
  [ "$found" = 0 ] || return 0
  not_let_in 'the factory does not let port in yet'
}

# The first of the two times that this runs on port.
not_let_in() {
  cat <<END
warning: $1. Port's key is in $root/.ssh/doskara_factory.pub:
$(cat $root/.ssh/doskara_factory.pub)
hint: on the factory, with that key copied there: ./install.sh factory --registry HOST:PORT --authorize doskara_factory.pub
hint: then here again: $0 port --factory $factory
END
}

# --- all on this machine ---------------------------------------------------------------------------------------------

install_all() {
  registry=127.0.0.1:5000
  warehouse_here
  install_factory
  factory=docker@127.0.0.1:$(sshd_port)
  install_port
  pin_host_key
  authorize_key $root/.ssh/doskara_factory.pub
  base_image_here
  say 'Asking the factory'
  as_git ssh -o BatchMode=yes factory $lib/build.sh --check | indent
  proof
}

# Debian's registry asks for a password file that it doesn't have, on all interfaces; ours is open, on loopback only.
warehouse_here() {
  config=/etc/docker/registry/config.yml
  put node
  tcp_answers 127.0.0.1 5000 && return
  packages docker-registry
  if grep -q '^ *addr: :5000$' $config && grep -q htpasswd $config; then
    cp $config $config.before-doskara
    cat >$config <<'END'
# Written by Doskara's install.sh; the file before it is config.yml.before-doskara.
version: 0.1
log: { level: warn, fields: { service: registry } }
storage:
  cache: { blobdescriptor: inmemory }
  filesystem: { rootdirectory: /var/lib/docker-registry }
  delete: { enabled: true }
http: { addr: '127.0.0.1:5000' }
END
    note "$config: open, on loopback only"
    [ ! -d /run/systemd/system ] || systemctl restart docker-registry
  fi
  service_up docker-registry
}

# Where the base image can't be pulled, one is made from this machine's own Debian mirror.
base_image_here() {
  grep -q '^DOSKARA_BASE_IMAGE=' $etc/factory.env && return
  docker=$(docker_cli)
  $docker image inspect debian:bookworm-slim >/dev/null 2>&1 && return
  say 'Pulling debian:bookworm-slim'
  timeout 120 "$docker" pull -q debian:bookworm-slim >/dev/null 2>&1 && return
  packages debootstrap
  # shellcheck disable=SC1091
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' | sed -n "s/^$codename //p" | head -n 1)
  [ -n "$mirror" ] || die "apt knows no mirror of $codename" "docker pull some image, then: echo DOSKARA_BASE_IMAGE=IMAGE >>$etc/factory.env"
  say "It can't be pulled; making a base image of $codename from this machine's Debian mirror (a minute)"
  tree=$(mktemp -d)
  debootstrap --variant=minbase "$codename" "$tree" "$mirror" >/tmp/doskara-debootstrap.log 2>&1 ||
    die 'debootstrap failed' 'see /tmp/doskara-debootstrap.log'
  rm -rf "$tree"/var/cache/apt/archives/*.deb
  tar -C "$tree" -c . | $docker import -c 'CMD ["/bin/sh"]' - "doskara/base:$codename" >/dev/null
  rm -rf "$tree" /tmp/doskara-debootstrap.log
  setting DOSKARA_BASE_IMAGE "doskara/base:$codename"
}

# A real push by a pusher of its own, the first time; the same commit again after that.
proof() {
  if [ -e $root/hello.git/refs/heads/main ] || [ -e $root/hello.git/packed-refs ]; then
    say 'The proof: doskara replay hello'
    $lib/doskara replay hello
  else
    first_push
  fi
  say "The proof: docker run 127.0.0.1:5000/hello"
  docker=$(docker_cli)
  $docker pull -q 127.0.0.1:5000/hello >/dev/null
  $docker run --rm 127.0.0.1:5000/hello | indent
  cat <<END

Doskara is ready. For an app of your own:
  doskara key add you ~/.ssh/id_ed25519.pub
  doskara create myapp
  git remote add doskara git@$(hostname):myapp
  git push doskara main
END
}

first_push() {
  say 'The proof: git push doskara main'
  clone=$(mktemp -d)
  trap 'rm -rf "$clone"; $lib/doskara key remove install-proof >/dev/null 2>&1 || true' EXIT
  [ -e $root/hello.git ] || $lib/doskara create hello | indent
  ssh-keygen -q -t ed25519 -N '' -f "$clone/key"
  $lib/doskara key remove install-proof >/dev/null 2>&1 || true
  $lib/doskara key add install-proof "$clone/key.pub" >/dev/null
  cp $root/.ssh/known_hosts "$clone/known_hosts"
  git init -q -b main "$clone/hello"
  cat >"$clone/hello/build.sh" <<'END'
# Runs once, while the image is built, in /app.
echo "compiling the greeting"
echo "Hello from commit $DOSKARA_COMMIT of $DOSKARA_APP." >greeting
END
  cat >"$clone/hello/run.sh" <<'END'
# Runs when the image is started, in /app, as process 1.
exec cat greeting
END
  cd "$clone/hello"
  git add .
  git -c user.name=Doskara -c user.email=doskara@localhost commit -q -m 'Say hello'
  git remote add doskara "ssh://git@127.0.0.1:$(sshd_port)/hello"
  GIT_SSH_COMMAND="ssh -i $clone/key -o IdentitiesOnly=yes -o UserKnownHostsFile=$clone/known_hosts -o BatchMode=yes" \
    git push doskara main || die 'the push failed' 'sudo -u git ssh factory'
  cd /
  $lib/doskara key remove install-proof >/dev/null
  rm -rf "$clone"
  trap - EXIT
}

# --- and away again --------------------------------------------------------------------------------------------------

take_away() {
  if [ "$mode" != factory ] && [ -x $lib/doskara ]; then
    say 'Taking the hooks out'
    $lib/doskara hook remove --all | indent || true
    if [ -e /etc/systemd/system/doskara-reconcile.timer ]; then
      systemctl disable --now doskara-reconcile.timer >/dev/null 2>&1 || true
      rm -f /etc/systemd/system/doskara-reconcile.timer /etc/systemd/system/doskara-reconcile.service
      systemctl daemon-reload >/dev/null 2>&1 || true
    fi
    rm -f /etc/cron.d/doskara
    rm -f $man_page $bash_words $zsh_words $fish_words
    rm -f /usr/local/bin/doskara $lib/doskara $lib/doskara.mjs $lib/post-receive $lib/post-receive.mjs
    rm -f $lib/pre-receive $lib/pre-receive.mjs
    rm -rf $root/.cache/doskara
    [ ! -s $root/.ssh/authorized_keys ] || note "Pushers' keys stay in $root/.ssh/authorized_keys, and open nothing without Doskara"
  fi
  if [ "$mode" != port ] && [ -e $lib/build.sh ]; then
    say 'Taking the runner away'
    keys=$(home_of docker)/.ssh/authorized_keys
    [ ! -e "$keys" ] || sed -i "\\|command=\"$lib/build.sh|d" "$keys"
    rm -f /etc/ssh/sshd_config.d/doskara.conf
    service ssh reload >/dev/null 2>&1 || true
    rm -rf $lib/build.sh $lib/runner.mjs $state "$(home_of docker)/.cache/doskara"
  fi
  [ -e $lib/doskara ] || [ -e $lib/build.sh ] || rm -rf $lib "$(home_of root)/.cache/doskara"
  if [ "$mode" = all ] && [ -e /etc/docker/registry/config.yml.before-doskara ]; then
    mv /etc/docker/registry/config.yml.before-doskara /etc/docker/registry/config.yml
  fi
  say 'Done'
  note "These stay: $root, $etc, the users git and docker, packages, and the images"
}

parse "$@"
become_root "$@"
[ -z "$uninstall" ] || { take_away && exit 0; }
what_was_said
command -v apt-get >/dev/null || die 'this is not Debian or Ubuntu: there is no apt-get'
bundles
case $mode in
  all) install_all ;;
  factory)
    install_factory
    say 'Checking this factory'
    runuser -u docker -- $lib/build.sh --check | indent
    ;;
  port)
    install_port
    pin_host_key
    check_factory
    ;;
esac
