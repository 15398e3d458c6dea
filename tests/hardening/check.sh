#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check.sh BINARY... - is it hardened as a release is to be? Names what is missing.
#   tests/hardening/check.sh build/release/bin/tuand build/release/bin/tuan
set -u
faults=0
[ $# -gt 0 ] || { echo "check.sh: which binary?"; exit 2; }

# expect WHAT PATTERN TEXT / refuse WHAT PATTERN TEXT
expect() { printf '%s\n' "$3" | grep -qE "$2" || { echo "$binary: $1"; faults=$((faults + 1)); }; }
refuse() { printf '%s\n' "$3" | grep -qE "$2" && { echo "$binary: $1"; faults=$((faults + 1)); }; }

for binary in "$@"; do
    [ -f "$binary" ] || { echo "$binary: there is none"; exit 2; }
    header=$(readelf -hW "$binary") dynamic=$(readelf -dW "$binary") segments=$(readelf -lW "$binary")
    symbols=$(readelf --dyn-syms -W "$binary")
    expect 'its place in memory is fixed (no PIE)' 'Type:.*DYN.*Position-Independent Executable' "$header"
    expect 'its jump tables stay writable (no RELRO)' 'GNU_RELRO' "$segments"
    expect 'its jump tables are filled late (no BIND_NOW)' 'FLAGS.*NOW' "$dynamic"
    expect 'its stack may be executed' 'GNU_STACK .* RW +0x' "$segments"
    refuse 'a segment is writable and executable' 'LOAD .* RWE ' "$segments"
    refuse 'it looks for libraries in a folder of its own' 'RPATH|RUNPATH' "$dynamic"
    expect 'no stack protector' '__stack_chk_fail' "$symbols"
    expect 'no fortified functions' '__(mem|str|v?s?n?printf|fprintf|f?read|realpath)[a-z]*_chk' "$symbols"
    expect 'assertions are off' '__assert_fail' "$symbols"
    case $(uname -m) in
    x86_64) expect 'no marks for indirect jumps' endbr64 "$(objdump -d --no-show-raw-insn "$binary")" ;;
    esac
done
[ "$faults" -eq 0 ] && echo "hardened: $*"
[ "$faults" -eq 0 ]
