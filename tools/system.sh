#!/bin/sh
# system.sh [-f TABLE] [--list] PART...: finds the system's programs that each PART of programs.txt, or
# of TABLE, needs, and installs those that are missing (as root on Debian). What it cannot install it
# names, and fails; not for the everyday tests outside CI, which skip what they lack. With --list it
# prints the names of all.
set -eu
# Programs of administrators are called too, also by those whose PATH leaves them out.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
table=$(dirname "$0")/programs.txt
[ "${1:-}" != -f ] || { table=$2; shift 2; }
list=
[ "${1:-}" != --list ] || { list=yes; shift; }

is_on_path() ( # Not `command -v`, which finds functions and aliases as well.
  IFS=:
  for folder in $PATH; do
    [ ! -f "$folder/$1" ] || [ ! -x "$folder/$1" ] || exit 0
  done
  exit 1
)

is_there() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *.so.*) ldconfig -p 2>/dev/null | grep -qF "$1" ;;
    *) is_on_path "$1" ;;
  esac
}

missing() { # PART...: a line PACKAGE PROGRAM for each that is not there
  for part; do
    sed -n "s/^$part  *//p" "$table" | while read -r package programs; do
      for program in $programs; do
        is_there "$program" || echo "$package $program"
      done
    done
  done
}

install_packages() { # PACKAGE...: those that this release has; what is missing then is named later
  echo "tools: installing $*" >&2
  apt-get update -qq || true # what follows names what is missing
  for package; do
    shift
    ! apt-cache show "$package" >/dev/null 2>&1 || set -- "$@" "$package"
  done
  [ $# = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install -y -qq --no-install-recommends "$@" >/dev/null || true
}

names() { # PART...: on one line, each once
  for part; do
    sed -n "s/^$part  *[^ ]*  *//p" "$table"
  done | tr ' ' '\n' | sort -u | tr '\n' ' '
}

is_installable() {
  [ -n "$packages" ] && [ "$(id -u)" = 0 ] && is_on_path apt-get
}

for part; do
  grep -q "^$part " "$table" || { echo "tools: $table has no part '$part'" >&2; exit 2; }
done
[ -z "$list" ] || { echo $(names "$@"); exit 0; }
lacking=$(missing "$@")
[ -n "$lacking" ] || exit 0
packages=$(echo "$lacking" | sed '/^- /d; s/ .*//' | sort -u)
if is_installable; then
  exec 9<"$table" # scripts that run beside each other install one after the other
  flock 9
  install_packages $packages
  lacking=$(missing "$@")
  [ -n "$lacking" ] || exit 0
fi
echo "$lacking" | while read -r package program; do
  case $package in
    -) echo "tools: $program is missing, and no package has it: see CONTRIBUTING.md" ;;
    *) echo "tools: $program is missing; Debian's package $package has it (as root: apt-get install $package)" ;;
  esac
done >&2
[ "$*" = everyday ] && [ -z "${CI:-}" ] || exit 1
echo "tools: the tests that need what is missing are skipped" >&2
