# Sourced by the tests of sql/: loads the schema into the database that the
# PG* variables name, as `pressgate migrate` would, and adds helpers in the
# schema `t`. PRESSGATE_SQL_DIR: another copy of sql/, to see a test fail
# with one of its guards taken out.

sql_dir=${PRESSGATE_SQL_DIR:-${srcdir:-.}/sql}

q()
{
	psql -qXAt -v ON_ERROR_STOP=1 "$@"
}

sql_load()
{
	for f in "$sql_dir"/0*.sql; do
		q -1 -f "$f" >/dev/null || exit 1
	done
	q >/dev/null <<-'SQL' || exit 1
	select pressgate.partitions_ahead();
	select count(*) from pressgate.apply_config('{"policies":[
	  {"urgency":"low","attempts":9,"base_ms":1000,"factor":3,
	   "cap_ms":60000,"window_s":86400}],
	 "sites":[{"name":"a","routes":[{"name":"r","urgency":"low",
	   "mode":"live","lanes":[{"service":"s","lease_s":30}]}]},
	  {"name":"b","routes":[{"name":"r","urgency":"low",
	   "mode":"live","lanes":[{"service":"s","lease_s":30}]}]}]}');
	create schema t;
	create sequence t.n;
	-- A new event id, made now.
	create function t.id() returns uuid language sql as $$
	  select (left(replace(pressgate.uuid_at(clock_timestamp())::text, '-', ''), 12)
	    || '70008' || lpad(to_hex(nextval('t.n')), 15, '0'))::uuid $$;
	-- ingest() of a batch with one job each; content null: the key's own.
	create function t.ingest(site text, keys text[], content text default null)
	returns table (ord int, outcome text, event_id uuid) language sql as $$
	  select i.* from pressgate.site s, (select array_agg(t.id()) ids,
	      array_agg(ord::int order by ord) ords, count(*)::int n
	      from unnest(keys) with ordinality k (key, ord)) x,
	    lateral pressgate.ingest(s.id, 0, null, null, null, null, 'relay',
	      'k', 'k', null, null, null, null, null, 86400, 'raw',
	      1::smallint, x.ids, array_fill('t'::text, array[n]), keys,
	      array_fill(null::text, array[n]),
	      array(select sha256(coalesce(content, k)::bytea) from unnest(keys) k),
	      array_fill(null::text, array[n]),
	      array_fill(null::timestamptz, array[n]),
	      array_fill('{"data": 1}'::json, array[n]), x.ords,
	      array_fill((select id from pressgate.lane where not replay), array[n]),
	      array_fill((select id from pressgate.route o where o.site_id = s.id), array[n]),
	      array_fill('st'::text, array[n]), array_fill('live'::text, array[n]),
	      array_fill(null::text, array[n]), array_fill(null::text, array[n]),
	      array_fill(null::timestamptz, array[n]),
	      array_fill(null::text, array[n])) i
	   where s.name = site $$;
	-- ingest_plain() of an event with one job.
	create function t.one(site text, key text) returns text language sql as $$
	  select pressgate.ingest_plain(array[row(s.id, 0, s.id || ':relay',
	      key::bytea, sha256(key::bytea), now() + interval '1 h', 'relay',
	      'k', 'k', null, null, null, null, 86400, 'raw', 1::smallint,
	      t.id(), 't', key, sha256(key::bytea), null, null, '{"data": 1}',
	      (select id from pressgate.lane where not replay), o.id, 'st',
	      'live')::pressgate.plain_event], true)
	    from pressgate.site s join pressgate.route o on o.site_id = s.id
	   where s.name = site $$;
	-- Claims up to n jobs of site a and settles them as done.
	create function t.work(worker bigint, n int, think text default '0')
	returns bigint language plpgsql as $$
	declare items jsonb; done bigint;
	begin
	  select jsonb_agg(jsonb_build_object('id', id, 'claim_no', claim_no,
	      'site_id', site_id, 'route_id', route_id, 'to', 'done', 'output',
	      canonical, 'result', canonical, 'try', jsonb_build_object('step',
	      step, 'service', 's', 'duration_ms', 1, 'outcome', 'ok', 'code', 200)))
	    into items from pressgate.claim(worker,
	      array(select id from pressgate.lane where not replay),
	      array[1], array[0]::bigint[], array[n], n);
	  perform pg_sleep(think::float);
	  select count(*) filter (where settled) into done
	    from pressgate.finish(worker, coalesce(items, '[]'));
	  return done;
	end $$;
	SQL
}

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

# same EXPECTED ACTUAL WHAT
same()
{
	[ "$1" = "$2" ] || fail "$3: expected $1, got $2"
	echo "ok: $3"
}
