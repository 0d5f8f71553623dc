#!/bin/sh
# Makes ./configure. Needs autoconf, automake and pkg-config's macros only.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --install --warnings=all "$@"
