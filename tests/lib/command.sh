# Sourced by tests of the command: runs it and looks at what came of it.
# $program is it, $work a folder for its output; $work/in, if there is such a
# file, is its standard input. Complaints are counted in $failures.

failures=0

complain()
{
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# run EXIT ARGS...: output in $work/out, messages in $work/err
run()
{
	want=$1
	shift
	in=/dev/null
	[ ! -e "$work/in" ] || in=$work/in
	"$program" "$@" >"$work/out" 2>"$work/err" <"$in"
	got=$?
	[ "$got" = "$want" ] || {
		complain "pressgate $*: exit $got, wanted $want"
		cat "$work/out" "$work/err"
	}
}

# says FILE TEXT: a fixed string in out or err
says()
{
	grep -q -F -e "$2" "$work/$1" || {
		complain "$1 does not say: $2"
		cat "$work/$1"
	}
}

# json EXPRESSION: Python, of d, the parsed output
json()
{
	python3 -c "import json,sys; d = json.load(open('$work/out'))
sys.exit(0 if ($1) else 1)" || {
		complain "not so: $1"
		cat "$work/out"
	}
}
