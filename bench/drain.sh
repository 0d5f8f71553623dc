#!/bin/sh
# What the worker costs: jobs per second, and memory with 2,000 calls under
# way in one process, over HTTP/1.1 and HTTP/2. bench/README.md says how.
#
#   bench/drain.sh [--quick] [--jobs N] [--calls N] [--rounds N] [--build DIR]
#
# In the folder of a build, or with --build. `make bench-drain` makes the
# programs first. Everything it starts is private and gone afterwards.
exec python3 "$(dirname "$0")/drain.py" "$@"
