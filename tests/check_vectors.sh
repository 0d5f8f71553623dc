#!/bin/sh
# tests/vectors/wire.json is what make_wire.mjs makes: nobody edited an answer
# by hand, and every committed ES256 signature holds (one that does not is
# made anew, and then the files differ).
set -eu
command -v node >/dev/null || {
	echo "no node"
	exit 77
}
dir=$(mktemp -d "${TMPDIR:-/tmp}/pressgate.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
cd "${srcdir:-$(dirname "$0")/..}/tests/vectors"
node make_wire.mjs wire.json >"$dir/wire.json"
diff -u wire.json "$dir/wire.json" || {
	echo "wire.json is not what make_wire.mjs makes:" \
		"node make_wire.mjs wire.json >new && mv new wire.json"
	exit 1
}
