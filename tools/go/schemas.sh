#!/bin/sh
# Puts what the judges compare objects with into DIR, from Go modules that are read and not built:
# DIR/crds (KEDA, Gateway API, Prometheus operator), DIR/keda-scalers.json (the metadata of each of
# KEDA's triggers) and DIR/schemas (OpenAPI of a recent Kubernetes, for kubectl-validate's own are
# of 1.30).
set -eu
out=$1
here=$(cd "$(dirname "$0")" && pwd)
stamp="$out/.schemas-$(cat "$0" "$here"/schemas/go.sum "$here"/keda/go.sum "$here"/kubernetes/go.sum | cksum | cut -d' ' -f1)"
[ ! -e "$stamp" ] || exit 0
echo "tools: unpacking schemas" >&2

module() { # GROUP MODULE: the folder of the pinned module
  (cd "$here/$1" && go mod download "$2" && go list -m -f '{{.Dir}}' "$2")
}

rm -rf "$out/crds" "$out/schemas"
mkdir -p "$out/crds" "$out/schemas/api"
cp "$(module keda github.com/kedacore/keda/v2)"/config/crd/bases/*keda.sh_*.yaml "$out/crds/"
cp "$(module keda github.com/kedacore/keda/v2)"/schema/generated/scalers-schema.json "$out/keda-scalers.json"
cp "$(module schemas sigs.k8s.io/gateway-api)"/config/crd/standard/*_httproutes.yaml "$out/crds/"
cp "$(module schemas github.com/prometheus-operator/prometheus-operator)"/example/prometheus-operator-crd/*_podmonitors.yaml \
  "$out/crds/"
openapi=$(module kubernetes k8s.io/kubernetes)/api/openapi-spec/v3
cp "$openapi/api__v1_openapi.json" "$out/schemas/api/v1.json"
for file in "$openapi"/apis__*__v[0-9]_openapi.json; do
  name=$(basename "$file" _openapi.json)
  group=${name#apis__}
  mkdir -p "$out/schemas/apis/${group%%__*}"
  cp "$file" "$out/schemas/apis/${group%%__*}/${group##*__}.json"
done
chmod -R u+w "$out/crds" "$out/schemas" "$out/keda-scalers.json"
rm -f "$out"/.schemas-*
touch "$stamp"
