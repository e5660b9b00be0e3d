#!/bin/sh
# Builds the judges that come as Go modules into DIR/bin, pinned by the go.sum beside this file,
# and unpacks the schemas that they read; with the word `cluster` the parts of a Kubernetes into
# DIR/cluster/bin instead. Without Go it says what cannot be checked; in CI it fails.
set -eu
out=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/bin"
has_go() {
  sh "$here/../system.sh" go || return 1
  case $(go env GOVERSION) in # those before 1.21 cannot fetch the Go that a module asks for
    go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*) echo "tools: $(go version) is too old" >&2; return 1 ;;
  esac
}
if ! has_go; then
  [ -z "${CI:-}" ] && [ "${2:-}" != cluster ] || { echo "tools: needs Go 1.21 or later" >&2; exit 1; }
  echo "tools: without Go 1.21 charts are not checked with helm 4, kubectl-validate and kube-score" >&2
  exit 0
fi
build() { # MODULE PACKAGE BINARY [FLAGS OF THE LINKER [FLAGS OF THE COMPILER]]
  stamp="$out/bin/.$3-$( (echo "$*"; cat "$here/$1"/go.* "$here/$1"/*.go) | cksum | cut -d' ' -f1)"
  [ -e "$stamp" ] && [ -x "$out/bin/$3" ] && return
  echo "tools: building $3" >&2
  (cd "$here/$1" && CGO_ENABLED=0 GOFLAGS=-mod=readonly \
    go build -trimpath -ldflags="-s -w ${4:-}" ${5:-} -o "$out/bin/$3" "$2")
  rm -f "$out/bin/.$3"-*
  touch "$stamp"
}
if [ "${2:-}" = cluster ]; then
  out=$out/cluster
  mkdir -p "$out/bin"
  version=$(sed -n 's/^\tk8s.io\/kubernetes v//p' "$here/kubernetes/go.mod")
  name=k8s.io/component-base/version
  minor=${version#*.}
  is="-X $name.gitVersion=v$version -X $name.gitMajor=${version%%.*} -X $name.gitMinor=${minor%%.*}"
  build pause . pause
  build kubernetes go.etcd.io/etcd/server/v3 etcd
  for part in kubectl kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy; do
    build kubernetes "k8s.io/kubernetes/cmd/$part" "$part" "$is"
  done
  build kubernetes sigs.k8s.io/kwok/cmd/kwok kwok
  for part in containerd containerd-shim-runc-v2 ctr; do
    build containerd "github.com/containerd/containerd/v2/cmd/$part" "$part" "" "-tags=no_btrfs,no_devmapper,no_zfs"
  done
  build coredns . coredns
  build kafka . kafka-broker
  for part in operator adapter webhooks; do
    build keda "github.com/kedacore/keda/v2/cmd/$part" "keda-$part"
  done
  exit 0
fi
build helm4 helm.sh/helm/v4/cmd/helm helm4
build kubectl-validate sigs.k8s.io/kubectl-validate kubectl-validate
build pod-security . pod-security
build kube-score github.com/zegl/kube-score/cmd/kube-score kube-score
sh "$here/schemas.sh" "$out"
