#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# ratios.sh [ROUNDS [FACTOR [ONLY]]] - tuand beside Redis, with redis-benchmark, which neither of them wrote: 50 connections, in turns (the
# other one first and last), ROUNDS (2) of ours between. Prints for each work the medians of requests a second, in parentheses the
# slowest and the fastest, the ratio, and the bar that it must reach. FACTOR (1) multiplies the number of requests.
# ONLY names the rows to run, by how they begin (all): "match durable".
#
#   match durable   ROOM.MATCH, --mirror private (every fsync awaited), beside a Lua script that seats people in Redis (PEER), fsync always
#   match           ROOM.MATCH, --mirror none, beside HGETALL of a hash of twelve fields (-P 64) and beside PING (-P 1)
#   get             ROOM.GET of a room of five with three seats taken, beside the same HGETALL
#   bare get        the same with seats 0: a status of fifteen fields, without the seats
#   poll            the first with if_version, as who has seen the room asks; nothing has changed
#
# PEER names a program that prints its requests a second and its bytes a room: redis-lua CONNECTIONS PIPELINE REQUESTS FSYNC. Without it
# the rows beside it are left out, and said so. Needs redis-server, redis-benchmark and build/tuned (TUAN_BIN names another folder).
# shellcheck disable=SC2317 # compare calls measurements by their names
set -euo pipefail

rounds=${1:-2} factor=${2:-1} only=${3:-}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=${TUAN_BIN:-build/tuned/bin} peer=${PEER:-../shared/peers/redis-lua}
fail() { echo "ratios: $*" >&2; exit 2; }
for program in redis-server redis-benchmark redis-cli; do command -v "$program" >/dev/null || fail "$program is not installed"; done
[ -x "$peer" ] || { echo "ratios: LEFT OUT: what is beside the Lua script, since PEER=$peer is not there"; peer=''; }

dir=$(mktemp -d)
started=()
# shellcheck disable=SC2317 # by the trap and by compare
finish() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$dir"; }
trap finish EXIT
await() { for _ in $(seq 400); do if "$@" >/dev/null 2>&1; then return; fi; sleep 0.05; done; fail "timed out: $*"; }

# ---- servers: each measurement of a daemon is on a new one ----
tuand_start() { # MIRROR: sets port, pid_tuand
  local home
  home=$(mktemp -d "$dir/tuand.XXXX")
  "$bin/tuand" --mirror "$1" --rpc 127.0.0.1:0 --web 127.0.0.1:0 --admin 127.0.0.1:0 --dir "$home" 2>"$home.log" &
  pid_tuand=$!
  started+=("$pid_tuand")
  await grep -q 'msg="ready' "$home.log"
  port=$(sed -n 's/.*msg="ready rpc=[^ ]*:\([0-9]*\) .*/\1/p' "$home.log")
  redis-cli -p "$port" CAMPAIGN.PUT c1 size 5 payment none >/dev/null
}
tuand_stop() { kill "$pid_tuand"; wait "$pid_tuand" || true; }

port_redis=$((21000 + RANDOM % 9000))
redis-server --port $port_redis --bind 127.0.0.1 --save '' --appendonly no \
  --logfile "$dir/redis.log" --dir "$dir" &
started+=($!)
await redis-cli -p "$port_redis" ping
redis-cli -p "$port_redis" HSET room id 1SVSXMGATTTTWESJWP00 campaign c1 state open size 5 paid 3 held 0 missing 2 free 2 opened_at 1700000000000 \
  deadline 1700086400000 version 7 now 1700000000000 >/dev/null

# ---- one measurement: requests a second ----
benchmark() { # ARGUMENTS of redis-benchmark
  local said
  said=$(redis-benchmark -q "$@" 2>&1 | tr '\r' '\n') || fail "redis-benchmark $* has failed: $(tail -c 500 <<<"$said")"
  sed -n 's/.*: \([0-9.]*\) requests per second.*/\1/p' <<<"$said" | tail -1 | grep . || fail "redis-benchmark $* told no rate: $(tail -c 500 <<<"$said")"
}
rate() { # PORT PIPELINE REQUESTS COMMAND...
  local port=$1 pipeline=$2 requests=$(($3 * factor))
  shift 3
  benchmark -p "$port" -c 50 -P "$pipeline" -n "$requests" -r 1000000000 "$@"
}
ours_match() { # MIRROR PIPELINE REQUESTS
  tuand_start "$1"
  rate "$port" "$2" "$3" ROOM.MATCH c1 u__rand_int____rand_int__ o__rand_int____rand_int__
  tuand_stop
}
ours_get() { # PIPELINE REQUESTS [seen|bare]
  local room ask
  tuand_start none
  room=$(redis-cli -p "$port" ROOM.OPEN c1 u1 o1 | sed -n '/^room$/{n;p}')
  for n in 2 3; do redis-cli -p "$port" ROOM.JOIN "$room" "u$n" "o$n" >/dev/null; done
  ask=(ROOM.GET "$room")
  if [ "${3:-}" = bare ]; then ask+=(seats 0); fi
  if [ "${3:-}" = seen ]; then ask+=(if_version "$(redis-cli -p "$port" "${ask[@]}" | sed -n '/^version$/{n;p}')"); fi
  rate "$port" "$1" "$2" "${ask[@]}"
  tuand_stop
}
peer_match() {
  local said
  said=$("$peer" 50 "$1" "$(($2 * factor))" always) || fail "$peer has failed: $(tail -c 500 <<<"$said")"
  tee -a "$dir/peer.$1" <<<"$said" | sed -n 1p
}
peer_hash() { rate "$port_redis" 64 1500000 HGETALL room; }
peer_ping() { benchmark -p "$port_redis" -c 50 -P 1 -n "$((200000 * factor))" -t ping_mbulk; }

# ---- in turns ----
median() { sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
spread() { sort -n "$1" | awk 'NR == 1 {low = $1} {high = $1} END {printf "%.0f (%.0f-%.0f)", '"$(median "$1")"', low, high}'; }
missed=0 rows=0
compare() { # NAME BAR PEER -- OURS
  local name=$1 bar=$2 theirs=$3 ours=$4 ratio
  [[ $name == "$only"* ]] || return 0
  rows=$((rows + 1))
  : >"$dir/theirs"; : >"$dir/ours"
  eval "$theirs" >>"$dir/theirs"
  for _ in $(seq "$rounds"); do eval "$ours" >>"$dir/ours"; eval "$theirs" >>"$dir/theirs"; done
  ratio=$(awk "BEGIN {printf \"%.2f\", $(median "$dir/ours") / $(median "$dir/theirs")}")
  printf '%-44s ours %-28s theirs %-28s ratio %-6s bar %s\n' "$name" "$(spread "$dir/ours")" "$(spread "$dir/theirs")" "$ratio" "$bar"
  awk "BEGIN {exit !($ratio >= $bar)}" || missed=1
}
if [ -n "$peer" ]; then
  compare 'match durable, -P 64, beside Lua' 6 'peer_match 64 300000' 'ours_match private 64 1000000'
  compare 'match durable, -P 1, beside Lua' 1.3 'peer_match 1 100000' 'ours_match private 1 150000'
fi
compare 'match, -P 64, beside HGETALL of 12' 1.3 peer_hash 'ours_match none 64 1500000'
compare 'match, -P 1, beside PING' 0.85 peer_ping 'ours_match none 1 200000'
compare 'get, -P 64, beside HGETALL of 12' 1.3 peer_hash 'ours_get 64 1500000'
compare 'bare get, -P 64, beside HGETALL of 12' 1.3 peer_hash 'ours_get 64 1500000 bare'
compare 'poll, -P 64, beside HGETALL of 12' 1.3 peer_hash 'ours_get 64 1500000 seen'
if [ -n "$peer" ] && [ -z "$only" ]; then
  theirs=$(sed -n 's/ bytes.room//p' "$dir/peer.64" | median /dev/stdin)
  ours=$("$bin/tuan" bench engine --rooms 1000000 --joins 4000000 --json | grep -o '"bytes_per_room": *[0-9.]*' | grep -o '[0-9.]*$')
  echo "bytes a room of five: ours ${ours:-?}, theirs $theirs, bar 0.6 of theirs"
fi
[ "$rows" -gt 0 ] || fail "no row begins with '$only'"
exit $missed
