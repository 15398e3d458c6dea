#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# man.sh PROGRAM SECTION TITLE - print PROGRAM's man page: what it says of itself by --help, and by --help of each of its subcommands, which
# grows from the rows. So there is no second text that could be out of date.
set -euo pipefail

program=$1 section=$2 title=$3
name="$(basename "$program")"
upper="${name^^}"

# Text as it stands, with what groff would take for its own escaped.
verbatim() { echo .nf; sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/" -e 's/`/\\(ga/g' -e "s/'/\\\\(aq/g"; echo .fi; }
head() { printf '.SH "%s"\n' "$1"; }

printf '.\\" written by man.sh from %s --help\n' "$name"
printf '.TH %s %s "" "%s" "tuan"\n' "$upper" "$section" "$("$program" --version)"
head NAME
printf '%s \\- %s\n' "$name" "$title"
head DESCRIPTION
"$program" --help | verbatim
for subcommand in $("$program" --help | sed -n '/^Subcommands/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  head "$name $subcommand"
  "$program" "$subcommand" --help | verbatim
done
if [ "$section" = 8 ]; then
  head FILES
  printf '%s\n' .TP '/etc/tuan/tuan.conf' 'options, each with its default' .TP '/var/lib/tuan' 'data of the service' .TP '/usr/share/doc/tuand/README.md' 'the runbook'
fi
head "SEE ALSO"
if [ "$section" = 8 ]; then echo '.BR tuan (1)'; else echo '.BR tuand (8)'; fi
