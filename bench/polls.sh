#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# polls.sh [SECONDS [ROUNDS]] - wrk -c 50 polls the status of one room at tuand, and at nginx, which returns the same bytes
# from its configuration: full answers, then revalidations (304). Each server has one core, wrk another; the servers take
# turns of SECONDS (5), ROUNDS (3) of them. Prints requests a second, in parentheses the microseconds of its core that the
# server used for each, and the ratio of the medians; exits 1 if fewer than BAR (0.9) of nginx's requests were answered. A
# server that leaves a part of its core idle could do more than wrk asks: then only the second ratio compares the servers.
#
# Needs wrk, nginx, curl, taskset, two cores, and build/tuned (TUAN_BIN names another folder). TURNS=tuand leaves nginx out,
# for a profile.
set -euo pipefail

seconds=${1:-5} rounds=${2:-3} bar=${BAR:-0.9}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=${TUAN_BIN:-build/tuned/bin}
fail() { echo "polls: $*" >&2; exit 2; }
for program in wrk nginx curl taskset; do command -v "$program" >/dev/null || fail "$program is not installed"; done
[ "$(nproc)" -ge 2 ] || fail "two cores are needed: one for a server, one for wrk"

dir=$(mktemp -d)
started=()
# shellcheck disable=SC2317 # by the trap
finish() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$dir"; }
trap finish EXIT
await() { for _ in $(seq 200); do if "$@" >/dev/null 2>&1; then return; fi; sleep 0.05; done; fail "timed out: $*"; }

# ---- tuand, and a room of five with three seats taken ----
taskset -c 0 "$bin/tuand" --mirror none --rpc 127.0.0.1:0 --web 127.0.0.1:0 --admin 127.0.0.1:0 --dir "$dir/data" 2>"$dir/tuand.log" &
started+=($!)
pid_tuand=$!
await grep -q 'msg="ready' "$dir/tuand.log"
port_of() { sed -n "s/.*msg=\"ready.* $1=[^ ]*:\([0-9]*\) .*/\1/p" "$dir/tuand.log"; }
port_rpc=$(sed -n 's/.*msg="ready rpc=[^ ]*:\([0-9]*\) .*/\1/p' "$dir/tuand.log")
web=http://127.0.0.1:$(port_of web)
tuan() { "$bin/tuan" --server "127.0.0.1:$port_rpc" "$@"; }
tuan call campaign.put campaign=tea size=5 payment=none room_ttl_ms=86400000 >/dev/null
room=$(tuan --json call room.open campaign=tea user=u1 order=o1 'profile=Mei***' | sed -n 's/.*"room": *"\([^"]*\)".*/\1/p')
for n in 2 3; do tuan call room.join "room=$room" "user=u$n" "order=o$n" 'profile=Lin***' >/dev/null; done
url=$web/v1/rooms/$room

# ---- nginx, with the answer in its configuration ----
curl -sS -D "$dir/head" -o "$dir/body" "$url"
etag=$(tr -d '\r' <"$dir/head" | sed -n 's/^ETag: //p')
type=$(tr -d '\r' <"$dir/head" | sed -n 's/^Content-Type: //p')
fields=$(tr -d '\r' <"$dir/head" | sed -n "/^\(ETag\|Cache-Control\|X-[A-Za-z-]*\): /s/^\([^:]*\): \(.*\)/add_header \1 '\2';/p")
kept=$(grep -v nosniff <<<"$fields") # what a 304 says
port_nginx=$((20000 + RANDOM % 10000))
cat >"$dir/nginx.conf" <<CONF
daemon off; master_process off; pid $dir/pid; error_log $dir/nginx.log crit;
events { worker_connections 512; }
http {
  access_log off; keepalive_requests 1000000000; server_tokens off;
  client_body_temp_path $dir/body_temp; proxy_temp_path $dir/proxy_temp; fastcgi_temp_path $dir/fastcgi_temp;
  uwsgi_temp_path $dir/uwsgi_temp; scgi_temp_path $dir/scgi_temp;
  server {
    listen 127.0.0.1:$port_nginx;
    default_type $type;
    location /v1/ { $fields return 200 '$(cat "$dir/body")'; }
    location /304/ { $kept return 304; }
  }
}
CONF
taskset -c 0 nginx -e "$dir/nginx.log" -c "$dir/nginx.conf" &
started+=($!)
pid_nginx=$!
await curl -sSf "http://127.0.0.1:$port_nginx/v1/"
curl -sS "http://127.0.0.1:$port_nginx/v1/" | cmp - "$dir/body" || fail "nginx returns another body"

# ---- turns ----
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# rate PID PLACE [field]: requests a second, microseconds each; any refusal is fatal.
rate() {
  local pid=$1 place=$2 said before
  shift 2
  before=$(ticks "$pid")
  said=$(taskset -c 1 wrk -t 1 -c 50 -d "${seconds}s" "$@" "$place")
  if grep -qE 'Non-2xx|Socket errors' <<<"$said"; then fail "$place: $said"; fi
  awk -v ticks="$(($(ticks "$pid") - before))" -v hertz="$(getconf CLK_TCK)" \
    '/requests in/ { total = $1 } /^Requests\/sec/ { printf "%d %.2f\n", $2, ticks / hertz * 1000000 / total }' <<<"$said"
}
median() { cut -d' ' -f"$1" "$2" | sort -n | sed -n "$(((rounds + 1) / 2))p"; }
told() { sed 's/ \(.*\)/ (\1 us)/' "$1" | paste -sd ' '; }

status=0
# compare NAME NGINX-PATH [field]
compare() {
  local name=$1 path=$2
  shift 2
  rm -f "$dir"/*.rates
  for _ in $(seq "$rounds"); do
    [ "${TURNS:-}" = tuand ] || rate "$pid_nginx" "http://127.0.0.1:$port_nginx$path" "$@" >>"$dir/nginx.rates"
    rate "$pid_tuand" "$url" "$@" >>"$dir/tuand.rates"
  done
  if [ "${TURNS:-}" = tuand ]; then echo "$name: tuand $(told "$dir/tuand.rates")"; return; fi
  echo "$name: tuand $(told "$dir/tuand.rates") | nginx $(told "$dir/nginx.rates")"
  awk -v bar="$bar" -v ours="$(median 1 "$dir/tuand.rates")" -v theirs="$(median 1 "$dir/nginx.rates")" \
    -v our_us="$(median 2 "$dir/tuand.rates")" -v their_us="$(median 2 "$dir/nginx.rates")" \
    'BEGIN { printf "     ratio %.2f (bar %s); by the time of its core %.2f\n", ours / theirs, bar, their_us / our_us; exit ours < theirs * bar }' ||
    status=1
}
echo "polls: $(nginx -v 2>&1), $(wrk -v 2>&1 | head -1 | cut -d' ' -f1,2); an answer of $(wc -c <"$dir/body") bytes; requests a second"
compare 200 /v1/
compare 304 /304/ -H "If-None-Match: $etag"
exit $status
