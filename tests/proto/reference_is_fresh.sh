#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tables in proto/README.md are what protodoc prints: reference_is_fresh.sh PROTODOC README [--write]
set -eu
protodoc=$1 readme=$2 begin='<!-- begin: printed by protodoc -->' end='<!-- end: printed by protodoc -->'
fresh=$(mktemp) && trap 'rm -f "$fresh"' EXIT

awk -v begin="$begin" '{ print } $0 == begin { exit }' "$readme" > "$fresh"
"$protodoc" >> "$fresh"
printf '\n%s\n' "$end" >> "$fresh"
if [ "${3:-}" = --write ]; then
    cat "$fresh" > "$readme"
elif ! cmp -s "$fresh" "$readme"; then
    diff "$readme" "$fresh" | head -20
    echo "$readme is stale: run $0 $protodoc $readme --write"
    exit 1
fi
