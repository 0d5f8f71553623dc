#!/bin/sh
# The configuration that README.md shows is one that pressgate takes.
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
for secret in openai crm blog.hmac; do
	echo 0123456789abcdef0123456789abcdef >"$dir/secrets.d/$secret"
done
./pressgate -c "$dir/pressgate.conf" check
