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
q -c "create database small template postgres"

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
bound work100 2000
bound results100 250
bound status 20
bound renew100 800

# The same whatever the statistics say: tables that nobody has analyzed (new,
# restored from a dump, after pg_upgrade), or that held so many rows when
# somebody did; in a connection that planned then, and in one that plans when
# there are 2000 of everything.
q <<'SQL' >/dev/null || fail "the grid's helpers"
\c small
create function t.touched() returns jsonb language sql as $$
  select coalesce(jsonb_object_agg(relname, n), '{}') from (select relname,
      coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) n
    from pg_stat_xact_user_tables where schemaname = 'pressgate') x
   where n > 0 $$;
-- Number first to last of everything; jobs of three lanes, those of the second
-- in serial orders of two, those of the third all in one.
create procedure t.fill(first int, last int) language sql as $$
  insert into pressgate.site (name) select 's' || n from generate_series(first, last) n;
  insert into pressgate.stream (site_id) select n + 2 from generate_series(first, last) n;
  insert into pressgate.worker (host, pid, version) select 'h', n, 'v' from generate_series(first, last) n;
  insert into pressgate.route (site_id, name, urgency, mode)
    select n + 2, 'r', 'low', 'live' from generate_series(first, last) n;
  insert into pressgate.lane (urgency, service, route, replay, lease_s, max_attempt, window_s)
    select 'low', 's' || n, 'r', false, 30, 9, 86400 from generate_series(first, last) n;
  insert into pressgate.serial (site_id, route, key, next_no)
    select 1, 1, 'o' || n, 3 from generate_series(first, last) n;
  insert into pressgate.serial (site_id, route, key, next_no)
    values (1, 1, 'long', last + 1) on conflict do nothing;
  with e as (insert into pressgate.event (id, site_id, source_id, type,
      idempotency_key, fingerprint, fp_version, canonical, scheme)
    select t.id(), 1, 0, 't', 'k' || n, '', 1, '{"data": 1}', 'relay'
      from generate_series(first, last) n returning id, substr(idempotency_key, 2)::int n),
  i as (insert into pressgate.idem (site_id, source_id, kind, key, event_id,
      fingerprint, fp_version, expires_at)
    select 1, 0, kind, 'k' || n, id, sha256(('k' || n)::bytea), 1, now() + interval '1 h'
      from e, unnest('{0,1}'::int[]) kind),
  s as (insert into pressgate.job_step (event_id, route, step, job_id)
    select id, 1, 'earlier', 1 from e)
  insert into pressgate.job (event_id, site_id, lane, route, step, mode,
      lease_s, max_attempt, window_s, serial_key, serial_no, due_at)
    select id, 1, lane, 1, 'st', 'live', 30, 9, 86400, order_of, no,
        case when no > 1 then 'infinity' else clock_timestamp() end
      from e, lateral (values (1, null, null), (2, 'o' || n, 1),
        (2, 'o' || n, 2), (2000000, 'long', n)) v (lane, order_of, no);
  insert into pressgate.replay_guard
    select '1:relay', ('g' || n)::bytea, 'd', now() + interval '1 h' from generate_series(first, last) n;
  insert into pressgate.result (site_id, seq, job_id, event_id, event_type,
      idempotency_key, route, status)
    select 1, n, 1000000 + n, t.id(), 't', 'k', 'r', 'done' from generate_series(first, last) n;
  insert into pressgate.job_done (job_id, event_id, site_id, route, outcome, seq, attempts, queued_at)
    select 1000000 + n, t.id(), 1, 1, 'done', n, 1, now() from generate_series(first, last) n;
  insert into pressgate.dead (id, event_id, site_id, route, lane, step, mode,
      cause, event_type, idempotency_key, queued_at)
    select 2000000 + n, t.id(), 1, 1, 1, 'st', 'live', 'tls', 't', 'k', now() from generate_series(first, last) n;
  insert into pressgate.attempt (job_id, event_id, site_id, route, step,
      claim_no, attempt, worker_id, started_at, duration_ms, outcome)
    select 1000000 + n, t.id(), 1, 1, 'st', 1, 1, 1, now(), 1, 'ok' from generate_series(first, last) n;
$$;
-- ingest() of so many events: with second keys that are known, or serial jobs.
create function t.batch(fresh text, second text, serial text, n int)
returns bigint language sql as $$
  select count(*) from (select array_agg(t.id()) ids, array_agg(i) ords,
      array_agg(fresh || i) keys, array_agg(second || i) seconds,
      array_agg(serial || i) serials, array_agg('x'::bytea) fps
      from generate_series(1, n) i) x, pressgate.ingest(1, 0, null, null, null,
    null, 'relay', 'k', 'k', null, null, null, null, null, 86400, 'raw',
    1::smallint, ids, array_fill('t'::text, array[n]), keys, seconds, fps, null,
    null, array_fill('{"data": 1}'::json, array[n]), ords,
    array_fill(1, array[n]), array_fill(1, array[n]),
    array_fill('st'::text, array[n]), array_fill('live'::text, array[n]),
    serials, null, null, null) $$;
create function t.plain(variadic keys text[]) returns text language sql as $$
  select pressgate.ingest_plain(array_agg(row(1, 0, '1:relay', k::bytea, '',
      now(), 'relay', 'k', 'k', null, null, null, null, 86400, 'raw',
      1::smallint, t.id(), 't', k, 'x', null, null, '{"data": 1}', 1, 1, 'st',
      'live')::pressgate.plain_event), true)
    from unnest(keys) k $$;
-- Claims n jobs of a lane, settles them in the given ways in turn.
create function t.settle(lane int, n int, variadic ways text[])
returns bigint language sql as $$
  select count(*) from (select jsonb_agg(jsonb_build_object('id', id,
      'claim_no', claim_no, 'site_id', 1, 'route_id', 1, 'serial_key',
      serial_key, 'to', ways[1 + no % cardinality(ways)], 'lane_id', 1,
      'step', 'then', 'output', 1, 'result', 1, 'cause', 'tls', 'try',
      '{"step":"st","service":"s","duration_ms":1,"outcome":"ok"}'::jsonb)) items
    from (select *, (row_number() over (order by id))::int no from
      pressgate.claim(1, array[lane], '{1}', '{0}', array[n], n)) c) x,
    pressgate.finish(1, coalesce(items, '[]')) $$;
-- Each call by itself, taken back; says what it touched.
create procedure t.each(label text) language plpgsql as $$
declare c record; before jsonb; after jsonb; rows int; what jsonb;
begin
  for c in select * from (values
      ('ingest', $c$ select t.batch('new', null, null, 1) $c$),
      ('batch', $c$ select t.batch('new', null, null, 50) $c$),
      ('duplicates', $c$ select t.batch('k', null, null, 50) $c$),
      ('two_keys', $c$ select t.batch('new', 'k', null, 50) $c$),
      ('serial', $c$ select t.batch('new', null, 'o', 50) $c$),
      ('plain', $c$ select t.plain('new') $c$),
      ('plain_32', $c$ select t.plain(variadic array(select 'new' || n
          from generate_series(1, 32) n)) $c$),
      ('plain_duplicate', $c$ select t.plain('k1') $c$),
      ('claim', $c$ select count(*) from
          pressgate.claim(1, '{1}', '{1}', '{0}', '{100}', 100) $c$),
      ('claim_none', $c$ select count(*) from pressgate.claim(1,
          array_fill(1, array[256]), array_fill(2, array[256]),
          array_fill(0::bigint, array[256]), array_fill(1, array[256]), 256) $c$),
      ('done', $c$ select t.settle(1, 100, 'done') $c$),
      ('mixed', $c$ select t.settle(1, 100, 'next', 'retry', 'dead', 'release', 'done') $c$),
      ('in_order', $c$ select t.settle(2, 100, 'done') $c$),
      ('next_of_many', $c$ select t.settle(2000000, 1, 'done') $c$),
      ('renew', $c$ select pressgate.renew(1, array_agg(id), array_agg(claim_no), 30)
          from pressgate.claim(1, '{1}', '{1}', '{0}', '{100}', 100) $c$),
      ('results', $c$ select count(*) from pressgate.results_since(1, 1,
          (select lpad(to_hex(tag), 8, '0') from pressgate.result
            where (site_id, seq) = (1, 1)), 100) $c$),
      ('status', $c$ select count(*) from pressgate.event_status(1,
          (select event_id from pressgate.job order by id limit 1)) $c$),
      ('depth', $c$ select pressgate.depth(100) $c$)) x (name, call) loop
    begin
      before := t.touched();
      execute c.call;
      after := t.touched();
      raise exception using errcode = 'TT000';
    exception when sqlstate 'TT000' then null;
    end;
    select coalesce(sum(n), 0), jsonb_object_agg(key, n) filter (where n > 0)
      into rows, what from (select key, value::int
        - coalesce((before->>key)::int, 0) n from jsonb_each_text(after)) x;
    raise notice '%|%|%|%', c.name, label, rows, what;
  end loop;
end $$;
SQL
grid='never 0 1 8 16 64 1000 2000'
for n in $grid; do
	q -c "create database grid template small"
	PGDATABASE=grid q -v label="$n" -v n="${n#never}" <<-'SQL' \
		2>>"$PG_DIR/grid.out" || fail "$(tail -n 5 "$PG_DIR/grid.out")"
	set synchronous_commit = off;
	select :'n' <> '' as analyze, coalesce(nullif(:'n', ''), '0') as n \gset
	call t.fill(1, :n);
	\if :analyze
	analyze pressgate.job, pressgate.event, pressgate.idem, pressgate.result,
	    pressgate.replay_guard, pressgate.dead, pressgate.attempt,
	    pressgate.job_step, pressgate.job_done, pressgate.serial,
	    pressgate.stream, pressgate.site, pressgate.route, pressgate.lane,
	    pressgate.worker;
	\endif
	-- What is planned now is kept.
	set client_min_messages = warning;
	call t.each('');
	call t.fill(:n + 1, 2000);
	set client_min_messages = notice;
	call t.each('planned at ' || :'label');
	\c
	call t.each('analyzed at ' || :'label');
	SQL
	q -c "drop database grid"
done

# everywhere CALL ROWS: so many at most, and not less than half of them: it
# did find what it was after.
everywhere()
{
	sed -n "s/^NOTICE:  $1|//p" "$PG_DIR/grid.out" >"$PG_DIR/points"
	[ "$(wc -l <"$PG_DIR/points")" -eq $(($(echo $grid | wc -w) * 2)) ] ||
		fail "$1 was not measured everywhere"
	while IFS='|' read -r where rows what; do
		[ "$rows" -le "$2" ] ||
			fail "$1, $where: $rows rows, at most $2 were expected: $what"
		[ "$rows" -ge $(($2 / 2)) ] || fail "$1, $where: only $rows rows"
	done <"$PG_DIR/points"
	echo "ok: $1 touches at most $2 rows, whatever was known when it was planned"
}
everywhere ingest 2
everywhere batch 60
everywhere duplicates 120
everywhere two_keys 300
everywhere serial 180
everywhere plain 2
everywhere plain_32 64
everywhere plain_duplicate 6
everywhere claim 600
everywhere claim_none 0
everywhere done 1500
everywhere mixed 1300
everywhere in_order 2100
everywhere next_of_many 24
everywhere renew 850
everywhere results 240
everywhere status 8
everywhere depth 100
