#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# train.sh PROGRAMS PROFILE - put an instrumented tuan and tuand (bench/tuned.cmake), which lie in the folder PROGRAMS and count into the
# folder PROFILE, through what shops do: some seconds of each.
#
# What is trained is laid out by its counts; by how much of the whole they are it is taken to be hot. So each way in has its share.
set -euo pipefail

bin=$1 profile=$2
log=$profile/train.log
fail() { echo "profile: $*" >&2; exit 1; }
mkdir -p "$profile"
rm -f "$profile"/*.gcda "$profile"/profile.h "$log"
"$bin/tuand" --version >/dev/null
[ -n "$(find "$profile" -name '*.gcda' -print -quit)" ] || fail "$bin/tuand counts nothing into $profile: it is not instrumented for that"

train() { # ARGUMENTS of tuan bench
  echo "tuan bench $*" >>"$log"
  timeout --foreground 100 "$bin/tuan" bench "$@" >>"$log" 2>&1 || { tail -20 "$log" >&2; fail "the training has failed: tuan bench $*"; }
}
shop() { train shop-day --private --quiet --closed --warmup 0 --duration 1s "$@"; }

mirrors=(private none)
command -v redis-server >/dev/null || { mirrors=(none); echo "profile: no redis-server here, so the mirror is LEFT OUT of the training"; }
echo "profile: training, about $((4 + 7 * ${#mirrors[@]})) s (log: $log)"
start=$SECONDS
train engine --rooms 20000 --joins 200000
train engine --rooms 20000 --joins 100000 --campaigns 1000
train engine --rooms 50000 --expire --merge
for mirror in "${mirrors[@]}"; do
  shop --mirror "$mirror" --pipeline 64 --mix match=1 --payment none
  shop --mirror "$mirror" --pipeline 16 --mix match=1,pay=0.6,cancel=0.1,open=0.1,join=0.3,seat=0.3
  shop --mirror "$mirror" --room-ttl 500ms --hold 300ms --mix match=3,pay=1,open=1
  for protocol in resp msgpack http; do
    shop --mirror "$mirror" --protocol $protocol --mix match=1,pay=0.6,get=10,list=0.5 --watchers 20
  done
done
shop --mirror none --protocol http --mix get=10,list=1
echo "profile: trained in $((SECONDS - start)) s"
echo "/* The profile that everything here was compiled with: $(cat "$profile"/*.gcda | sha256sum | cut -d' ' -f1). Made by bench/train.sh. */" >"$profile/profile.h"
