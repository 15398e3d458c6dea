#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# demo.sh [flags of `tuan demo`] - install what is missing, build, and open a busy shop for your browser.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
daemon/deploy/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release
exec build/release/bin/tuan demo "$@"
