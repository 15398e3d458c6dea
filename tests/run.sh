#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [arguments of ctest] - install what is missing, build with sanitizers and warnings as errors, run every test.
set -euo pipefail
exec </dev/null

cd "$(dirname "${BASH_SOURCE[0]}")/.."
daemon/deploy/setup.sh --tests
cmake --preset dev
cmake --build --preset dev
echo "run: installing the tests' Node packages"
for folder in tests/system tests/pages; do npm --prefix $folder ci --no-fund --no-audit --loglevel=error; done
ctest --preset dev "$@"
