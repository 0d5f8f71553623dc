#!/bin/sh
# The configuration that README.md shows is one that pressgate takes, and
# the commands of doc/wire.md print the signatures below them, which
# tests/check_scheme.c holds the program to.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/pressgate.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -m 700 "$dir/sites.d" "$dir/secrets.d"
for file in pressgate.conf sites.d/blog.conf; do
	awk -v head="# $file" '
		$0 == head { on = 1 }
		on && $0 == "```" { exit }
		on' "${srcdir:-.}/README.md" >"$dir/$file"
	[ -s "$dir/$file" ] || {
		echo "README.md shows no $file"
		exit 1
	}
done
umask 077
for secret in openai crm blog.relay; do
	echo 0123456789abcdef0123456789abcdef >"$dir/secrets.d/$secret"
done
./pressgate -c "$dir/pressgate.conf" check

grep -A 1 '^    printf .*| openssl' "${srcdir:-.}/doc/wire.md" |
	sed -n 's/^    //p' >"$dir/wire"
vectors=0
while read -r command && read -r mac; do
	vectors=$((vectors + 1))
	[ "$(sh -c "$command")" = "$mac *stdin" ] || {
		echo "doc/wire.md: $command does not print $mac"
		exit 1
	}
	grep -q "$mac" "${srcdir:-.}/tests/check_scheme.c" || {
		echo "tests/check_scheme.c does not know $mac"
		exit 1
	}
done <"$dir/wire"
[ "$vectors" = 2 ] || {
	echo "doc/wire.md has $vectors signatures, expected 2"
	exit 1
}
