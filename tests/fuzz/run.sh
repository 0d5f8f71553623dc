#!/bin/sh
# run.sh CORPUS SECONDS TARGET: one target under libFuzzer. One line for
# people; the rest, and what it found, is in fuzz-work/.

name=${3##*/fuzz_}
mkdir -p "fuzz-work/$name"
"./$3" -max_total_time="$2" -timeout=5 -max_len=4096 -print_final_stats=1 \
	-artifact_prefix="fuzz-work/$name-" "fuzz-work/$name" "$1/$name" \
	>"fuzz-work/$name.log" 2>&1
code=$?
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz-work/$name.log")
if [ $code = 0 ]; then
	echo "fuzz: $name: ${runs:-0} runs, no finding"
else
	echo "fuzz: $name: FOUND something: fuzz-work/$name.log"
	tail -n 20 "fuzz-work/$name.log"
fi
exit $code
