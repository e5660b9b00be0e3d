#!/bin/sh
# curl. Every case prints its name and ok, or what it got instead.
base=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
say() { [ "$2" = "$3" ] && echo "$1 ok" || echo "$1 $2, expected $3"; }
ask() { curl --silent --show-error --max-time 60 "$@" 2>&1; }

head -c 70000 /dev/zero | tr '\0' x >"$folder/body"
head -c 33554432 /dev/zero >"$folder/big"
say get "$(ask "$base/v1/models")" '{"data": []}'
say head "$(ask --head --write-out '%{http_code} %{size_download}' --output /dev/null "$base/v1/models" \
  --output /dev/null "$base/v1/models")" '200 0200 0'
say post "$(ask --data-binary "@$folder/body" "$base/v1/echo" | cmp - "$folder/body" && echo same)" same
say chunked "$(ask --header 'Transfer-Encoding: chunked' --data-binary @- "$base/v1/echo" <"$folder/body" | cmp - "$folder/body" && echo same)" same
say stream "$(ask --no-buffer --data '{}' "$base/v1/stream" | while read -r line; do [ -z "$line" ] || date +%s%N; done |
  awk 'NR == 1 { first = $1 } END { print NR, ($1 - first > 200000000) ? "piecewise" : "at once" }')" '5 piecewise'
say empty "$(ask --write-out '%{http_code}' "$base/v1/empty")" 204
say keep-alive "$(ask --write-out '%{num_connects}' --output /dev/null "$base/v1/models" --output /dev/null "$base/v1/models" \
  --output /dev/null "$base/v1/models")" 100
say early-413 "$(ask --write-out '%{http_code}' --output /dev/null --data-binary "@$folder/big" "$base/v1/echo")" 413
say early-413-chunked "$(ask --write-out '%{http_code}' --output /dev/null --header 'Transfer-Encoding: chunked' --header 'Expect:' \
  --data-binary @- "$base/v1/echo" <"$folder/big")" 413
say not-found "$(ask --write-out '%{http_code}' --output /dev/null "$base/nothing")" 404
