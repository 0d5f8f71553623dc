#!/bin/sh
# Sessions side by side, by psql alone: overlapping batches in opposite
# order, the winner's id, 8 writers of one site and a reader that follows
# them, leases and their fence.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load

# keys PREFIX FROM TO: an SQL array in that order
keys()
{
	echo "array(select '$1' || n from generate_series($2, $3, $4) n)"
}

# 1. A holds its batch open; B sends the same keys in the opposite order and
# must wait, then learn A's ids.
up=$(keys w 1 40 1) down=$(keys w 40 1 -1)
q -c "begin; select * from t.ingest('a', $up); select pg_sleep(1); commit" \
	>"$PG_DIR/a.out" &
sleep 0.4
q -c "select outcome, count(*) from t.ingest('a', $down) group by 1" \
	>"$PG_DIR/b.out" || fail "opposite order"
wait $! || fail "first batch"
same "duplicate|40" "$(cat "$PG_DIR/b.out")" \
	"the second of two overlapping batches sees duplicates only"
same 0 "$(q -c "select count(*) from t.ingest('a', $down) i
	join pressgate.idem k on k.key = ($down)[i.ord]
	left join pressgate.event e on e.id = i.event_id
	 where e.idempotency_key is distinct from k.key")" \
	"a duplicate is told the id of the event that was first"

# 2. The same, but A rolls back: then B was first.
up=$(keys x 1 40 1) down=$(keys x 40 1 -1)
q -c "begin; select * from t.ingest('a', $up); select pg_sleep(1); rollback" \
	>/dev/null &
sleep 0.4
same "accepted|40" "$(q -c "select outcome, count(*)
	from t.ingest('a', $down) group by 1")" \
	"a batch that rolled back leaves its keys to the next one"
wait $! || fail "rolled back batch"

# 3. Many batches at once, in both orders, over the same keys.
for s in 1 2 3 4; do
	{
		echo "\\set ON_ERROR_STOP 1"
		i=0
		while [ $i -lt 12 ]; do
			if [ $((s % 2)) = 0 ]; then
				echo "select count(*) from t.ingest('a', $(keys y$i. 1 400 1));"
			else
				echo "select count(*) from t.ingest('a', $(keys y$i. 400 1 -1));"
			fi
			i=$((i + 1))
		done
	} >"$PG_DIR/y$s.sql"
	psql -qXAt -f "$PG_DIR/y$s.sql" >/dev/null 2>"$PG_DIR/y$s.err" &
	pids="${pids:-} $!"
done
for p in $pids; do
	wait "$p" || fail "overlapping batches: $(cat "$PG_DIR"/y?.err)"
done
same "4800|4800" "$(q -c "select count(*), count(distinct idempotency_key)
	from pressgate.event where idempotency_key like 'y%'")" \
	"48 batches in opposite orders leave one event a key"
sleep 1 # statistics are reported when a session ends
same 0 "$(q -c "select deadlocks from pg_stat_database
	where datname = current_database()")" "and no deadlock"

# The same again, step by step: C holds a key in the middle, A and B come to
# it from both ends and wait. Whoever inserts as the keys were given then has
# what the other one wants.
waiting() # COUNT
{
	n=0
	until [ "$(q -c "select count(*) from pg_stat_activity
		where wait_event_type = 'Lock'")" -ge "$1" ]; do
		n=$((n + 1))
		[ "$n" -lt 100 ] || fail "nobody waits"
		sleep 0.05
	done
}
mkfifo "$PG_DIR/c"
q -f "$PG_DIR/c" >/dev/null &
c=$!
exec 3>"$PG_DIR/c"
echo "begin; select * from t.ingest('a', array['z20']);" >&3
sleep 0.3
pids=
for keys in "$(keys z 1 40 1)" "$(keys z 40 1 -1)"; do
	q -c "select outcome, count(*) from t.ingest('a', $keys) group by 1" \
		>"$PG_DIR/z$(echo "$pids" | wc -w).out" 2>&1 &
	pids="$pids $!"
	waiting "$(echo "$pids" | wc -w)"
done
echo "rollback;" >&3
exec 3>&-
wait $c || fail "the holder of the key in the middle"
for p in $pids; do
	wait "$p" || fail "batches from both ends: $(cat "$PG_DIR"/z?.out)"
done
same "accepted|40 duplicate|40" "$(echo $(sort "$PG_DIR"/z?.out))" \
	"batches that meet at a key in the middle do not deadlock"

# 4. Same key, other content.
same "conflict" "$(q -c "select outcome from t.ingest('a', array['w1'], 'x')")" \
	"the same key with other content is a conflict"
same 1 "$(q -c "select count(*) from pressgate.conflict where key = 'w1'
	and first_fingerprint = sha256('w1') and other_fingerprint = sha256('x')")" \
	"which leaves a record with both hashes"

# 5. Eight writers of one site, committing out of order, some rolling back,
# and a reader that walks the cursor all the while.
q -c "select pressgate.worker_start('h', n, 'test') from generate_series(1, 9) n" \
	>/dev/null
jobs=$(q -c "select count(*) from pressgate.job")
q >"$PG_DIR/reader.out" 2>&1 <<-'SQL' &
	create table t.seen (seq bigint, tag text);
	do $$
	declare
		r record; s bigint; g text; got int; last timestamptz := clock_timestamp();
	begin
		while clock_timestamp() < last + interval '4 s' loop
			got := 0;
			for r in select * from pressgate.results_since(1, s, g, 7)
			    where seq is not null loop
				insert into t.seen values (r.seq, r.tag);
				s := r.seq; g := r.tag; got := got + 1;
			end loop;
			if got > 0 then last := clock_timestamp(); end if;
			perform pg_sleep(0.002);
		end loop;
	end $$;
SQL
reader=$!
pids=
for w in 1 2 3 4 5 6 7 8; do
	{
		i=0
		while [ $i -lt 60 ]; do
			end=commit
			[ $(((i + w) % 7)) = 0 ] && end=rollback
			echo "begin; select t.work($w, 3); select pg_sleep(random() * 0.02); $end;"
			i=$((i + 1))
		done
		echo "\\set ON_ERROR_STOP 1"
	} >"$PG_DIR/w$w.sql"
	psql -qXAt -v ON_ERROR_STOP=1 -f "$PG_DIR/w$w.sql" >/dev/null 2>"$PG_DIR/w$w.err" &
	pids="$pids $!"
done
for p in $pids; do
	wait "$p" || fail "writer: $(cat "$PG_DIR"/w?.err)"
done
wait $reader || fail "reader: $(cat "$PG_DIR/reader.out")"
results=$(q -c "select count(*) from pressgate.result where site_id = 1")
[ "$results" -ge 1000 ] || fail "only $results results were written"
same "$results|$results|$results" "$(q -c "select count(*), count(distinct seq),
	max(seq) from pressgate.result where site_id = 1")" \
	"8 writers of one site number $results results without a hole"
same "$results|$results" "$(q -c "select count(*), count(distinct seq) from t.seen")" \
	"a reader that followed them skipped nothing and repeated nothing"
same 0 "$(q -c "select count(*) from (select seq, lag(seq) over () before
	from t.seen) x where seq <> coalesce(before, 0) + 1")" "and read them in order"
same "$jobs" "$(q -c "select (select count(*) from pressgate.job) + $results")" \
	"no job was lost"
same 0 "$(q -c "select count(*) from pressgate.job_done d
	left join pressgate.result r using (job_id) where r.seq is distinct from d.seq")" \
	"each finished job has its one result"

# 6. The fence: a claim that was taken over settles nothing.
q -c "select t.ingest('b', array['f1'])" >/dev/null
c="array(select id from pressgate.lane where not replay), array[2], array[0]::bigint[], array[9], 9"
id=$(q -c "select id from pressgate.claim(1, $c)")
q -c "update pressgate.job set due_at = now() where id = $id"
q -c "select id from pressgate.claim(2, $c)" >/dev/null
late="[{\"id\":$id,\"claim_no\":1,\"site_id\":2,\"route_id\":2,\"to\":\"done\",\"result\":{\"by\":\"late\"}}]"
same "$id|f" "$(q -c "select * from pressgate.finish(1, '$late')")" \
	"a late worker's result is refused"
same "" "$(q -c "select array_agg(id) from unnest(pressgate.renew(1,
	array[$id], array[1], 30)) id")" "and its lease is not renewed"
same "$id|f $id|t" "$(echo $(q -c "select * from pressgate.finish(2, '$late'
	|| replace('$late', '\"claim_no\":1', '\"claim_no\":2')::jsonb)
	order by 2"))" "the present holder's is taken, a late one beside it is not"
same 1 "$(q -c "select count(*) from pressgate.result where job_id = $id")" \
	"once"
same "$id|f" "$(q -c "select * from pressgate.finish(2,
	replace('$late', '\"claim_no\":1', '\"claim_no\":2')::jsonb)")" \
	"and not again"

# 7. A worker that fell silent: two looks, then its leases are due.
q -c "select t.ingest('b', array['f2'])" >/dev/null
id=$(q -c "select id from pressgate.claim(3, $c)")
q -c "update pressgate.worker set beat_at = beat_at - interval '20 s' where id = 3"
beat=$(q -c "select beat_us from pressgate.beat(4, 0) where silent = 3")
[ -n "$beat" ] || fail "a silent worker is not listed"
same 0 "$(q -c "select pressgate.takeover(4, 3, $beat - 1)")" \
	"a worker that has beaten since is not taken over"
same 1 "$(q -c "select pressgate.takeover(4, 3, $beat)")" \
	"a silent worker's leases are made due"
same 0 "$(q -c "select pressgate.takeover(5, 3, $beat)")" "once"
same "$id|2|1" "$(q -c "select id, attempt, crashes from pressgate.claim(4, $c)")" \
	"the next claim counts the crash and the try"

# 8. Two sites and every kind of end in one batch.
q -c "select t.ingest('b', array(select 'm' || n from generate_series(1, 8) n))" >/dev/null
q >"$PG_DIR/mix.out" 2>&1 <<-'SQL' || fail "$(cat "$PG_DIR/mix.out")"
	create table t.mix as select id, claim_no, site_id, route_id, (array['done',
	    'mirrored', 'cancelled', 'dead'])[1 + row_number() over
	    (partition by site_id order by id) % 4] "to"
	  from (select id from pressgate.lane where not replay) l (l),
	    pressgate.claim(4, array[l, l], array[1, 2], array[0, 0]::bigint[],
	    array[8, 8], 16);
	select count(*) from t.mix, pressgate.finish(4, (select jsonb_agg(
	    to_jsonb(m) || '{"cause": "config", "result": 1}') from t.mix m));
SQL
same "0|12 4|0" "$(echo $(q -c "select count(*) filter (where \"to\" = 'mirrored'),
	count(*) filter (where \"to\" <> 'mirrored') from t.mix group by
	(select seq is null from pressgate.job_done d where d.job_id = mix.id)" | sort))" \
	"in a batch of all ends, all but the mirrored ones have a number"
same "8" "$(q -c "select count(*) from pressgate.dead d join t.mix using (id)
	where d.cause in ('mirror', 'config')")" \
	"the dead and the mirrored ones are buried"
same 0 "$(q -c "select count(*) from (select seq, row_number() over (partition
	by site_id order by seq) n from pressgate.result) x where seq <> n")" \
	"and no site's numbers have a hole"

# 9. A claim whose answer got lost is given back; what is named is not.
q -c "delete from pressgate.job"
q -c "select t.ingest('b', array['g1', 'g2', 'g3'])" >/dev/null
q -c "create table t.known as select id, claim_no
	from pressgate.claim(4, $c) order by id desc limit 1"
q -c "select t.ingest('b', array['g4', 'g5'])" >/dev/null
q -c "select id from pressgate.claim(5, $c)" >/dev/null
held="select string_agg(lease_by::text, ' ' order by id) from pressgate.job"
same "4 4 4 5 5" "$(q -c "$held")" "two workers hold five jobs"
same 0 "$(q -c "select pressgate.give_back(6, '{}', '{}')")" \
	"who holds nothing gives nothing back"
same 2 "$(q -c "select pressgate.give_back(4, array_agg(id),
	array_agg(claim_no)) from t.known")" "what a worker does not name is given back"
same "4 5 5" "$(q -c "$held")" "what it names stays, and so does another's"
same "2|1|0" "$(q -c "select count(*), max(attempt), max(crashes)
	from pressgate.claim(6, $c)")" "it is due, and no try was counted"
same 1 "$(q -c "select pressgate.give_back(4, array_agg(id),
	array_agg(claim_no - 1)) from t.known")" "an older claim's name does not count"
