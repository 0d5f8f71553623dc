#!/bin/sh
# The WordPress plugin without WordPress: every file is PHP, keeps the rules
# of wordpress/tests/lint.php, is shipped, and what it signs is what the
# vectors say. With WordPress: tests/flow_wordpress*.py.
set -u
cd "${srcdir:-.}" || exit 1
command -v php >/dev/null || {
	echo "SKIP: no php"
	exit 77
}
failed=0
for file in $(find wordpress -name '*.php'); do
	php -l "$file" >/dev/null || failed=1
done
for file in $(find wordpress -type f); do
	grep -q "^[^#]*$file\( \|$\)" Makefile.am || {
		echo "Makefile.am does not ship $file"
		failed=1
	}
done
php wordpress/tests/lint.php || failed=1
php wordpress/tests/unit.php tests/vectors/wire.json || failed=1
exit $failed
