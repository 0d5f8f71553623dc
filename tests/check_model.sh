#!/bin/sh
# The queue's contract as models, checked by spin: doc/model.md says what
# they are models of. Each run of `holds` must visit all states without an
# error; each run of `breaks` takes one guard out of a model, and spin must
# then find what it was there for.
#
# Usage: tests/check_model.sh [record]
#
# record: more workers and more that goes wrong; half an hour, 8 GB.
set -u
LC_ALL=C
export LC_ALL
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd) || exit 1
models=$srcdir/tests/model
what=${1:-check}
for tool in spin gcc; do
	command -v $tool >/dev/null || {
		echo "check_model: no $tool"
		exit 77
	}
done
work=$(mktemp -d "${TMPDIR:-/tmp}/pressgate-model.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

failures=0
complain()
{
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# search FILE DEFINES COMPILED WITH RUN WITH: pan's output in pan.out
search()
{
	rm -f pan pan.* ./*.trail
	# shellcheck disable=SC2086 # lists of options
	spin -a $2 "$models/$1" >spin.out 2>&1 &&
		gcc $3 -w -o pan pan.c 2>>spin.out &&
		./pan $4 >pan.out 2>&1
	code=$?
	# spin tells some errors by its output alone.
	if [ ! -s pan.out ]; then
		cp spin.out pan.out
		code=1
	fi
	return $code
}

number()
{
	sed -n "s/$1/\\1/p" pan.out | head -n 1
}

# told NAME FILE: one line of the table
told()
{
	printf '%-22s %11s %7s %6s %8s  %s\n' "$1" \
		"$(number '^ *\([0-9]*\) states, stored.*')" \
		"$(number '.*depth reached \([0-9]*\),.*')" \
		"$(number '^ *\([0-9]*\)\.[0-9]*.*total actual memory usage')" \
		"$(number '^pan: elapsed time \([0-9.e+-]*\) seconds')" \
		"$2"
}

# What every exhaustive run must have said, and must not.
is_complete()
{
	grep -q 'errors: 0$' pan.out &&
		! grep -Eq 'too small|not completed|out of memory|truncated|error:' \
			pan.out
}

# holds FILE NAME DEFINES [RUN WITH]: no error in any state. Lines that no run
# of a file has reached are looked at in the end.
options='-O1 -DNOCLAIM -DMEMLIM=1900'
holds()
{
	search "$1" "$3" "$options -DSAFETY" "${4:--m100000 -w22}"
	told "$2" "$1 $(echo $3)"
	is_complete || {
		complain "$1 $3"
		grep -vE '^ *$|^Depth' pan.out | head -n 20
	}
	unreached "$1"
}

# endless FILE NAME DEFINES [RUN WITH]: no execution goes round in a circle.
endless()
{
	search "$1" "$3" "$options -DNP" "${4:--l -m100000 -w22}"
	told "$2" "$1 $(echo $3) (cycles)"
	is_complete || complain "$1 $3: an endless execution"
}

# unreached FILE: narrows FILE.unreached to what this run has not reached
# either. Lines are numbers in FILE.
unreached()
{
	sed -n "s/^	[^ ]*$1:\([0-9]*\), state [0-9]*, \"\(.*\)\"\$/\1 \2/p" \
		pan.out | grep -v -- '-end-' | sort -u >now.unreached
	if [ -e "$1.unreached" ]; then
		comm -12 "$1.unreached" now.unreached >both.unreached
		mv both.unreached "$1.unreached"
	else
		mv now.unreached "$1.unreached"
	fi
}

# breaks FILE SWITCH DEFINES EXPECTED: without the guard there is an error,
# and it is the one that is expected.
broken=
breaks()
{
	broken="$broken $1:$2"
	case $4 in
	*cycle*) search "$1" "-D$2 $3" '-O0 -DNP -DNOCLAIM' '-l -m100000 -w20' ;;
	*) search "$1" "-D$2 $3" '-O0 -DSAFETY -DNOCLAIM' '-m3000000 -w20' ;;
	esac
	found=$(sed -n 's/^pan:1: \(.*\) (at depth.*/\1/p' pan.out)
	case $found in
	*"$4"*) echo "ok: $1 -D$2: $found" ;;
	*)
		complain "$1 -D$2 $3: expected $4, found: ${found:-nothing}"
		tail -n 5 pan.out
		;;
	esac
}

# ---- what must hold ----------------------------------------------------------

check()
{
	holds queue.pml fence ''
	holds queue.pml operator \
		'-DCANCELS=1 -DREPLAYS=1 -DRENEWALS=0 -DRELEASES=0'
	holds queue.pml steps '-DSTEPS=2 -DRENEWALS=0 -DRELEASES=0'
	holds queue.pml calls '-DCALLS -DSTEPS=2 -DRENEWALS=0 -DDOUBTS=0'
	holds queue.pml "operator and steps" '-DWORKERS=2 -DSTEPS=2
		-DCANCELS=1 -DREPLAYS=1 -DRENEWALS=0 -DRELEASES=0'
	holds queue.pml batches '-DWORKERS=2 -DJOBS=2
		-DCRASHES=0 -DRENEWALS=0 -DRELEASES=0'
	holds queue.pml "without reductions" \
		'-DWORKERS=2 -DEXACT -DUNSORTED -DRELEASES=0'
	endless queue.pml "all ends" '-DWORKERS=2'
	holds takeover.pml "who is dead" ''
	holds takeover.pml recovery \
		'-DRECOVERY -DSLEEPS=0 -DOUTAGES=0 -DLEASE=18'
	holds marks.pml marks '' '-m3000000 -w22'
	holds marks.pml "marks, small quota" '-DQUOTA=1 -DCLOCK_STEPS=0' \
		'-m3000000 -w22'
	holds serial.pml "serial order" '-DJOBS=4'
	holds cursor.pml "result numbers" ''
	holds purge.pml "replay and purge" ''
	# One that had to stop early must not pass for a whole one.
	search purge.pml '' "$options -DSAFETY" '-m5' || :
	is_complete && complain "a search that was cut off looks whole"
	for f in *.unreached; do
		while read -r line; do
			complain "${f%.unreached}:$line: no run comes here"
		done <"$f"
	done
}

# compact FILE NAME DEFINES RUN WITH: of a state only a hash of 96 bits is kept.
# Two states with one hash count as one: not likely, not excluded.
compact()
{
	search "$1" "$3" "$options -DSAFETY -DHC4" "$4"
	told "$2" "$1 $(echo $3) (hash-compact)"
	is_complete || complain "$1 $3"
}

# glance FILE NAME DEFINES RUN WITH: states that hash to the same bits count as
# one, and time is short: what it visits holds, it does not visit all.
glance()
{
	search "$1" "$3" '-O2 -DNOCLAIM -DSAFETY -DBITSTATE' "$4"
	told "$2" "$1 $(echo $3) (bitstate: not all states)"
	grep -q 'errors: 0$' pan.out || complain "$1 $3"
}

record()
{
	options='-O2 -DNOCLAIM -DMEMLIM=8000'
	holds queue.pml "fence, 5 workers" '-DWORKERS=5' '-m100000 -w25'
	holds queue.pml "steps, 5 workers" \
		'-DWORKERS=5 -DSTEPS=2 -DRENEWALS=0 -DRELEASES=0' '-m100000 -w25'
	holds queue.pml "operator, 5 workers" '-DWORKERS=5
		-DCANCELS=1 -DREPLAYS=1 -DRENEWALS=0 -DRELEASES=0' \
		'-m100000 -w25'
	holds queue.pml "batches, 3 workers" '-DWORKERS=3 -DJOBS=2
		-DCRASHES=0 -DRENEWALS=0 -DRELEASES=0' '-m100000 -w25'
	holds queue.pml "without reductions" \
		'-DWORKERS=2 -DEXACT -DUNSORTED' '-m100000 -w25'
	endless queue.pml "all ends, 3 workers" '-DWORKERS=3
		-DCANCELS=1 -DREPLAYS=1 -DRENEWALS=0' '-l -m100000 -w25'
	holds takeover.pml "who is dead, 5 workers" '-DWORKERS=5' \
		'-m1000000 -w25'
	holds takeover.pml "more sleeps, outages" \
		'-DSLEEPS=3 -DOUTAGES=2 -DDEATHS=2' '-m1000000 -w25'
	holds marks.pml "marks, 3 jobs" '-DJOBS=3 -DCLOCK_STEPS=0' \
		'-m9000000 -w25'
	holds serial.pml "serial order" '-DJOBS=4 -DDEATHS=4 -DCANCELS=2'
	holds cursor.pml "result numbers, 5" '-DWRITERS=5'
	compact queue.pml "operator, steps, 5" '-DWORKERS=5 -DSTEPS=2
		-DCANCELS=1 -DREPLAYS=1 -DRENEWALS=0 -DRELEASES=0' \
		'-m100000 -w26'
	compact queue.pml "two of each accident" '-DCRASHES=2 -DEXPIRIES=2
		-DDOUBTS=2 -DTRIES=3 -DPOISON=3' '-m100000 -w26'
	glance queue.pml "all of it, 5 workers" '-DWORKERS=5 -DSTEPS=2
		-DCANCELS=1 -DREPLAYS=1 -DCRASHES=2 -DEXPIRIES=2 -DDOUBTS=2
		-DTRIES=3 -DPOISON=3' '-m100000 -w34 -k3 -Q5'
}

# ---- what each guard is there for ----------------------------------------------

few='-DWORKERS=2 -DCRASHES=0 -DDOUBTS=0 -DRELEASES=0'
guards()
{
	breaks queue.pml BREAK_CLAIM_NO "$few" 'claim_no=='
	breaks queue.pml BREAK_LOCK "$few" 'claim_no=='
	breaks queue.pml BREAK_SETTLED '-DWORKERS=2 -DRENEWALS=0' \
		'batch.item[0].claim_no>job[0].settled'
	breaks queue.pml BREAK_RENEWED "$few" \
		'renewal[j].claim_no>job[j].settled'
	breaks queue.pml BREAK_DELETE "$few" 'end[job[0].id]==0'
	breaks queue.pml BREAK_STEPS "$few -DSTEPS=2" 'seen'
	breaks queue.pml BREAK_LEASE "$few -DCALLS -DEXPIRIES=0" 'calls'
	breaks queue.pml BREAK_ATTEMPT "$few" 'tries'
	breaks queue.pml BREAK_CANCEL "$few -DCANCELS=1" 'phase==0'
	breaks queue.pml BREAK_ASKED "$few -DCANCELS=1" 'cancel'
	breaks queue.pml BREAK_REPLAY "$few -DREPLAYS=2" 'end[1]==0'
	breaks queue.pml BREAK_SUPERSEDES "$few -DREPLAYS=1" 'supersedes'
	breaks queue.pml BREAK_ENDLESS "$few" 'cycle'
	breaks takeover.pml BREAK_LOOKS '' 'fell'
	breaks takeover.pml BREAK_BEAT_US '' 'fell'
	breaks takeover.pml BREAK_JUDGE '' 'own<3'
	breaks takeover.pml BREAK_AWAY '' 'fell'
	breaks takeover.pml BREAK_TAKEOVER \
		'-DRECOVERY -DSLEEPS=0 -DOUTAGES=0 -DLEASE=18' 'lease==0'
	breaks marks.pml BREAK_SWEEP '' 'wait<='
	breaks marks.pml BREAK_SLACK '' 'fair'
	breaks marks.pml BREAK_FIRST '-DQUOTA=1 -DCLOCK_STEPS=0' 'wait<='
	breaks serial.pml BREAK_LOCK '' 'state[i]==4'
	breaks serial.pml BREAK_FINISH '' 'state[i]==4'
	breaks serial.pml BREAK_NEXT '' 'state[0]==3'
	breaks serial.pml BREAK_HELD '' 'state[i]==4'
	breaks serial.pml BREAK_REPLAY '' 'state[0]==3'
	breaks cursor.pml BREAK_SNAPSHOT '' 'committed'
	breaks cursor.pml BREAK_LOCK '' 'committed'
	breaks cursor.pml BREAK_READER '' 'cursor<='
	breaks purge.pml BREAK_PURGE '' 'dead||partition'
}

# ---- the page and what it speaks of --------------------------------------------

page=$srcdir/doc/model.md

# same WHAT FILE FILE: two lists that must be one
same()
{
	sort -u "$2" >left
	sort -u "$3" >right
	if [ -s left ] && cmp -s left right; then
		echo "ok: $1: $(wc -l <left)"
	else
		complain "$1: $(diff left right | grep '^[<>]' | tr '\n' ' ')"
	fi
}

# Functions of sql/ that change what the models are about.
writers()
{
	cat "$srcdir"/sql/0*.sql | awk '
	/^create function / { name = $3; sub(/\(.*/, "", name) }
	/^(end )?\$\$;/ { name = "" }
	name != "" && /(insert into|update|delete from) (job|job_step|job_done|result|dead|serial|stream|worker)( |$)/ {
		print name }'
}

pages()
{
	sed -n '/^## The map/,/^## What is left out/p' "$page" |
		grep '^| `' >map
	grep -oh '/\* [a-z]*:[a-z-]* \*/' "$models"/*.pml | tr -d '/* ' >steps
	grep -o '`[a-z]*:[a-z-]*`' map | tr -d '`' >steps.page
	same "steps of the models and in the map" steps steps.page

	grep -o '`[a-z_]*()`' map | tr -d '`()' | sort -u >functions.page
	while read -r f; do
		grep -q "^create function $f(" "$srcdir"/sql/0*.sql ||
			complain "$page: $f() is not in sql/"
	done <functions.page
	writers | sort -u >writers
	[ -s writers ] || complain "no function of sql/ writes"
	while read -r f; do
		grep -q "\`$f()\`" "$page" ||
			complain "sql/: $f() writes jobs or results, $page does not speak of it"
	done <writers
	grep -o '`[a-z]*/[a-z_]*\.c`' map | tr -d '`' | sort -u >files.page
	while read -r f; do
		[ -e "$srcdir/$f" ] || complain "$page: no $f"
	done <files.page
	echo "ok: $(wc -l <functions.page) functions, $(wc -l <writers) that" \
		"write, $(wc -l <files.page) files"

	(cd "$models" && grep -oE '(ifn?def|defined\() ?BREAK_[A-Z_]*' ./*.pml) |
		sed 's|^\./\([a-z]*\.pml\):.* ?*\(BREAK_[A-Z_]*\)|\1:\2|' >switches
	printf '%s\n' $broken >switches.run
	same "guards that were taken out" switches switches.run
	sed -n 's/^| `\([a-z]*\.pml\)` `\(BREAK_[A-Z_]*\)` | .* | .*/\1:\2/p' \
		"$page" >switches.page
	same "guards on the page" switches switches.page
}

printf '%-22s %11s %7s %6s %8s  %s\n' run states depth MB seconds model
case $what in
record) record ;;
*)
	check
	guards
	pages
	;;
esac
[ $failures -eq 0 ]
