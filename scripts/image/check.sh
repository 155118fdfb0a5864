#!/usr/bin/env bash
# Runs the Dockerfile's steps for the CPU without Docker (make check-image): in a fresh
# Debian made by debootstrap the packages, the user, the set-up and a build of
# examples/flowers, then a training by that program in a second one that has nothing else.
# It needs root, debootstrap and the network; what lies in the working tree and git doesn't
# ignore is what is built, as by "docker build". CHECK_IMAGE_DIR says where the roots lie
# (4 GB, gone afterwards).
#
# All mounts are made in a mount namespace of their own, so that none is left however this
# ends, and removing the roots can't reach through one.
set -euo pipefail
source="$(cd "$(dirname "$0")/../.." && pwd)"
release=bookworm

main() {
  [ "$(id -u)" = 0 ] || { echo "check-image: needs root, for chroot" >&2; exit 1; }
  command -v debootstrap >/dev/null || { echo "check-image: needs debootstrap: apt-get install -y debootstrap" >&2; exit 1; }
  dir="$(mktemp -d "${CHECK_IMAGE_DIR:-/tmp}/check-image.XXXXXX")"
  child=
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  chmod 755 "$dir"
  unshare --mount --pid --fork --kill-child "$0" --steps "$dir" &
  child=$!
  wait "$child"
}

# clean_up ends what still runs; when the namespace's first process is gone, all are.
clean_up() {
  if [ -n "$child" ] && [ -e "/proc/$child" ]; then
    xargs -r kill -KILL <"/proc/$child/task/$child/children" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  rm -rf --one-file-system "$dir"
}

steps() {
  dir="$1" dev="$1/dev" slim="$1/slim" SECONDS=0
  say "a fresh Debian $release"
  local archive
  archive="$(mirror)"
  quiet debootstrap --variant=minbase "$release" "$slim" ${archive:+"$archive"}
  cp -a --reflink=auto "$slim" "$dev"
  system "$dev"
  system "$slim"

  say "packages"
  copy_tree
  hand_in_apt
  quiet as_root bash scripts/image/packages.sh
  hand_in_registries
  as_root bash scripts/image/user.sh
  as_root chown -R fastlearn:fastlearn /work

  say "set-up"
  mkdir -p "$dev/usr/local/go"
  mount --bind -o ro "$(go env GOROOT)" "$dev/usr/local/go" # the Dockerfile takes Go's image
  as_user bash scripts/image/setup.sh
  say "go run without an eval"
  as_user go run ./scripts/info
  say "build of examples/flowers"
  as_user bash scripts/image/build.sh ./examples/flowers /home/fastlearn/app

  say "the slim root"
  chroot "$slim" bash -s <"$source/scripts/image/user.sh"
  mkdir -p "$slim/opt"
  cp -a "$dev/home/fastlearn/app" "$slim/opt/fastlearn"
  chown -R root:root "$slim/opt/fastlearn"
  du -sh "$slim/opt/fastlearn"
  # Without a network: nothing is fetched when the program runs.
  unshare --net chroot --userspec=fastlearn:fastlearn "$slim" env -i HOME=/home/fastlearn \
    sh -c 'cd && id && /opt/fastlearn/run -scale tiny train && test -s build/flowers/models/flowers.pth'
  say "done: the apt line and the scripts suffice"
}

say() { printf '== %s (after %d s)\n' "$*" "$SECONDS"; }

# quiet shows what a step printed only where it fails.
quiet() { "$@" >"$dir/log" 2>&1 || { tail -n 50 "$dir/log" >&2; return 1; }; }

as_root() { chroot "$dev" env -i HOME=/root PATH="$path" "${handed[@]}" sh -c 'cd /work && exec "$@"' sh "$@"; }
as_user() { chroot --userspec=fastlearn:fastlearn "$dev" env -i HOME=/home/fastlearn PATH="$path" "${handed[@]}" sh -c 'cd /work && exec "$@"' sh "$@"; }
path=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# system gives a root what a container has.
system() {
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
}

copy_tree() {
  mkdir "$dev/work"
  git -C "$source" ls-files -z --cached --others --exclude-standard |
    tar -C "$source" --null --no-recursion --ignore-failed-read -c -T - | tar -x -C "$dev/work"
}

# Where this machine gets packages from is handed in while this runs, from the settings of
# apt, pip and go; it is written nowhere else.

# mirror is the archive that this machine's apt uses, where it has the release.
mirror() {
  # shellcheck disable=SC2016 # apt fills it in
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $release" | awk 'NR == 1'
}

handed=()
hand_in_apt() {
  cp -L /etc/resolv.conf /etc/hosts "$dev/etc/"
  apt-config dump Acquire >"$dev/etc/apt/apt.conf.d/machine"
  local name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || handed+=("$name=${!name}")
  done
}

hand_in_registries() {
  local name
  for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT; do
    [ -z "${!name:-}" ] || handed+=("$name=${!name}")
  done
  for name in GOPROXY GOSUMDB GOPRIVATE GONOPROXY GONOSUMDB GOINSECURE; do
    handed+=("$name=$(go env "$name")")
  done
  local config
  for config in "${PIP_CONFIG_FILE:-}" ~/.config/pip/pip.conf ~/.pip/pip.conf /etc/pip.conf; do
    [ ! -f "$config" ] || { cp -L "$config" "$dev/etc/pip.conf" && break; }
  done
  local certificates="${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}"
  cp -L "$certificates" "$dev/etc/ssl/certs/ca-certificates.crt"
  handed+=(PIP_CERT=/etc/ssl/certs/ca-certificates.crt)
}

if [ "${1:-}" = --steps ]; then
  steps "$2"
else
  main
fi
