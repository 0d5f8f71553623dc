#!/bin/sh
# The worker's benchmarks run, and what they count is what is in the tables
# and in the vendor's log. Says nothing about speed.
set -u
srcdir=${srcdir:-$(dirname "$0")/..}
out=$(mktemp "${TMPDIR:-/tmp}/pressgate-bench.XXXXXX") || exit 1
trap 'rm -f "$out"' EXIT
for bench in drain claim; do
	"$srcdir/bench/$bench.sh" --smoke --build . --out "$out" || exit 1
	grep -q '"what": ' "$out" || exit 1
done
