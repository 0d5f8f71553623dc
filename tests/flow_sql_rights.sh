#!/bin/sh
# Who may what, and that the schema explains itself.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load
q -f "$sql_dir/roles.sql" >/dev/null || fail "roles.sql"
q -f "$sql_dir/roles.sql" >/dev/null || fail "roles.sql a second time"

# may ROLE SQL: does it, and is undone
may()
{
	q -U "pressgate_$1" -c "begin; $2; rollback" >/dev/null 2>"$PG_DIR/err" ||
		fail "$1 may not: $2: $(cat "$PG_DIR/err")"
	echo "ok: $1 may: $2"
}
may_not()
{
	q -U "pressgate_$1" -c "begin; $2; rollback" >/dev/null 2>"$PG_DIR/err" &&
		fail "$1 may: $2"
	grep -q 'permission denied' "$PG_DIR/err" ||
		fail "$1: $2: $(cat "$PG_DIR/err")"
	echo "ok: $1 may not: $2"
}

items="select * from pressgate.finish(1, '[]')"
claim="select * from pressgate.claim(1, '{1}', '{1}', '{0}', '{1}', 1)"
ingest="select * from (select (lpad(to_hex((extract(epoch from now())
	* 1000)::bigint), 12, '0') || '70008000000000000001')::uuid id) x,
	pressgate.ingest(1, 0, null, null, null, null, 'relay', null, null,
	null, null, null, null, null, 60, null, 1::smallint, array[x.id], '{t}',
	'{k}', '{null}', '{x}', '{null}', '{null}', '{\"{}\"}',
	'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')"

plain="select pressgate.ingest_plain(array[row(1, 0, null, null, null, null,
	'relay', null, null, null, null, null, null, 60, null, 1::smallint,
	(lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') ||
	'70008000000000000001')::uuid, 't', 'k', 'x', null, null, '{}', null,
	null, null, null)::pressgate.plain_event], false)"

may ingest "select * from pressgate.catalog()"
may ingest "select * from pressgate.ready()"
may ingest "$ingest"
may ingest "$plain"
may ingest "select * from pressgate.results_since(1, null, null, 1)"
may ingest "select pressgate.depth(1)"
may ingest "select pressgate.flush_rejections('[]')"
may worker "$claim"
may worker "$items"
may worker "select pressgate.worker_start('h', 1, 'v')"
may worker "select pressgate.partitions_ahead()"
may operator "select * from pressgate.apply_config('{\"policies\":[],\"sites\":[]}')"
may operator "select pressgate.cancel_job(1, 'me')"
for r in reader operator; do
	may $r "select * from pressgate.event"
	may $r "select * from pressgate.queue"
	may_not $r "insert into pressgate.pause (by) values ('x')"
	may_not $r "delete from pressgate.job"
	may_not $r "$ingest"
	may_not $r "$plain"
	may_not $r "$claim"
done
may_not reader "select pressgate.replay(1, 'me')"
for r in ingest worker; do
	for t in event job result dead idem site worker queue; do
		may_not $r "select * from pressgate.$t"
	done
	may_not $r "select pressgate.replay(1, 'me')"
	may_not $r "select * from pressgate.apply_config('{}')"
done
may_not ingest "$claim"
may_not ingest "$items"
may_not ingest "select pressgate.partitions_drop(now())"
may_not worker "$ingest"
may_not worker "select * from pressgate.results_since(1, null, null, 1)"

q -c "create role nobody_in_particular login" >/dev/null
q -U nobody_in_particular -c "select pressgate.depth(1)" >/dev/null 2>&1 &&
	fail "a stranger may call functions"
same 0 "$(q -c "select count(*) from pg_proc p
	 where pronamespace = 'pressgate'::regnamespace
	   and has_function_privilege('nobody_in_particular', p.oid, 'execute')")" \
	"a stranger may execute nothing"

same "" "$(q -c "select c.relname || '.' || coalesce(a.attname, '')
	from pg_class c
	left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
	 and not a.attisdropped and c.relkind <> 'v'
	 where c.relnamespace = 'pressgate'::regnamespace
	   and c.relkind in ('r', 'p', 'v') and not c.relispartition
	   and (obj_description(c.oid, 'pg_class') is null
	    or (a.attnum > 0 and col_description(c.oid, a.attnum) is null))")" \
	"every table, view and column is commented"
same "" "$(q -c "select a.attname from pg_attribute a
	 where a.attrelid in ('pressgate.queue'::regclass,
	    'pressgate.queue_health'::regclass,
	    'pressgate.dead_letters'::regclass) and a.attnum > 0
	   and col_description(a.attrelid, a.attnum) is null")" \
	"and every column of queue, queue_health and dead_letters"
same "" "$(q -c "select proname from pg_proc p
	 where pronamespace = 'pressgate'::regnamespace
	   and obj_description(p.oid, 'pg_proc') is null")" \
	"every function is commented"
same "" "$(q -c "select proname from pg_proc p
	 where pronamespace = 'pressgate'::regnamespace and prosecdef
	   and not exists (select from unnest(proconfig) s
	       where s = 'search_path=pressgate, pg_temp')")" \
	"every SECURITY DEFINER function fixes its search_path"
