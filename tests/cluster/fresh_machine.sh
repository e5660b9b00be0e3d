#!/bin/sh
# fresh_machine.sh CHECKOUT ROOT: makes an empty Debian of this machine's release in the folder ROOT, in
# memory, lets the scripts of CHECKOUT install there what they need, and tries that. A user's PATH is
# set, without the folders of administrators. deep/test_fresh_machine.py runs this in namespaces of its own,
# which take mounts and processes with them, and ends it when it hangs.
set -eu
PATH=$PATH:/usr/sbin:/sbin
checkout=$1 root=$2
. /etc/os-release
certificates=/etc/ssl/certs/ca-certificates.crt

step() {
  echo "== $*"
}

sources() { # this machine's places of the release: RELEASE URI COMPONENT
  apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
    grep "^$VERSION_CODENAME[ -]" || echo "$VERSION_CODENAME http://deb.debian.org/debian main"
}

make_debian() {
  mount -t tmpfs -o size=3g,mode=755 tmpfs "$root"
  eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
  [ -z "${http_proxy:-}" ] || export http_proxy
  [ -z "${https_proxy:-}" ] || export https_proxy
  mirror=$(sources | sed -n "s/^$VERSION_CODENAME \([^ ]*\) .*/\1/p" | head -n 1)
  debootstrap --variant=minbase "$VERSION_CODENAME" "$root" "$mirror" >"$root.log" || {
    tail -n 20 "$root.log"
    exit 1
  }
}

connect() { # the network, devices and packages of this machine
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  sources | sed 's/^\([^ ]*\) \([^ ]*\)/deb \2 \1/' >"$root/etc/apt/sources.list"
  {
    echo 'Dpkg::Use-Pty "0";'
    apt-config dump | grep -E '^Acquire::(https?|Check-)' || true
    [ -z "${http_proxy:-}" ] || echo "Acquire::http::Proxy \"$http_proxy\";"
    [ -z "${https_proxy:-}" ] || echo "Acquire::https::Proxy \"$https_proxy\";"
    # For packages only: all others must install their own.
    [ ! -e "$certificates" ] || echo 'Acquire::https::CaInfo "/etc/apt/machine.crt";'
  } >"$root/etc/apt/apt.conf.d/machine"
  [ ! -e "$certificates" ] || cp "$certificates" "$root/etc/apt/machine.crt"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for device in null zero random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
}

copy_checkout() {
  mkdir "$root/checkout"
  (cd "$checkout" && git ls-files -z | tar --create --null --files-from=- --ignore-failed-read) |
    tar --extract --directory "$root/checkout"
}

inside() {
  chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LC_ALL=C CI=true sh -euc 'cd /checkout; "$@"' sh "$@"
}

uses() { # WORD...: a program does what it is for
  step "$*"
  inside env PATH=/usr/bin:/bin:/usr/sbin:/sbin "$@" >"$root/tmp/printed" 2>&1 || {
    cat "$root/tmp/printed"
    exit 1
  }
}

step "an empty $PRETTY_NAME"
make_debian
connect
copy_checkout

step "tools/images/build.sh, with nothing installed"
mkdir "$root/tmp/pause"
cp "$checkout/tests/cluster/images/pause/Dockerfile" "$root/tmp/pause/"
echo a program >"$root/tmp/pause/pause"
inside env BASE=scratch sh tools/images/build.sh /tmp/pause.tar localhost/pause:1 /tmp/pause Dockerfile pause
tar --list --file "$root/tmp/pause.tar" | grep '^manifest.json$'

# What CI installs, but Go, which a user brings.
parts=$(sed -n 's/^sh tools\/system.sh \([a-z].*\)/ \1 /p' "$checkout/.ci/run" | sed 's/ go / /')
step tools/system.sh $parts
inside sh tools/system.sh $parts

uses make --version
uses git --version
uses python3 -c 'import ensurepip, venv'
uses python3.11 -c 'import ensurepip, venv'
uses busybox ash -c true
uses openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout /tmp/key -out /tmp/crt
uses debootstrap --version
uses runc --version
uses nft --version
uses ip -Version
uses unshare --mount --pid --fork --net --mount-proc true
uses setsid --fork true
uses nsenter --version
uses mount --version
uses setpriv --reuid 10001 --regid 10001 --clear-groups true
uses env CNI_COMMAND=VERSION /usr/lib/cni/ptp
uses env CNI_COMMAND=VERSION /usr/lib/cni/host-local
uses python3 -c 'import ctypes; ctypes.CDLL("libnuma.so.1")'

step "tools/go/build.sh without Go"
! inside sh tools/go/build.sh /tmp/tools >"$root/tmp/printed" 2>&1
cat "$root/tmp/printed"
grep -q "there is no Go" "$root/tmp/printed"
step "everything was found"
