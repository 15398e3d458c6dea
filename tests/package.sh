#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# package.sh [FOLDER] - build the Debian packages, have lintian judge them, install them in a clean Debian 12 that boots in a container of its own, and
# put the service there through its life: start, reload, crash, a loop that hangs, a bad configuration, upgrade, removal.
#
# As root; needs the Debian mirror (apt) and some minutes. FOLDER keeps the bare Debian for the next time. The short form of this is the
# test system.package.
set -euo pipefail
exec </dev/null

cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { echo "package: $*"; }
fail() { echo "package: $*" >&2; exit 1; }
if [ "$(id -u)" != 0 ]; then fail "only root can make a container"; fi
daemon/deploy/setup.sh --tests --packages

say "building"
cmake --preset package >/dev/null
cmake --build --preset package >/dev/null
rm -f build/package/*.deb
(cd build/package && cpack >/dev/null)
lintian --allow-root --fail-on error,warning build/package/*.deb
say "lintian accepts $(cd build/package && echo *.deb)"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
bare="${1:-$work/bare}" root="$work/root"
if [ ! -e "$bare/etc/debian_version" ]; then
  say "making a bare Debian in $bare"
  debootstrap --variant=minbase --include=systemd-sysv,dbus bookworm "$bare" >"$work/debootstrap.log" || { tail -5 "$work/debootstrap.log" >&2; exit 1; }
fi
cp -a "$bare" "$root"
mkdir "$root/srv/debs"
cp build/package/*.deb "$root/srv/debs/"
cp tests/package_inside.sh "$root/srv/"
container() { systemd-nspawn --quiet --register=no --keep-unit --directory="$root" "$@" 2>>"$work/nspawn.log"; }

say "installing in it"
container --pipe bash -c 'apt-get -qq update && export DEBIAN_FRONTEND=noninteractive &&
  apt-get -qq install /srv/debs/tuand_*.deb && apt-get -qq install --no-install-recommends /srv/debs/lib*.deb gcc pkg-config libc6-dev' \
  >"$work/install.log" 2>&1 || { tail -20 "$work/install.log" >&2; fail "it does not install"; }

# What is to be seen inside runs as a service of its own, and ends by powering the container off.
cat >"$root/etc/systemd/system/package-inside.service" <<'UNIT'
[Unit]
After=tuand.service
[Service]
Type=oneshot
ExecStart=/bin/bash /srv/package_inside.sh
StandardOutput=append:/srv/inside.log
StandardError=append:/srv/inside.log
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=multi-user.target
UNIT
ln -s ../package-inside.service "$root/etc/systemd/system/multi-user.target.wants/package-inside.service"

say "booting it"
timeout 600 systemd-nspawn --quiet --register=no --keep-unit --private-network --directory="$root" --boot --console=pipe >"$work/boot.log" 2>&1 || true
sed 's/^/  /' "$root/srv/inside.log" || { tail -20 "$work/boot.log" >&2; fail "it did not boot"; }
grep -q '^inside: all is well$' "$root/srv/inside.log" || fail "the service does not do what it should (above)"
say "all is well"
