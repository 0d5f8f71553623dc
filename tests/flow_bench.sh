#!/bin/sh
# The benchmarks' programs build and run, and what they count is what is in
# the tables. Says nothing about speed.
set -u
srcdir=${srcdir:-$(dirname "$0")/..}
command -v wrk >/dev/null || exit 77
out=$(mktemp "${TMPDIR:-/tmp}/pressgate-bench.XXXXXX") || exit 1
trap 'rm -f "$out"' EXIT
"$srcdir/bench/accept.sh" --smoke --build . --out "$out" || exit 1
grep -q '"accepted": [1-9]' "$out" || exit 1
srcdir=$srcdir bench/verify --smoke | grep -q '^| paypal '
