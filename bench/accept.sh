#!/bin/sh
# What one accepted event costs: events per second, latencies and CPU, beside
# three references in the same run. bench/README.md says how.
#
#   bench/accept.sh [--quick] [--seconds N] [--rounds N] [--build DIR]
#
# In the folder of a build, or with --build. `make bench-accept` makes the
# programs first. Everything it starts is private and gone afterwards.
exec python3 "$(dirname "$0")/accept.py" "$@"
