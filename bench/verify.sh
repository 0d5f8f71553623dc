#!/bin/sh
# What the verification of one delivery costs, provider by provider.
# bench/README.md says how.
#
#   bench/verify.sh [--build DIR]
#
# In the folder of a build, or with --build. `make bench-verify` makes the
# program first.
set -eu
srcdir=$(cd "$(dirname "$0")/.." && pwd)
export srcdir
build=.
if [ "${1:-}" = --build ]; then
	build=$2
fi
sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sort | uniq -c |
	sed 's/^ *\([0-9]*\) /\1 x /'
"$build/pressgate" --version
exec "$build/bench/verify"
