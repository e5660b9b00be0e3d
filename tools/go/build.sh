#!/bin/sh
# Builds the judges that come as Go modules into DIR/bin, pinned by the go.sum beside this file,
# and unpacks the schemas that they read. Without Go it says what cannot be checked; in CI it fails.
set -eu
out=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/bin"
if ! command -v go >/dev/null 2>&1; then
  [ -z "${CI:-}" ] || { echo "tools: Go is missing" >&2; exit 1; }
  echo "tools: no Go here: charts are not checked with helm 4, kubectl-validate and kube-score" >&2
  exit 0
fi
build() { # MODULE PACKAGE BINARY
  stamp="$out/bin/.$3-$(cat "$here/$1/go.sum" "$here/$1"/*.go | cksum | cut -d' ' -f1)"
  [ -e "$stamp" ] && [ -x "$out/bin/$3" ] && return
  echo "tools: building $3" >&2
  (cd "$here/$1" && CGO_ENABLED=0 GOFLAGS=-mod=readonly \
    go build -trimpath -ldflags='-s -w' -o "$out/bin/$3" "$2")
  rm -f "$out/bin/.$3"-*
  touch "$stamp"
}
build helm4 helm.sh/helm/v4/cmd/helm helm4
build kubectl-validate sigs.k8s.io/kubectl-validate kubectl-validate
build pod-security . pod-security
build kube-score github.com/zegl/kube-score/cmd/kube-score kube-score
sh "$here/schemas.sh" "$out"
