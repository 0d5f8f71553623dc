#!/bin/sh
# Work per call must not depend on how full the tables are, in a connection
# that planned everything while they were empty. Rows read are counted, not
# seconds: pg_stat_xact_user_tables tells what has been touched since the last
# flush of statistics, which is forced before each call.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load

q >"$PG_DIR/plan.out" 2>"$PG_DIR/plan.err" <<'SQL' || fail "$(cat "$PG_DIR/plan.err")"
create function t.touched() returns bigint language sql as $$
  select coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint
    from pg_stat_xact_user_tables where schemaname = 'pressgate'
     and (relname in ('idem', 'job', 'result', 'job_done', 'job_step',
         'attempt', 'replay_guard', 'dead') or relname like 'event%') $$;
-- Everything once more than a plan cache needs to settle, on empty tables.
create procedure t.warm() language plpgsql as $$
declare i int; e uuid;
begin
  for i in 1..8 loop
    perform * from t.ingest('a', array['warm' || i]);
    perform * from t.ingest('a', array['warm' || i]);
    perform t.one('a', 'warm one' || i);
    perform t.one('a', 'warm one' || i);
    perform t.work(1, 2);
    perform * from pressgate.results_since(1, null, null, 10);
    select id into e from pressgate.event limit 1;
    perform * from pressgate.event_status(1, e);
    perform pressgate.renew(1, array[1]::bigint[], array[1], 30);
    perform pressgate.beat(1, 0);
  end loop;
end $$;
select pressgate.worker_start('h', 1, 'test');
call t.warm();
analyze pressgate.job;
analyze pressgate.idem;
-- 100,000 events, jobs, keys; as many results and dead letters' attempts.
do $$
begin
  for i in 1..100 loop
    perform count(*) from t.ingest('a', array(select 'k' || i || '.' || n
        from generate_series(1, 1000) n));
  end loop;
  insert into pressgate.replay_guard
  select '1:relay', ('g' || n)::bytea, 'd', now() + interval '1 h'
    from generate_series(1, 100000) n;
end $$;
insert into pressgate.result (site_id, seq, job_id, event_id, event_type,
    idempotency_key, route, status)
select 1, 100 + n, 1000000 + n, t.id(), 't', 'k', 'r', 'done'
  from generate_series(1, 100000) n;
insert into pressgate.attempt (job_id, event_id, site_id, route, step,
    claim_no, attempt, worker_id, started_at, duration_ms, outcome)
select 1000000 + n, t.id(), 1, 1, 'st', 1, 1, 1, now(), 1, 'ok'
  from generate_series(1, 100000) n;
insert into pressgate.job_step (event_id, route, step, job_id)
select id, 1, 'earlier', 1 from pressgate.event;
-- Each call in a transaction of its own, in this same connection.
select pg_stat_force_next_flush();
begin; select count(*) from t.ingest('a', array['one']); select 'ingest', t.touched(); commit;
select pg_stat_force_next_flush();
begin; select count(*) from t.ingest('a', array['one']); select 'duplicate', t.touched(); commit;
select pg_stat_force_next_flush();
begin; select t.one('a', 'another'); select 'one', t.touched(); commit;
select pg_stat_force_next_flush();
begin; select t.one('a', 'another'); select 'one_duplicate', t.touched(); commit;
select pg_stat_force_next_flush();
begin; select count(*) from t.ingest('a', array(select 'b' || n from generate_series(1, 50) n)); select 'batch50', t.touched(); commit;
select pg_stat_force_next_flush();
begin; select count(*) from pressgate.claim(1, array[1], array[1], array[0]::bigint[], array[100], 100); select 'claim100', t.touched(); rollback;
select pg_stat_force_next_flush();
begin; select count(*) from pressgate.claim(1, array(select 1 from generate_series(1, 256)), array(select 2 from generate_series(1, 256)), array_fill(0::bigint, array[256]), array_fill(1, array[256]), 256); select 'claim256empty', t.touched(); rollback;
select pg_stat_force_next_flush();
begin; select t.work(1, 100); select 'work100', t.touched(); commit;
select pg_stat_force_next_flush();
begin; select count(*) from pressgate.results_since(1, 50000, (select lpad(to_hex(tag), 8, '0') from pressgate.result where site_id = 1 and seq = 50000), 100); select 'results100', t.touched(); commit;
select pg_stat_force_next_flush();
begin; select count(*) from pressgate.event_status(1, (select event_id from pressgate.job where id = 5000)); select 'status', t.touched(); commit;
update pressgate.job set lease_by = 1 where id between 100 and 199;
select pg_stat_force_next_flush();
begin; select cardinality(pressgate.renew(1, array(select n from generate_series(100, 199) n)::bigint[], array_fill(0, array[100]), 30)); select 'renew100', t.touched(); rollback;
SQL

# Rows that a call may read; a scan of any table would read 100,000.
bound()
{
	n=$(sed -n "s/^$1|//p" "$PG_DIR/plan.out")
	[ -n "$n" ] || fail "$1 was not measured"
	[ "$n" -le "$2" ] || fail "$1 touched $n rows, at most $2 were expected"
	echo "ok: $1 touches $n rows of 100,000 (at most $2)"
}
bound ingest 20
bound duplicate 20
bound one 20
bound one_duplicate 20
bound batch50 400
bound claim100 1000
bound claim256empty 10
bound work100 3000
bound results100 250
bound status 20
bound renew100 800
