#!/bin/sh
# What a claim costs when a million jobs wait, and behind a transaction that
# keeps all dead rows alive. bench/README.md says how.
#
#   bench/claim.sh [--quick] [--jobs N] [--hold SECONDS] [--build DIR]
#
# In the folder of a build, or with --build. `make bench-claim` makes the
# programs first. Everything it starts is private and gone afterwards.
exec python3 "$(dirname "$0")/claim.py" "$@"
