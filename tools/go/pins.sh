#!/bin/sh
# pins.sh GRAPH: fails where GRAPH/go.mod selects another version of a module than the programs' own
# go.mod does: what is proven with a program would not hold for the one that its authors release.
set -eu
cd "$(dirname "$0")/$1"
for module in $(awk '{ sub(/^require /, "") } $2 ~ /^v[0-9]/ && !/indirect/ { print $1 }' go.mod); do
  awk -v graph="$1" -v program="$module" '
    { sub(/^require /, "") }
    $2 !~ /^v[0-9]/ { next }
    FNR == NR { own[$1] = $2; next }
    $1 in own && own[$1] != $2 {
      print "tools: " graph " has " $1 " " $2 ", but " program " has " own[$1]
      differs = 1
    }
    END { exit differs }' "$(go list -m -f '{{.GoMod}}' "$module")" go.mod >&2
done
