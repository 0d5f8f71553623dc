#!/bin/sh
# Holds what is written about the command and the configuration to what the
# program knows: samples, pressgate.conf(5), pressgate(1), completion.

set -u
LC_ALL=C
export LC_ALL
program=$(pwd)/pressgate
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/pressgate-manual.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failures=0

complain()
{
	echo "$*"
	failures=$((failures + 1))
}

# same WHAT FILE: the program's words on standard input
same()
{
	diff -u "$2" - >"$work/diff" || {
		cat "$work/diff"
		complain "$2 is not what pressgate prints: make update-docs"
	}
}

"$program" check --sample | same sample conf/pressgate.conf.sample
"$program" check --site-sample | same sample conf/site.conf.sample
"$program" check --manual >"$work/keys"
sed -n '/^\.\\" BEGIN KEYS/,/^\.\\" END KEYS/p' man/pressgate.conf.5 |
	sed '1d;$d' >"$work/written"
same manual "$work/written" <"$work/keys"
"$program" check --providers >"$work/providers"
sed -n '/^<!-- BEGIN PROVIDERS/,/^<!-- END PROVIDERS/p' doc/providers.md |
	sed '1d;$d' >"$work/written"
same providers "$work/written" <"$work/providers"

# The samples load as they stand: with the secrets that they name.
mkdir -p "$work/etc/sites.d" "$work/etc/secrets.d"
cp conf/pressgate.conf.sample "$work/etc/pressgate.conf"
cp conf/site.conf.sample "$work/etc/sites.d/blog.conf"
cp -R conf/schemas "$work/etc/"
(
	umask 077
	for s in relay edge hmac token crm meta; do
		echo "$s-0123456789abcdef0123456789abcdef" \
			>"$work/etc/secrets.d/blog.$s"
	done
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null |
		openssl pkey -pubout >"$work/etc/secrets.d/blog.pem"
) || complain "no keys to try the samples with"
"$program" check -c "$work/etc/pressgate.conf" >"$work/out" 2>&1 || {
	cat "$work/out"
	complain "the samples do not load"
}
# And so they do with every key set to the value shown.
for f in pressgate.conf sites.d/blog.conf; do
	sed 's/^\(	*\)#\([a-z_]* = \)/\1\2/' "$work/etc/$f" >"$work/all"
	cp "$work/all" "$work/etc/$f"
done
"$program" check -c "$work/etc/pressgate.conf" >"$work/out" 2>&1
grep -v -E 'belongs to a service|does not belong to|expected no such key|same text is also given|cannot open: No such|of the sites' \
	"$work/out" >"$work/left"
if [ -s "$work/left" ]; then
	cat "$work/left"
	complain "a value of the samples is refused"
fi

# Every verb and option is in pressgate(1), and none that is not there.
sed 's/\\-/-/g; s/\\f.//g' man/pressgate.1 >"$work/man"
"$program" help | sed -n '/^  [a-z]/s/^  \([a-z ]*[a-z]\).*/\1/p' |
	sed 's/  .*//' >"$work/verbs"
[ -s "$work/verbs" ] || complain "pressgate help lists no verb"
while read -r verb; do
	grep -q "^\.BI* \"*$verb" "$work/man" ||
		complain "man/pressgate.1 does not tell of: $verb"
	"$program" help $verb | grep -o '^  --[a-z-]*'
done <"$work/verbs" | sort -u >"$work/found"
grep '^man/' "$work/found" && failures=$((failures + 1))
grep -o -- '--[a-z-]*' "$work/found" | sort -u >"$work/options"
[ -s "$work/options" ] || complain "no verb has an option"
for option in $(cat "$work/options"); do
	grep -q -e "$option" "$work/man" ||
		complain "man/pressgate.1 does not tell of: $option"
done
for option in $(grep -o -e '--[a-z][a-z-]*' "$work/man" | sort -u); do
	[ "$option" = --version ] || grep -qx -e "$option" "$work/options" ||
		complain "man/pressgate.1 tells of $option, which is none"
done

# The manual pages are clean, where there is something to tell.
if command -v groff >/dev/null; then
	for page in man/pressgate.1 man/pressgate.conf.5; do
		groff -man -Tutf8 -ww -z "$page" 2>"$work/groff"
		[ ! -s "$work/groff" ] || {
			cat "$work/groff"
			complain "$page: groff complains"
		}
	done
fi

# Completion offers what help lists.
if command -v bash >/dev/null; then
	offered=$(PATH="${program%/*}:$PATH" bash -c '
		. conf/bash-completion/pressgate
		offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
			_pressgate; echo "${COMPREPLY[*]}"; }
		offer pressgate "dl"
		offer pressgate dlq "re"
		offer pressgate dlq replay "--n"
		offer pressgate send --door "e"
		offer pressgate sign --key-file man/pressgate.c
		offer pressgate site key blog man/pressgate.c')
	[ "$(echo $offered)" = "dlq replay --new-key edge \
man/pressgate.conf.5 man/pressgate.conf.5" ] ||
		complain "completion offers: $offered"
fi

[ "$failures" = 0 ]
