#!/bin/sh
# Second keys: an event whose identity is not signed is also known by its
# content, for a while. By psql alone; the last one with two sessions.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load
q <<'SQL' || fail "fixture"
	-- A delivery of events without jobs, of source 7; says what became of
	-- each, and whose name it got: "outcome/key".
	create function t.hook(keys text[], seconds text[], bodies text[],
	    ttl int default 3600) returns text language plpgsql as $$
	declare n int := cardinality(keys); ids uuid[]; said text;
	  first uuid[]; became text[];
	begin
	  ids := array(select t.id() from generate_series(1, n));
	  select array_agg(i.event_id order by i.ord),
	      array_agg(i.outcome order by i.ord) into first, became
	    from pressgate.ingest(1, 7, null, null, null, null, 'github', 'k',
	      'k', null, null, null, null, null, 864000, 'raw', 1::smallint, ids,
	      array_fill('t'::text, array[n]), keys, seconds,
	      array(select sha256(b::bytea) from unnest(bodies) b), null, null,
	      array_fill('{}'::json, array[n]), '{}', '{}', '{}', '{}', '{}',
	      null, null, null, null, ttl) i;
	  select string_agg(x.o || '/' || e.idempotency_key, ' ' order by x.ord)
	    into said from unnest(first, became) with ordinality x (id, o, ord)
	    join pressgate.event e on e.id = x.id;
	  return said;
	end $$;
SQL

# says EXPECTED KEYS SECONDS BODIES WHAT
says()
{
	same "$1" "$(q -c "select t.hook('$2', '$3', '$4')")" "$5"
}

says accepted/a '{a}' '{A}' '{A}' "an event with a second key"
says duplicate/a '{a}' '{A}' '{A}' "the same again"
says duplicate/a '{b}' '{A}' '{A}' "the same content under another name"
says duplicate/a '{b}' '{B}' '{A}' "that name is then the first one's"
says conflict/a '{a}' '{C}' '{C}' "the same name with another content"
says duplicate/a '{c}' '{C}' '{C}' "that content is then the first one's, too"
says "accepted/d accepted/e" '{d,e}' '{D,NULL}' '{D,E}' \
	"a batch of which one has none"
says "accepted/f duplicate/f duplicate/d" '{f,g,h}' '{F,F,D}' '{F,F,D}' \
	"twins in one batch, and one of another"
says accepted/i '{i}' '{NULL}' '{A}' "without a second key content is not asked"

# Only for a while; the key itself holds on.
q -c "update pressgate.idem set expires_at = now() where kind = 1 and key = 'A'" \
	>/dev/null
says accepted/j '{j}' '{A}' '{A}' "the same content after its time is an event"
says duplicate/j '{k}' '{A}' '{A}' "which is known by it from then on"
says duplicate/a '{a}' '{A}' '{A}' "the first name is still the first one's"
same "t" "$(q -c "select bool_and(expires_at between now() + interval '50 min'
	and now() + interval '70 min') from pressgate.idem
	where kind = 1 and key = 'D'")" "a second key has a time of its own"
same "t" "$(q -c "select expires_at > now() + interval '9 d'
	from pressgate.idem where kind = 0 and key = 'd'")" "and a key its own"

# Two at once, of one content under two names, which has had its time.
q -c "update pressgate.idem set expires_at = now() where kind = 1 and key = 'A'" \
	>/dev/null
q -c "begin; select t.hook('{m}', '{A}', '{A}'); select pg_sleep(0.6); commit" \
	>"$PG_DIR/a.out" &
sleep 0.2
says duplicate/m '{n}' '{A}' '{A}' "of two at once one is an event"
wait $! || fail "the first of two"
