#!/bin/sh
# Builds the judges that come as Go modules into DIR/bin, pinned by the go.sum beside this file,
# and unpacks the schemas that they read; with the word `cluster` the parts of a Kubernetes into
# DIR/cluster/bin instead. Without Go one line names what is not checked; in CI it fails.
set -eu
out=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/bin"
lack=
if ! sh "$here/../system.sh" go 2>/dev/null; then
  lack="there is no Go"
else
  case $(go env GOVERSION) in # those before 1.21 cannot fetch the Go that a module asks for
    go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*) lack="$(go version) is too old" ;;
  esac
fi
if [ -n "$lack" ]; then
  [ -z "${CI:-}" ] && [ "${2:-}" != cluster ] || { echo "tools: $lack, Go 1.21 or later is needed" >&2; exit 1; }
  echo "tools: $lack, Go 1.21 or later is needed; not checked: helm4, kubectl-validate, pod-security, kube-score" >&2
  exit 0
fi
# The tags leave out what of containerd wants C; no other module knows them.
export CGO_ENABLED=0 GOFLAGS="-mod=readonly -trimpath -buildvcs=false -tags=no_btrfs,no_devmapper,no_zfs"

stamp() { # GRAPH LINKER PROGRAM=PACKAGE...: a name for what is built of it
  echo "$out/bin/.$1-$( (echo "$*"; cat "$here/$1"/go.* "$here/$1"/*.go) | cksum | cut -d' ' -f1)"
}

is_built() { # GRAPH LINKER PROGRAM=PACKAGE...
  [ -e "$(stamp "$@")" ] || return 1
  shift 2
  for pair; do
    [ -x "$out/bin/${pair%%=*}" ] || return 1
  done
}

packages() { # PROGRAM=PACKAGE...
  for pair; do
    echo "${pair#*=}"
  done
}

fetch() { # GRAPH LINKER PROGRAM=PACKAGE...: modules are downloaded while others are compiled
  ! is_built "$@" || return 0
  (cd "$here/$1" && shift 2 && go list -deps $(packages "$@") >/dev/null 2>&1) &
}

has_own_pins() { # GRAPH
  case $1 in
    pause | kubernetes) ;; # README.md has the reason
    *) sh "$here/pins.sh" "$1" ;;
  esac
}

build() { # GRAPH LINKER PROGRAM=PACKAGE...: at once, or a core waits while a single one is linked
  ! is_built "$@" || return 0
  stamp=$(stamp "$@") graph=$1 linker=$2 new=$out/bin/.new
  shift 2
  has_own_pins "$graph"
  echo "tools: building $(for pair; do printf '%s ' "${pair%%=*}"; done)" >&2
  mkdir -p "$new"
  (cd "$here/$graph" && go build -ldflags="-s -w $linker" -o "$new/" $(packages "$@"))
  for pair; do
    mv "$new/$(basename "${pair#*=}")" "$out/bin/${pair%%=*}"
  done
  rm -rf "$out/bin/.$graph"-* "$new"
  touch "$stamp"
}

each_judge() { # fetch or build
  "$1" helm4 "" helm4=helm.sh/helm/v4/cmd/helm
  "$1" kubectl-validate "" kubectl-validate=sigs.k8s.io/kubectl-validate
  "$1" pod-security "" pod-security=$own/pod-security
  "$1" kube-score "" kube-score=github.com/zegl/kube-score/cmd/kube-score
}

each_part() { # fetch or build
  "$1" pause "" pause=$own/pause
  "$1" kubernetes "$version" kubernetes=$own/kubernetes kubectl=k8s.io/kubernetes/cmd/kubectl
  "$1" containerd "" $(for part in containerd containerd-shim-runc-v2 ctr; do
    echo $part=github.com/containerd/containerd/v2/cmd/$part
  done)
  "$1" coredns "" coredns=$own/coredns
  "$1" keda "" $(for part in operator adapter webhooks; do
    echo keda-$part=github.com/kedacore/keda/v2/cmd/$part
  done)
}

version_of_kubernetes() { # for the linker: as upstream's own build has it
  found=$(sed -n 's/^\tk8s.io\/kubernetes v//p' "$here/kubernetes/go.mod")
  minor=${found#*.}
  for pair in gitVersion=v$found gitMajor=${found%%.*} gitMinor=${minor%%.*}; do
    printf '%s ' "-X k8s.io/component-base/version.$pair"
  done
}

own=wingsctl.invalid/tools
if [ "${2:-}" = cluster ]; then
  out=$out/cluster version=$(version_of_kubernetes)
  mkdir -p "$out/bin"
  each_part fetch
  each_part build
  for part in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kwok; do
    ln -sf kubernetes "$out/bin/$part"
  done
  exit 0
fi
mkdir -p "$out/bin"
each_judge fetch
each_judge build
sh "$here/schemas.sh" "$out"
