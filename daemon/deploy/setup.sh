#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# setup.sh [--tests] [--packages] - install by apt what building tuan needs, with --tests also what testing it needs, with --packages also
# what tests/package.sh needs. Debian 12 or like it.
#
# Only what is missing is installed; with nothing missing it says so and touches nothing. The redis-server package is needed
# for its program: tuand starts one of its own, the packaged service is not started.
set -euo pipefail

fail() { echo "setup: $*" >&2; exit 1; }

with_tests=0 with_packages=0
for arg in "$@"; do
  case "$arg" in
    --tests) with_tests=1 ;;
    --packages) with_packages=1 ;;
    -h|--help) sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown argument '$arg' (--tests and --packages are known)" ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "this is not Debian or like it (no apt-get). Install by hand: a C11 compiler, cmake >= 3.25, ninja, pkg-config, and the
headers of libevent >= 2.1.12, hiredis, msgpack-c >= 4, jansson >= 2.14, xxhash, openssl >= 3, jemalloc; redis-server >= 7.0.
For tests: cmocka, node >= 18 with npm, python3, systemd, nginx, prometheus, lintian, chromium and a font with CJK characters."
fi

packages=(build-essential cmake ninja-build pkg-config libevent-dev libhiredis-dev libmsgpack-dev libjansson-dev libxxhash-dev
  libssl-dev libjemalloc-dev redis-server redis-tools tzdata file)
if [ "$with_tests" = 1 ]; then
  packages+=(curl libcmocka-dev python3 bsdutils util-linux chromium fonts-noto-cjk)
  packages+=(systemd nginx wrk prometheus lintian) # what daemon/deploy and the web port are judged by
  node_major="$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p' || true)"
  if [ "${node_major:-0}" -lt 18 ]; then packages+=(nodejs); fi
  if ! command -v npm >/dev/null; then packages+=(npm); fi
fi
if [ "$with_packages" = 1 ]; then packages+=(debootstrap systemd-container); fi

missing=()
for package in "${packages[@]}"; do
  state="$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)"
  if [ "$state" != installed ]; then missing+=("$package"); fi
done
if [ "${#missing[@]}" = 0 ]; then
  echo "setup: all ${#packages[@]} packages are there"
  exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail "not root, and no sudo: as root run: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

# No service is to start by itself: a policy of ours for as long as this takes, unless the machine has one.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null; }

echo "setup: reading the package lists"
apt update
echo "setup: installing ${missing[*]}"
apt install -y --no-install-recommends "${missing[@]}" | sed -n 's/^Setting up \([^ ]*\).*/  \1/p'
echo "setup: done"
