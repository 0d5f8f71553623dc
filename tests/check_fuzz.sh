#!/bin/sh
# Each fuzz target under libFuzzer, from its corpus on, for two seconds, two at
# a time: of a build with --enable-fuzz. `make record-fuzz` takes ten minutes
# for each. Without --enable-fuzz the same targets replay their corpus.

srcdir=${srcdir:-.}

targets=$(for t in tests/fuzz/fuzz_*; do
	[ ! -f "$t" ] || [ ! -x "$t" ] || echo "$t"
done)
if [ -z "$targets" ]; then
	echo "no targets in tests/fuzz" >&2
	exit 1
fi
echo "$targets" | xargs -P 2 -n 1 "$srcdir/tests/fuzz/run.sh" \
	"$srcdir/tests/fuzz/corpus" 2
