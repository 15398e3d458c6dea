#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# package_inside.sh - run by package.sh in its container: the life of the installed service.
set -euo pipefail

say() { echo "inside: $*"; }
fail() { echo "inside: FAILED: $*"; systemctl status tuand --no-pager -n 30 || true; exit 1; }
shop() { redis-cli -p 8826 -e "$@"; }
pid() { systemctl show -p MainPID --value tuand; }
until_true() { # until_true WHAT COMMAND…: for a minute
  local what=$1 i
  shift
  for ((i = 0; i < 600; i++)); do if "$@" >/dev/null 2>&1; then return; fi; sleep 0.1; done
  fail "not in a minute: $what"
}
serves() { systemctl is-active --quiet tuand && shop PING; }
seat_is_there() { [ "$(shop SEAT.GET tea "$1" | sed -n 6p)" = "$1" ]; }

until_true "the service is started by the boot" serves
systemctl show -p StatusText --value tuand | grep -qx serving || fail "it does not say that it serves"
[ "$(stat -c %U:%a /var/lib/tuan)" = tuan:700 ] || fail "/var/lib/tuan is not tuan's own"
[ "$(stat -c %U "/proc/$(pid)")" = tuan ] || fail "it does not run as tuan"
grep -q '^Seccomp:[[:space:]]*2$' "/proc/$(pid)/status" || fail "no filter of system calls holds"
grep -q '^CapEff:[[:space:]]*0*$' "/proc/$(pid)/status" || fail "it has capabilities"
systemd-analyze security --no-pager --threshold=20 tuand >/dev/null || fail "more than 2.0 points of exposure"
shop INFO server | tr -d '\r' | grep -qx tuan_build:tuned || fail "it was built without a profile: $(shop INFO server | grep tuan_build)"
shop CAMPAIGN.PUT tea size 3 price 100 >/dev/null
shop ROOM.MATCH tea ann order-1 >/dev/null
seat_is_there order-1 || fail "no seat"
say "started by the boot, as tuan, without capabilities, behind a filter; it has its redis-server and seats"

before="$(pid)"
sed -i 's/^#log.level = info/log.level = debug/' /etc/tuan/tuan.conf
systemctl reload tuand
[ "$(pid)" = "$before" ] || fail "a reload restarted it"
shop CONFIG GET log.level | grep -qx debug || fail "the reload took nothing over"
say "reloads"

kill -9 "$before"
until_true "it is started anew after a crash" serves
[ "$(pid)" != "$before" ] || fail "it was not killed"
seat_is_there order-1 || fail "the crash lost a seat"
say "comes back after kill -9, with its seats"

mkdir -p /etc/systemd/system/tuand.service.d
printf '[Service]\nWatchdogSec=3s\n' >/etc/systemd/system/tuand.service.d/test.conf
systemctl daemon-reload
systemctl restart tuand
before="$(pid)"
kill -STOP "$before"
until_true "the watchdog ends a daemon that hangs" bash -c "[ \"\$(systemctl show -p MainPID --value tuand)\" != $before ]"
until_true "and starts it anew" serves
seat_is_there order-1 || fail "the watchdog lost a seat"
rm -r /etc/systemd/system/tuand.service.d
systemctl daemon-reload
say "the watchdog ends a loop that hangs"

echo 'no.such.option = 1' >>/etc/tuan/tuan.conf
if systemctl restart tuand 2>/dev/null; then fail "a bad configuration starts"; fi
[ "$(systemctl show -p ExecMainStatus --value tuand)" = 78 ] || fail "exit code $(systemctl show -p ExecMainStatus --value tuand)"
sleep 3
[ "$(systemctl is-active tuand || true)" = failed ] || fail "a bad configuration is tried again"
sed -i '$d' /etc/tuan/tuan.conf
systemctl start tuand
seat_is_there order-1 || fail "no seat"
say "a bad configuration is refused, once"

before="$(pid)"
dpkg -i --force-confold /srv/debs/tuand_*.deb >/dev/null 2>&1 || fail "the upgrade"
until_true "the upgraded one serves" serves
[ "$(pid)" != "$before" ] || fail "the upgrade did not restart it"
grep -q '^log.level = debug' /etc/tuan/tuan.conf || fail "the upgrade lost the configuration"
seat_is_there order-1 || fail "the upgrade lost a seat"
shop ROOM.MATCH tea bob order-2 >/dev/null
say "is upgraded under way"

cat >/tmp/client.c <<'C'
#include <tuan.h>
int main(void) { return 0; }
C
gcc -o /tmp/client /tmp/client.c $(pkg-config --cflags --libs tuan) && /tmp/client || fail "the C client does not link"
gcc -o /tmp/client /tmp/client.c $(pkg-config --cflags --static --libs tuan) || fail "the C client does not link by hand"

dpkg -r tuand >/dev/null 2>&1 || fail "the removal"
if systemctl is-active --quiet tuand || [ -n "$(find /proc -maxdepth 1 -user tuan)" ]; then fail "something of it runs on"; fi
dpkg -P tuand >/dev/null 2>&1 || fail "the purge"
[ -d /var/lib/tuan/appendonlydir ] || fail "the purge took the data"
[ ! -e /etc/tuan/tuan.conf ] || fail "the purge left the configuration"
dpkg -i /srv/debs/tuand_*.deb >/dev/null 2>&1 || fail "installing it again"
until_true "installed again it serves" serves
seat_is_there order-2 || fail "the data did not outlive the purge"
say "removed and purged it leaves the data, and finds them again"
say "all is well"
