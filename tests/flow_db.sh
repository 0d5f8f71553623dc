#!/bin/sh
# tests/live_db against a private server with the schema loaded.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load
version=$(ls "$sql_dir"/0*.sql | sed -n '$s/.*\/0*\([0-9]*\)_.*/\1/p')
q <<-SQL || exit 1
	insert into pressgate.migration values ($version, 'fixture');
	create table t.tries (what text);
	create sequence t.tried;
	create function t.third_time(what text) returns int language plpgsql as \$\$
	begin
		if what = 'never' or nextval('t.tried') % 3 <> 0 then
			raise exception 'deadlock detected' using errcode = '40P01';
		end if;
		return 1;
	end \$\$;
SQL
exec ./tests/live_db
