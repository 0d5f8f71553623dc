#!/bin/sh
# Two sessions, step by step, at the places where what a statement saw and
# what it then locks may differ, and where a call comes late or twice. What
# doc/model.md says of them is looked at here in PostgreSQL itself.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load

# ---- sessions a, b and c, on descriptors 4, 5 and 6 ---------------------------

for s in a b c; do
	mkfifo "$PG_DIR/$s.in"
	psql -qXAt -F ' ' -f "$PG_DIR/$s.in" >"$PG_DIR/$s.said" \
		2>"$PG_DIR/$s.err" &
done
exec 4>"$PG_DIR/a.in" 5>"$PG_DIR/b.in" 6>"$PG_DIR/c.in"

# tell a|b|c SQL: does not wait for the answer. The number of what was told
# last stands in a file, since some of this runs in subshells.
echo 0 >"$PG_DIR/number"
tell()
{
	said=$(($(cat "$PG_DIR/number") + 1))
	echo $said | tee "$PG_DIR/number" >"$PG_DIR/$1.number"
	case $1 in a) fd=4 ;; b) fd=5 ;; *) fd=6 ;; esac
	printf '\\o %s\n%s;\n\\o\n\\echo %s\n' "$PG_DIR/$1.$said" "$2" \
		"$said" >&$fd
}

# within WHAT COMMAND...: true within 10 s
within()
{
	n=0 what=$1
	shift
	until "$@"; do
		n=$((n + 1))
		[ $n -lt 200 ] || fail "$what"
		sleep 0.05
	done
}

# answer a|b|c: waits; its rows on one line
answer()
{
	number=$(cat "$PG_DIR/$1.number")
	within "$1 does not answer" grep -qx "$number" "$PG_DIR/$1.said"
	echo $(cat "$PG_DIR/$1.$number")
}

ask()
{
	tell "$1" "$2"
	answer "$1"
}

lock_waits()
{
	[ "$(q -c "select count(*) from pg_stat_activity
		where wait_event_type = 'Lock'")" -ge 1 ]
}

# error a|b|c: the last one
error()
{
	sed -n 's/.*ERROR: *//p' "$PG_DIR/$1.err" | tail -n 1
}

# ---- jobs --------------------------------------------------------------------

# new: empties the queue, makes one job of site a, due; its id is $id.
new()
{
	id=$(q <<-SQL
	truncate pressgate.job, pressgate.job_step, pressgate.job_done,
	    pressgate.dead, pressgate.result, pressgate.attempt,
	    pressgate.serial, pressgate.worker restart identity;
	do \$\$
	begin
	  perform pressgate.worker_start('h', n, 'v') from generate_series(1, 2) n;
	  perform from t.ingest('a', array['k' || nextval('t.n')]);
	end \$\$;
	select id from pressgate.job;
	SQL
	)
}

# claim WORKER COLUMNS
claim()
{
	echo "select $2 from pressgate.claim($1,
	    array(select l.id from pressgate.lane l, pressgate.site s
	        order by l.id, s.id),
	    array(select s.id from pressgate.lane l, pressgate.site s
	        order by l.id, s.id), array_fill(0::bigint, array[4]),
	    array_fill(9, array[4]), 9)"
}

# item CLAIM_NO MEMBERS [ID]
item()
{
	echo "{\"id\": ${3:-$id}, \"claim_no\": $1, \"site_id\": 1,
	    \"route_id\": 1, $2}"
}

# finish WORKER ITEM[, ITEM]...
finish()
{
	w=$1
	shift
	echo "select id = $id, settled from pressgate.finish($w, '[$*]') order by id"
}

row()
{
	q -F ' ' -c "select $1 from pressgate.job where id = $id"
}

try='"try": {"step": "st", "duration_ms": 1, "outcome": "timeout"}'
retry="\"to\": \"retry\", \"delay_ms\": 3600000, $try"
next='"to": "next", "step": "two", "lane_id": 1, "output": {"of": "st"}'
done='"to": "done", "result": 1'
dead='"to": "dead", "cause": "config"'
overdue="update pressgate.job set due_at = clock_timestamp()"

# ---- a call that comes twice or late ------------------------------------------

for to in "$retry" '"to": "release"' "$next"; do
	name=$(echo "$to" | cut -d'"' -f4)
	new
	ask a "$(claim 1 claim_no)" >/dev/null
	same "t t" "$(ask a "$(finish 1 "$(item 1 "$to")")")" "$name settles"
	was=$(row "*")
	same "t f" "$(ask a "$(finish 1 "$(item 1 "$to")")")" \
		"told again, because the answer was lost, it is fenced"
	same "{}" "$(ask a "select pressgate.renew(1, array[$id], array[1], 30)")" \
		"a renewal that comes after it renews nothing"
	same "$was" "$(row "*")" "and the row is as it was"
done
new
ask a "$(claim 1 claim_no)" >/dev/null
ask a "$(finish 1 "$(item 1 "$retry")")" >/dev/null
ask a "$(finish 1 "$(item 1 "$retry")")" >/dev/null
same 1 "$(q -c "select count(*) from pressgate.attempt")" \
	"a try that is told twice is recorded once"

# The first telling hangs in the server, the second overtakes it.
new
ask a "$(claim 1 claim_no)" >/dev/null
ask b "begin; select from pressgate.stream for update" >/dev/null
tell a "$(finish 1 "$(item 1 "$done")")"
within "finish waits for the stream" lock_waits
same "t t" "$(ask b "$(finish 1 "$(item 1 "$done")"); commit")" \
	"a second telling that overtakes the first one settles"
same "t f" "$(answer a)" "and the first is fenced when it gets there"
same 1 "$(q -c "select count(*) from pressgate.result")" "with one result"

# ---- claim() sees less than it locks ------------------------------------------

# claim() as it is, but for a wait after its snapshot was taken.
q >/dev/null <<-'SQL'
create function t.gate() returns int language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(7);
  return 1;
end $$;
do $$
declare
  was text := 'unnest(p_lanes, p_sites, p_marks_us, p_quotas)';
  def text := pg_get_functiondef('pressgate.claim'::regproc);
begin
  if position(was in def) = 0 then raise exception 'claim() reads otherwise'; end if;
  def := replace(def, 'FUNCTION pressgate.claim', 'FUNCTION pressgate.slow_claim');
  execute replace(def, was, '(select t.gate()) g cross join ' || was);
end $$;
SQL
new
ask a "$(claim 1 claim_no)" >/dev/null
q -c "$overdue"
ask a "begin; $(finish 1 "$(item 1 "$next")")" >/dev/null
ask c "select pg_advisory_lock(7)" >/dev/null
tell b "$(claim 2 "step, steps->'st'->'output'" | sed 's/claim(/slow_claim(/')"
within "the claim waits" lock_waits
ask a "commit" >/dev/null
ask c "select pg_advisory_unlock(7)" >/dev/null
same 'two {"of": "st"}' "$(answer b)" \
	"a claim that meets a step that was finished meanwhile knows its output"

# ---- takeover and a finish under way ------------------------------------------

silent="update pressgate.worker set beat_at = beat_at - interval '1 min'
	where id = 1"
beat="(select (extract(epoch from beat_at) * 1000000)::bigint
	from pressgate.worker where id = 1)"
for end in commit rollback; do
	new
	ask a "$(claim 1 claim_no)" >/dev/null
	q -c "$silent"
	ask a "begin; $(finish 1 "$(item 1 "$done")")" >/dev/null
	same 0 "$(ask b "select pressgate.takeover(2, 1, $beat)")" \
		"a takeover goes round the job that is being finished"
	ask a "$end" >/dev/null
	case $end in
	commit)
		same "done" "$(q -c "select status from pressgate.result")" \
			"which then is done"
		;;
	rollback)
		same "t" "$(row "lease_by = 1 and due_at > now()")" \
			"rolled back, it has its lease still"
		q -c "$overdue"
		same "2 1" "$(ask b "$(claim 2 "claim_no, crashes")")" \
			"and comes back when that has run out"
		;;
	esac
done

# The silent worker wakes up between the two.
new
ask a "$(claim 1 claim_no)" >/dev/null
q -c "$silent"
b4=$(q -c "select $beat")
ask a "begin; select count(*) from pressgate.beat(1, 1)" >/dev/null
tell b "select pressgate.takeover(2, 1, $b4)"
within "the takeover waits for the beat" lock_waits
ask a "commit" >/dev/null
same 0 "$(answer b)" "a worker whose beat comes first is not taken over"
q -c "$silent"
same 1 "$(ask b "select pressgate.takeover(2, 1, $beat)")" \
	"one that is silent is"
same "{$id}" "$(ask a "select pressgate.renew(1, array[$id], array[1], 30)")" \
	"and may renew what nobody has claimed yet"
q -c "$overdue"
ask b "$(claim 2 claim_no)" >/dev/null
same "t f" "$(ask a "$(finish 1 "$(item 1 "$done")")")" \
	"but not settle what somebody has"

# ---- whose crash is it ----------------------------------------------------------

crashes()
{
	q -c "$overdue"
	ask b "$(claim 2 crashes)"
}
new
ask a "$(claim 1 claim_no)" >/dev/null
q -c "update pressgate.worker set beat_at = beat_at - interval '1 min'"
ask b "select count(*) from pressgate.beat(2, 0)" >/dev/null
same 0 "$(crashes)" \
	"who fell silent together with the claimer has not crashed"
new
ask a "$(claim 1 claim_no)" >/dev/null
ask b "select count(*) from pressgate.beat(2, 0)" >/dev/null
q -c "$silent"
ask b "select count(*) from pressgate.beat(2, 0)" >/dev/null
same 1 "$(crashes)" "who fell silent while the claimer did beat has"
new
ask a "$(claim 1 claim_no)" >/dev/null
q -c "$silent"
same 1 "$(crashes)" "a claimer that has just begun takes silence for a crash"
new
ask a "$(claim 1 claim_no)" >/dev/null
same 0 "$(crashes)" "a lease lost by one that beats is no crash"

# ---- cancel while it is claimed ------------------------------------------------

cancel()
{
	echo "select pressgate.cancel_job($id, 'me')"
}
new
ask a "begin; $(claim 1 claim_no)" >/dev/null
tell b "$(cancel)"
within "the cancel waits for the claim" lock_waits
ask a "commit" >/dev/null
same asked "$(answer b)" "a cancel that meets a claim asks"
same "t t" "$(ask a "$(finish 1 "$(item 1 "$retry")")")" "the try fails"
same "t t" "$(row "due_at <= clock_timestamp(), cancel")" \
	"then it does not wait an hour for the next one"
same "2 t" "$(ask b "$(claim 2 "claim_no, cancel")")" \
	"the next claim is told to cancel"
same "t t" "$(ask b "$(finish 2 "$(item 2 '"to": "cancelled"')")")" "and does"
same "cancelled" "$(q -c "select status from pressgate.result")" \
	"the one result says so"

new
ask a "$(claim 1 claim_no)" >/dev/null
ask a "begin; $(finish 1 "$(item 1 "$done")")" >/dev/null
tell b "$(cancel)"
within "the cancel waits for the finish" lock_waits
ask a "commit" >/dev/null
same gone "$(answer b)" "a cancel that meets the end comes too late"
same "done" "$(q -c "select status from pressgate.result")" \
	"and changes no result"

new
ask a "$(claim 1 claim_no)" >/dev/null
q -c "$overdue"
ask b "begin; $(cancel)" >/dev/null
tell a "$(finish 1 "$(item 1 "$done")")"
within "the finish waits for the cancel" lock_waits
ask b "commit" >/dev/null
same "t f" "$(answer a)" "a confirmed cancel fences whose lease had run out"
same "cancelled" "$(q -c "select status from pressgate.result")" \
	"its result is the cancellation"

new
q -c "create table t.stream as table pressgate.stream;
	delete from pressgate.stream"
ask b "$(cancel)" >/dev/null
case $(error b) in
*"stream or route row is missing"*) ;;
*) fail "a cancel without a stream: $(error b)" ;;
esac
same 1 "$(q -c "select count(*) from pressgate.job")" \
	"a job whose cancellation cannot be told stays"
q -c "insert into pressgate.stream table t.stream"

# ---- batches -------------------------------------------------------------------

new
q -c "select from t.ingest('a', array['second'])"
second=$(q -c "select max(id) from pressgate.job")
ask a "$(claim 1 claim_no)" >/dev/null
q -c "$overdue where id = $id"
ask b "begin; $(claim 2 claim_no)" >/dev/null
tell a "$(finish 1 "$(item 1 "$done" "$second"), $(item 1 "$done")")"
within "the batch waits for the claim" lock_waits
ask b "commit" >/dev/null
same "t f f t" "$(answer a)" \
	"of a batch that lost one while it waited, the other is settled"
same "t t" "$(ask b "$(finish 2 "$(item 2 "$done")")")" \
	"and the lost one by whoever has it"

new
ask a "$(claim 1 claim_no)" >/dev/null
was=$(row "*")
lost=$(item 1 '"to": "next", "step": "two", "lane_id": 999')
ask a "$(finish 1 "$lost")" >/dev/null
case $(error a) in
*"could not be settled"*) ;;
*) fail "an unknown lane: $(error a)" ;;
esac
same "$was" "$(row "*")" "an item that leads nowhere is refused, not swallowed"

# ---- replay and purge ----------------------------------------------------------

purge="select pressgate.purge_dead(now() + interval '1 day', 'me')"
# buried: one dead letter, whose event has been dropped
buried()
{
	new
	ask a "$(claim 1 claim_no)" >/dev/null
	ask a "$(finish 1 "$(item 1 "$dead")")" >/dev/null
	q -c "delete from pressgate.event"
}
buried
ask a "begin; select pressgate.replay($id, 'me')" >/dev/null
tell b "$purge"
within "the purge waits for the replay" lock_waits
ask a "commit" >/dev/null
same 0 "$(answer b)" "a purge leaves what is replayed while it waits"
same '{"data": 1}' "$(ask a "$(claim 1 canonical)")" \
	"so the replay has its payload"
buried
ask a "begin; select pressgate.replay($id, 'me')" >/dev/null
tell b "$purge"
within "the purge waits for the replay" lock_waits
ask a "rollback" >/dev/null
same 1 "$(answer b)" "a replay that was rolled back saves nothing"
buried
ask a "begin; $purge" >/dev/null
tell b "select pressgate.replay($id, 'me')"
within "the replay waits for the purge" lock_waits
ask a "commit" >/dev/null
answer b >/dev/null
same "no dead letter $id" "$(error b)" "what is purged is not replayed"

buried
ask a "begin; select pressgate.replay($id, 'me')" >/dev/null
tell b "select pressgate.replay($id, 'you')"
within "the second replay waits" lock_waits
ask a "commit" >/dev/null
answer b >/dev/null
same "dead letter $id has been replayed as job $((id + 1))" "$(error b)" \
	"of two replays at once one goes"
first=$id id=$((id + 1))
ask a "$(claim 1 claim_no)" >/dev/null
same "t t" "$(ask a "$(finish 1 "$(item 1 "$done")")")" "the replay ends"
same "1 $first dead , 2 $id done 1" "$(echo $(q -F ' ' -R ' , ' -c "select seq,
	job_id, status, supersedes from pressgate.result order by seq"))" \
	"with one result, which names the one it replaces"

# ---- a serial order --------------------------------------------------------------

# order N: N jobs of one subject; $id is the first.
order()
{
	new
	q >/dev/null <<-SQL
	update pressgate.job set serial_key = 's', serial_no = 1;
	insert into pressgate.serial (site_id, route, key, next_no)
	    values (1, 1, 's', 2);
	do \$\$
	declare e uuid := t.id();
	begin
	  for n in 2..$1 loop
	    perform pressgate.ingest_serial(1, array[e], array[e], array[1],
	        array[1], array[1], array['st'], array['live'], array['s'],
	        array[null], array[null]::timestamptz[], array[null]);
	  end loop;
	end \$\$;
	SQL
}
key='"serial_key": "s"'
states()
{
	echo $(q -c "select serial_no || case when due_at = 'infinity'
		then ' waits' when lease_by is null then ' due' else ' runs' end
		from pressgate.job order by serial_no, id")
}
order 3
same "1 due 2 waits 3 waits" "$(states)" "of a serial order the first is due"
ask a "$(claim 1 claim_no)" >/dev/null
ask a "$(finish 1 "$(item 1 "$dead, $key")")" >/dev/null
same "2 due 3 waits" "$(states)" "a dead one lets the next go"
ask a "$(claim 1 claim_no)" >/dev/null
ask b "select pressgate.replay($id, 'me')" >/dev/null
same "1 waits 2 runs 3 waits" "$(states)" \
	"its replay takes its place and waits for the one that runs"
ask b "select pressgate.cancel_job((select max(id) - 1
	from pressgate.job), 'me')" >/dev/null
same "1 waits 2 runs" "$(states)" \
	"the end of one that waited lets nobody go"
ask a "$(finish 1 "$(item 1 "$done, $key" $((id + 1)))")" >/dev/null
same "1 due" "$(states)" "the end of the one that ran does"

order 2
hold="$dead, $key, \"hold\": true"
ask a "$(claim 1 claim_no)" >/dev/null
ask a "$(finish 1 "$(item 1 "$hold")")" >/dev/null
same "2 waits" "$(states)" "a dead one that holds lets nobody go"
ask b "select pressgate.replay($id, 'me')" >/dev/null
same "1 due 2 waits" "$(states)" "until it is replayed"
ask a "$(claim 1 claim_no)" >/dev/null
id=$(q -c "select max(id) from pressgate.job")
ask a "$(finish 1 "$(item 1 "$hold")")" >/dev/null
same "2 waits" "$(states)" "or, dead again,"
ask b "$purge" >/dev/null
same "2 due" "$(states)" "purged"

# ---- a clock that steps ------------------------------------------------------------

# The clock goes forward by as much as all times go back.
step()
{
	q -c "update pressgate.job set due_at = due_at - interval '$1',
	      leased_at = leased_at - interval '$1',
	      window_ends_at = window_ends_at - interval '$1';
	    update pressgate.worker set beat_at = beat_at - interval '$1',
	      beat_before = beat_before - interval '$1'"
}
new
ask a "$(claim 1 claim_no)" >/dev/null
step "10 min"
same "1 2" "$(ask b "select string_agg(silent::text, ' ' order by silent)
	from pressgate.beat(3, 0)")" \
	"after a step forward of the database's clock all look silent"
same "2 0" "$(ask b "select count(*) from pressgate.beat(2, 0);
	$(claim 2 "claim_no, crashes")" | cut -d' ' -f2-)" \
	"a job is claimed too early, but no crash is counted"
same "t f" "$(ask a "$(finish 1 "$(item 1 "$done")")")" \
	"and its first holder is fenced"
same "t t" "$(ask b "$(finish 2 "$(item 2 "$done")")")" "the second is not"
new
ask a "$(claim 1 claim_no)" >/dev/null
step "-10 min"
same "" "$(ask b "$(claim 2 claim_no)")" \
	"after a step back a lease lasts longer"
same "t t" "$(ask a "$(finish 1 "$(item 1 "$done")")")" \
	"and its holder settles"

same 0 "$(q -c "select deadlocks from pg_stat_database
	where datname = current_database()")" "none of this was a deadlock"
exec 4>&- 5>&- 6>&-
wait
