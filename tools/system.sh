#!/bin/sh
# Programs that tests run and no lock can install: busybox for the entrypoint script's third shell,
# openssl for the gateway's certificates. As root on Debian they are installed, else named.
set -eu
missing=
for program in busybox dash bash openssl; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && apt-get install -y -qq $missing >/dev/null
elif [ -n "${CI:-}" ]; then
  echo "tools: missing:$missing" >&2
  exit 1
else
  echo "tools: the gateway is not tested with$missing, which are not installed" >&2
fi
