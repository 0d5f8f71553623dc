#!/bin/sh
# Holds the code to the rules of HACKING.md that a script can see.
#
# Fails on: includes against the arrows between the folders, a foreign header
# outside its home, a banned function, a mutable global, a TODO.
# Prints only: long files, long functions, complex functions.
#
# Usage: tests/check_style.sh [BUILD_DIR]    (objects are looked at there)
set -u
LC_ALL=C
export LC_ALL

build=$(cd "${1:-.}" && pwd) || exit 1
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/pressgate-style.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

FILE_LINES=400
FUNCTION_LINES=60
COMPLEXITY=15

# folder: folders that it may include
ARROWS='
lib lib
fcgi fcgi lib
worker worker lib
cli cli lib
'

# foreign header (a prefix): the files that may include it
HOMES='
libpq-fe.h lib/db.c lib/db_link.[ch] lib/db_result.[ch]
openssl/ lib/crypto*.c lib/crypto_pkey.h
json-c/ lib/json.c
confuse.h lib/conf_tree.c
fcgiapp.h fcgi/serve.c
fcgi_stdio.h
curl/ lib/http.c lib/http_*.[ch]
pcre2 lib/schema_pattern.c
'

# function (a regular expression): the files that may call it
BANNED='
strcpy
strcat
strncat
stpcpy
v?sprintf
gets
strtok(_r)?
ato(i|l|ll|f)
strto(l|ll|ul|ull|d|f|imax|umax)
v?[fs]?scanf
alloca
system
popen
PQescape[A-Za-z]*
PQfn
signal
memcmp lib/crypto.c lib/span.c
'

# Objects that may hold writable data at file scope: the signal flags.
STATE='proc.o'

failures=0
complain() {
	echo "$*"
	failures=$((failures + 1))
}

# is_among FILE PATTERN...: shell patterns
is_among() {
	file=$1
	shift
	for pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $file in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

# The code without comments, strings and characters, lines kept.
strip_code() {
	awk '
	{
		out = ""
		n = length($0)
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (comment) {
				if (two == "*/") { comment = 0; i++ }
			} else if (quote != "") {
				if (c == "\\") i++
				else if (c == quote) quote = ""
			} else if (two == "/*") { comment = 1; i++; out = out " " }
			else if (two == "//") break
			else if (c == "\"" || c == "\047") { quote = c; out = out c }
			else out = out c
		}
		quote = ""
		print out
	}' "$1"
}

find lib fcgi worker cli -name '*.[ch]' 2>/dev/null | sort >"$work/files"
count=$(wc -l <"$work/files")
[ "$count" -gt 0 ] || complain "no source files in $(pwd)"

while read -r file; do
	mkdir -p "$work/code/$(dirname "$file")"
	strip_code "$file" >"$work/code/$file"
done <"$work/files"

check_arrows() { # FILE
	folder=${1%%/*}
	allowed=$(echo "$ARROWS" | sed -n "s/^$folder //p")
	sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$1" |
	while read -r header; do
		[ "$header" = config.h ] && continue
		case " $allowed " in
		*" ${header%%/*} "*) ;;
		*) echo "$1: \"$header\": $folder/ may include: $allowed" ;;
		esac
	done
}

check_homes() { # FILE
	echo "$HOMES" | while read -r prefix homes; do
		[ -n "$prefix" ] || continue
		grep -n "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$prefix" "$1" >"$work/found" ||
		    continue
		set -f # the patterns are for is_among
		# shellcheck disable=SC2086
		is_among "$1" $homes ||
		    sed "s|^|$1:|; s|\$| (its home: ${homes:-none})|" "$work/found"
		set +f
	done
}

check_banned() { # FILE
	echo "$BANNED" | while read -r function homes; do
		[ -n "$function" ] || continue
		grep -nE "(^|[^A-Za-z0-9_])($function)[[:space:]]*\\(" \
		    "$work/code/$1" >"$work/found" || continue
		set -f
		# shellcheck disable=SC2086
		is_among "$1" $homes || sed "s|^|$1:|; s|\$|  <- banned|" "$work/found"
		set +f
	done
}

while read -r file; do
	{
		check_arrows "$file"
		check_homes "$file"
		check_banned "$file"
		grep -nwE 'TODO|FIXME' "$file" | sed "s|^|$file:|"
	} >"$work/complaints"
	while read -r line; do
		complain "$line"
	done <"$work/complaints"
done <"$work/files"

# A line per writable symbol; sanitizers and gcov add their own, so such
# builds are not looked at. .data.rel.ro is constant after start.
check_globals() {
	command -v objdump >/dev/null || return 0
	for archive in "$build"/lib*.a; do
		case $archive in
		*/libtests.a | */libreplay.a | *'*'*) continue ;;
		esac
		objdump -t "$archive" 2>/dev/null
	done | awk -v state="$STATE" '
	/^[^ ]+: +file format/ { object = $1; sub(/:$/, "", object); sub(/^.*-/, "", object) }
	/__asan_|__gcov_|__ubsan_|__sancov_/ { exit }
	($0 ~ /[ \t](\.data|\.bss|\*COM\*)[ \t]/) && $3 != "d" && $0 !~ / df / && object != state {
		if ($NF != ".data" && $NF != ".bss")
			print object ": " $NF ": writable at file scope"
	}'
}
check_globals >"$work/globals"
while read -r line; do
	complain "$line"
done <"$work/globals"

echo "-- long files (over $FILE_LINES lines), for judgement"
while read -r file; do
	lines=$(wc -l <"$file")
	[ "$lines" -gt "$FILE_LINES" ] && echo "$file: $lines"
done <"$work/files"

echo "-- long functions (over $FUNCTION_LINES lines)"
while read -r file; do
	awk -v max="$FUNCTION_LINES" -v file="$file" '
	/^[a-z_][a-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
	/^{/ { start = NR }
	/^}/ && start { if (NR - start - 1 > max) print file ": " name ": " NR - start - 1; start = 0 }
	' "$work/code/$file"
done <"$work/files"

if command -v pmccabe >/dev/null; then
	echo "-- complex functions (over $COMPLEXITY)"
	xargs pmccabe <"$work/files" 2>/dev/null |
	awk -v max="$COMPLEXITY" '$1 > max { print $6 " " $7 ": " $1 }'
fi

echo "style: $count files, $failures complaints"
[ "$failures" -eq 0 ]
