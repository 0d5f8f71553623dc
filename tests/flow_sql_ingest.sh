#!/bin/sh
# ingest_plain() says and writes what ingest() does, case by case; and the two
# meet at one key without a second event.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load

# t.send(): one event of a site by one of the two functions. Its answer with
# the first event's key for its id, or the SQLSTATE it was refused with.
q >/dev/null <<'SQL' || fail "helpers"
create function t.send(how text, whose text, k text, content text default 'c',
    guard text default null, digest text default 'd', job boolean default true,
    fp int default 1, ahead interval default '0', mode text default 'live',
    lane int default 0) returns text language plpgsql as $$
declare
  s int := (select id from pressgate.site where name = whose);
  r int := (select id from pressgate.route where site_id = s);
  l int := lane + (select id from pressgate.lane where not replay);
  id uuid := (left(pressgate.uuid_at(clock_timestamp() + ahead)::text, 14)
      || substr(t.id()::text, 15))::uuid;
  scope text := case when guard is not null then s || ':relay' end;
  said text;
begin
  if how = 'one' then
    said := pressgate.ingest_plain(array[row(s, 0, scope, guard::bytea,
      digest::bytea, now() + interval '1 h', 'relay', 'k1', 'by',
      '192.0.2.1', 'agent', 'trace', '{"h": 1}', 86400, 'raw', fp::smallint,
      id, 't', k, sha256(content::bytea), 'ref', '2026-11-22', '{"data": 1}',
      case when job then l end, case when job then r end,
      case when job then 'st' end, case when job then mode end
      )::pressgate.plain_event], guard is not null);
    said := rtrim(said, e'\n');
  else
    said := (select outcome || coalesce(' ' || event_id, '') from
      pressgate.ingest(s, 0, scope, guard::bytea, digest::bytea,
      now() + interval '1 h', 'relay', 'k1', 'by', '192.0.2.1', 'agent',
      'trace', '{"h": 1}', null, 86400, 'raw', fp::smallint, array[id], '{t}',
      array[k], '{null}', array[sha256(content::bytea)], '{ref}',
      '{2026-11-22}', '{"{\"data\": 1}"}', case when job then '{1}' else
      '{}'::int[] end, case when job then array[l] else '{}' end,
      case when job then array[r] else '{}' end, case when job then '{st}' else
      '{}'::text[] end, case when job then array[mode] else '{}' end, null,
      null, null, null));
  end if;
  return split_part(said, ' ', 1) || coalesce(' ' || (select idempotency_key
    from pressgate.event e where e.id = nullif(split_part(said, ' ', 2),
    '')::uuid and e.site_id = s), '');
exception when others then
  return sqlstate;
end $$;

-- What there is of a site, without ids and times.
create function t.all_of(s int) returns setof text language sql as $$
  select 'event ' || (to_jsonb(e) - '{id,site_id,received_at}'::text[])::text
      || (received_at = now())
    from pressgate.event e where site_id = s
  union all
  select 'idem ' || (to_jsonb(i) - '{event_id,site_id,stored_at,expires_at}'::text[])::text
      || (expires_at - stored_at)::text || (stored_at = now())
      || (select idempotency_key from pressgate.event e where e.id = i.event_id)
    from pressgate.idem i where site_id = s
  union all
  select 'job ' || (to_jsonb(j) - '{id,event_id,site_id,route,queued_at,due_at}'::text[])::text
      || (due_at - queued_at < interval '1 s') || (due_at > now()) || (select name from pressgate.route where id = route)
      || (select idempotency_key from pressgate.event e where e.id = j.event_id)
    from pressgate.job j where site_id = s
  union all
  select 'conflict ' || (to_jsonb(c) - '{id,site_id,event_id,seen_at}'::text[])::text
    from pressgate.conflict c where site_id = s
  union all
  select 'guard ' || encode(value, 'escape') || encode(digest, 'escape')
      || (expires_at > now())
    from pressgate.replay_guard where scope = s || ':relay'
  order by 1 $$;
SQL
# what it is | arguments after the site | what is said
cases="
a new event|'k1'|accepted k1
one without a job|'k2', job => false|accepted k2
the same again|'k1'|duplicate k1
again without its job|'k1', job => false|duplicate k1
other content under its key|'k1', 'other'|conflict k1
the same by another recipe|'k1', 'other', fp => 2|duplicate k1
a guarded event|'k3', guard => 'g3'|accepted k3
the same again|'k3', guard => 'g3'|duplicate k3
its guard with another digest|'k4', guard => 'g3', digest => 'x'|replay
its guard with another digest, under its key|'k3', guard => 'g3', digest => 'x'|replay
a new guard under an old key|'k3', guard => 'g4'|duplicate k3
a new guard, other content|'k3', 'other', guard => 'g5'|conflict k3
an id of 59 minutes ahead|'k5', ahead => '59 min'|accepted k5
an id of 61 minutes ahead|'k6', ahead => '61 min'|22008
a mode that is none|'k7', mode => 'dead'|23514
a dry run|'k8', mode => 'dry-run'|accepted k8
a lane that is none|'k9', guard => 'g9', lane => 99|23502
"
# In one transaction, so that now() tells what was written by whom.
{
	echo "begin;"
	echo "$cases" | grep . | while IFS='|' read -r what args said; do
		echo "select '$(echo "$what" | sed "s/'/''/g")', '$said',
		    t.send('one', 'a', $args), t.send('many', 'b', $args);"
	done
	echo "select 'rows', count(*) from t.all_of(1);
	    select 'rows', count(*) from t.all_of(2);
	    select 'differs', * from (select * from t.all_of(1) except
		select * from t.all_of(2)) x;
	    select 'differs', * from (select * from t.all_of(2) except
		select * from t.all_of(1)) x;
	    commit;"
} | q >"$PG_DIR/cases.out" || fail "cases"
grep -v '^rows' "$PG_DIR/cases.out" | grep -v '^differs' >"$PG_DIR/said.out"
while IFS='|' read -r what said one many; do
	same "$said" "$many" "$what, by ingest()"
	same "$said" "$one" "$what, by ingest_plain()"
done <"$PG_DIR/said.out"
same 17 "$(wc -l <"$PG_DIR/said.out")" "that many cases"
same "rows|19 rows|19" "$(echo $(grep '^rows' "$PG_DIR/cases.out"))" \
	"each wrote as many rows as the other"
same "" "$(grep '^differs' "$PG_DIR/cases.out")" "and the same ones"
same "25001 25001" "$(echo $(q -c "begin isolation level serializable" \
	-c "select t.send('one', 'a', 'z')" -c "select t.send('many', 'a', 'z')"))" \
	"both want READ COMMITTED"

# Many in one call: each is told what it would be told alone, in its place;
# one that is refused takes all the others with it, and leaves nothing.
q >/dev/null <<'SQL' || fail "group"
create function t.many(p text[], ahead text default '0', way text default 'live',
    off_lane int default 0) returns text language sql as $$
  select pressgate.ingest_plain(array_agg(row(s.id, 0,
      case when guard > '' then s.id || ':relay' end, guard::bytea,
      digest::bytea, now() + interval '1 h', 'relay', 'k1', 'by', '192.0.2.1',
      null, null, '{"h": 1}', 86400, 'raw', 1::smallint,
      case when i = 1 then (left(pressgate.uuid_at(clock_timestamp()
          + ahead::interval)::text, 14) || substr(t.id()::text, 15))::uuid
        else t.id() end,
      't', key, sha256(content::bytea), null, null, '{"data": 1}',
      l.id + off_lane, r.id, 'st', way)::pressgate.plain_event order by i),
      bool_or(guard > ''))
    from unnest(p) with ordinality u (line, i)
    cross join lateral (select split_part(line, ' ', 1) whose,
      split_part(line, ' ', 2) as key, split_part(line, ' ', 3) content,
      split_part(line, ' ', 4) guard, split_part(line, ' ', 5) digest) x
    join pressgate.site s on s.name = whose
    join pressgate.route r on r.site_id = s.id
    join pressgate.lane l on not l.replay $$;
create function t.said(p text[]) returns text language plpgsql as $$
declare
  lines text := t.many(p);
begin
  return (select string_agg(split_part(line, ' ', 1) || case when line ~ ' ' then ':'
      || coalesce((select idempotency_key from pressgate.event
      where id = split_part(line, ' ', 2)::uuid), 'none') else '' end, ' ' order by i)
    from unnest(string_to_array(rtrim(lines, e'\n'), e'\n'))
      with ordinality l (line, i));
end $$;
SQL
together()
{
	same "$1" "$(q -c "select t.said('{$2}')")" "$3"
}
together "accepted:m1 accepted:m1 accepted:m2" "a m1 c,b m1 c,a m2 c" \
	"events of two sites in one call"
together "duplicate:m1 accepted:m3 conflict:m2" "a m1 c,a m3 c,a m2 other" \
	"an old, a new and an altered one"
same "accepted:m4 duplicate:m4 duplicate:m4" "$(echo $(q -c "select t.said(
	'{a m4 c,a m4 c,a m4 c}')" | tr ' ' '\n' | sort))" "one of three is first"
same "accepted:m5 accepted:m6 duplicate:m5" "$(echo $(q -c "select t.said(
	'{a m5 c g1 d,a m6 c,a m5 c g1 d}')" | tr ' ' '\n' | sort))" \
	"of the same request twice, too"
together "replay accepted:m8 duplicate:m5" "a m9 c g1 x,a m8 c g8 d,a m5 c g1 d" \
	"a guard that is known"
same "m1 m1 m2 m3 m4 m5 m6 m8" "$(echo $(q -c "select idempotency_key from
	pressgate.event where idempotency_key ~ '^m[0-9]$' order by 1"))" \
	"each is stored once"
same "8 8" "$(echo $(q -c "select count(*) from pressgate.job j join
	pressgate.event e on e.id = j.event_id where idempotency_key ~ '^m[0-9]$'
	union all select count(*) from pressgate.idem where key ~ '^m[0-9]$'"))" \
	"with a job and a key"
refuses_all()
{
	q -c "select t.many('{a n1 c g2 d,a n2 c}', $1)" >/dev/null 2>"$PG_DIR/err"
	same 1 $? "a call with $2 fails"
	grep -q "$3" "$PG_DIR/err" || fail "$2: $(cat "$PG_DIR/err")"
	same "0|0|0" "$(q -c "select (select count(*) from pressgate.event
	    where idempotency_key in ('n1', 'n2')), (select count(*) from
	    pressgate.idem where key in ('n1', 'n2')), (select count(*) from
	    pressgate.replay_guard where value = 'g2')")" "and leaves nothing"
}
refuses_all "ahead => '61 min'" "an id of the future" "more than an hour ahead"
refuses_all "way => 'dead'" "a mode that is none" "mode is live"
refuses_all "off_lane => 99" "a lane that is none" "null value"
# Whose key somebody holds: it must not keep the others for long.
q -c "begin; select t.send('many', 'a', 'held'); select pg_sleep(2); rollback" \
	>/dev/null &
holder=$!
sleep 0.4
began=$(date +%s%N)
q -c "select t.many('{a held c,a free c}')" >/dev/null 2>"$PG_DIR/err"
same 1 $? "a call with a key that is held fails"
same yes "$([ $((($(date +%s%N) - began) / 1000000)) -lt 1000 ] && echo yes)" \
	"before its holder is done"
grep -q "lock timeout" "$PG_DIR/err" || fail "held: $(cat "$PG_DIR/err")"
wait $holder
together "accepted:held accepted:free" "a held c,a free c" "then it goes through"

# Two meet at one key: whoever comes second waits for the first.
for pair in "one many" "many one" "one one"; do
	set -- $pair
	for end in commit rollback; do
		key="meet-$1-$2-$end"
		q -c "begin; select t.send('$1', 'a', '$key', guard => '$key');
		    select pg_sleep(0.6); $end" >/dev/null &
		sleep 0.2
		want=duplicate
		[ $end = commit ] || want=accepted
		same "$want $key" \
			"$(q -c "select t.send('$2', 'a', '$key', guard => '$key')")" \
			"$2 behind $1 that ends in $end"
		wait $! || fail "the first of $pair"
		same 1 "$(q -c "select count(*) from pressgate.event
			where idempotency_key = '$key'")" "leaves one event"
	done
done

# Many at once over the same keys, by both.
for s in 1 2 3 4; do
	how=one
	[ $((s % 2)) = 0 ] || how=many
	i=0
	while [ $i -lt 300 ]; do
		echo "select t.send('$how', 'a', 'race$i');"
		i=$((i + 1))
	done | q >"$PG_DIR/race$s.out" &
	pids="${pids:-} $!"
done
for p in $pids; do
	wait "$p" || fail "race"
done
same "300 accepted 900 duplicate" "$(echo $(cat "$PG_DIR"/race?.out |
	cut -d' ' -f1 | sort | uniq -c))" "of four at one key one is accepted"
same "300|300|300" "$(q -c "select (select count(*) from pressgate.event
	where idempotency_key like 'race%'), (select count(*) from
	pressgate.idem where key like 'race%'), (select count(*) from
	pressgate.job j join pressgate.event e on e.id = j.event_id
	where e.idempotency_key like 'race%')")" "with one key and one job each"
