-- What programs ask for beside events and jobs: names and ids, whether all is
-- ready, how deep the queue is; and what the responder counts.

set local search_path = pressgate, pg_temp;

create function catalog() returns table (kind text, id int, site_id int,
    name text, urgency text, service text, route text, replay boolean)
language sql stable security definer
set search_path = pressgate, pg_temp
as $$
	select 'version', coalesce(max(version), 0), null::int, null, null, null, null, null::boolean from migration
	union all
	select 'site', id, null, name, null, null, null, null from site
	union all
	select 'source', id, site_id, name, null, null, null, null from source
	union all
	select 'route', id, site_id, name, urgency, null, null, null from route
	union all
	select 'lane', id, null, null, urgency, service, route, replay from lane
	union all
	select 'type', 0, null, 'pressgate.plain_event'::regtype::oid::text, null, null, null, null
$$;
comment on function catalog() is 'Ids of all names, for the programs.';

create function ready() returns table (version int, weeks_ahead int)
language sql stable security definer
set search_path = pressgate, pg_temp
as $$
	select (select coalesce(max(version), 0) from migration),
	    (select coalesce(max(week) - current_date, 0) / 7 from partition_list())
$$;
comment on function ready() is 'Schema version, and for how many weeks there are event partitions.';

create function depth(lim bigint) returns bigint
language sql stable security definer
set search_path = pressgate, pg_temp
as $$
	select count(*) from (select from job limit lim) j
$$;
comment on function depth(bigint) is 'Unfinished jobs, counted at most to the given number.';

create function flush_rejections(items jsonb) returns void
language sql volatile security definer
set search_path = pressgate, pg_temp
as $$
	insert into rejection as r (minute, site, source, reason, count)
	select date_trunc('minute', now()), coalesce(x.site, ''),
	    coalesce(x.source, ''), x.reason, sum(x.count)
	  from jsonb_to_recordset(items)
	      x (site text, source text, reason text, count bigint)
	 group by 2, 3, 4 order by 2, 3, 4
	on conflict (minute, site, source, reason) do update
	    set count = r.count + excluded.count
$$;
comment on function flush_rejections(jsonb) is 'Adds counters of refused requests.';

create function flush_uses(items jsonb) returns void
language sql volatile security definer
set search_path = pressgate, pg_temp
as $$
	delete from key_use where hour < now() - interval '32 days';
	insert into key_use as u (hour, site, scheme, key_id, events, fetches,
	    last_at)
	select date_trunc('hour', now()), x.site, x.scheme, x.key_id,
	    sum(x.events), sum(x.fetches), now()
	  from jsonb_to_recordset(items) x (site text, scheme text, key_id text,
	      events bigint, fetches bigint)
	 group by 2, 3, 4 order by 2, 3, 4
	on conflict (hour, site, scheme, key_id) do update
	    set events = u.events + excluded.events,
	    fetches = u.fetches + excluded.fetches, last_at = excluded.last_at
$$;
comment on function flush_uses(jsonb) is 'Adds counters of keys that senders used.';

revoke all on all functions in schema pressgate from public;
