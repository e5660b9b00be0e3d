#!/bin/sh
# Programs that tests run and no lock can install. As root on Debian they are installed, else named.
# `system.sh` for the everyday tests: busybox for the entrypoint script's third shell, openssl for the
# gateway's certificates. `system.sh cluster` for a real Kubernetes on this machine.
set -eu
case ${1:-} in
  cluster) needed="runc nft:nftables ip:iproute2 unshare:util-linux openssl /usr/lib/cni/ptp:containernetworking-plugins" ;;
  *) needed="busybox dash bash openssl" ;;
esac
missing=
for each in $needed; do # PROGRAM or PROGRAM:PACKAGE
  command -v "${each%%:*}" >/dev/null 2>&1 || missing="$missing ${each##*:}"
done
[ "${1:-}" != cluster ] || ldconfig -p | grep -q 'libnuma\.so\.1' || missing="$missing libnuma1" # for vLLM
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
elif [ -n "${CI:-}${1:-}" ]; then
  echo "tools: missing:$missing" >&2
  exit 1
else
  echo "tools: the gateway is not tested with$missing, which are not installed" >&2
fi
