-- What the operator's command and people at psql call.

set local search_path = pressgate, pg_temp;

-- Writes the configuration's names. Nothing is ever deleted: what has left
-- the configuration becomes inactive and keeps its id, so that old rows
-- still mean the same.
create function apply_config(items jsonb)
returns table (what text, name text, change text)
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	s record;
	r record;
	l record;
	sid int;
begin
	perform pg_advisory_xact_lock(hashtext('pressgate.apply'));

	return query
	insert into policy as p (urgency, attempts, base_ms, factor, cap_ms, window_s)
	select x.urgency, x.attempts, x.base_ms, x.factor, x.cap_ms, x.window_s
	  from jsonb_to_recordset(items->'policies') x (urgency text,
	      attempts smallint, base_ms bigint, factor int, cap_ms bigint,
	      window_s bigint)
	on conflict (urgency) do update set attempts = excluded.attempts,
	    base_ms = excluded.base_ms, factor = excluded.factor,
	    cap_ms = excluded.cap_ms, window_s = excluded.window_s
	 where (p.attempts, p.base_ms, p.factor, p.cap_ms, p.window_s)
	    is distinct from (excluded.attempts, excluded.base_ms,
	        excluded.factor, excluded.cap_ms, excluded.window_s)
	returning 'policy', p.urgency, 'set';

	for s in select * from jsonb_to_recordset(items->'sites')
	    x (name text, url text, sources jsonb, routes jsonb)
	loop
		return query
		insert into site as t (name, url) values (s.name, coalesce(s.url, ''))
		on conflict (name) do update set url = excluded.url,
		    active = true, applied_at = now()
		 where (t.url, t.active) is distinct from (excluded.url, true)
		returning 'site', t.name, case when xmax = 0 then 'new' else 'changed' end;
		sid := (select t.id from site t where t.name = s.name);
		insert into stream (site_id) values (sid) on conflict do nothing;

		return query
		insert into source as t (site_id, name, provider)
		select sid, x.name, x.provider
		  from jsonb_to_recordset(coalesce(s.sources, '[]'))
		      x (name text, provider text)
		on conflict (name) do update set provider = excluded.provider,
		    site_id = excluded.site_id
		 where (t.provider, t.site_id)
		    is distinct from (excluded.provider, excluded.site_id)
		returning 'source', t.name, case when xmax = 0 then 'new' else 'changed' end;

		for r in select * from jsonb_to_recordset(coalesce(s.routes, '[]'))
		    x (name text, urgency text, mode text, lanes jsonb)
		loop
			return query
			insert into route as t (site_id, name, urgency, mode)
			values (sid, r.name, r.urgency, r.mode)
			on conflict (site_id, name) do update set
			    urgency = excluded.urgency, mode = excluded.mode,
			    active = true
			 where (t.urgency, t.mode, t.active)
			    is distinct from (excluded.urgency, excluded.mode, true)
			returning 'route', s.name || '/' || t.name,
			    case when xmax = 0 then 'new' else 'changed' end;

			return query
			insert into lane as t (urgency, service, route, replay,
			    lease_s, max_attempt, window_s)
			select r.urgency, x.service, r.name, y.replay, x.lease_s,
			    p.attempts, p.window_s
			  from jsonb_to_recordset(r.lanes) x (service text, lease_s int)
			 cross join (values (false), (true)) y (replay)
			  join policy p on p.urgency = r.urgency
			on conflict (urgency, service, route, replay) do update set
			    lease_s = excluded.lease_s,
			    max_attempt = excluded.max_attempt,
			    window_s = excluded.window_s
			 where (t.lease_s, t.max_attempt, t.window_s)
			    is distinct from (excluded.lease_s,
			        excluded.max_attempt, excluded.window_s)
			returning 'lane', t.urgency || '/' || t.service || '/' || t.route
			    || case when t.replay then ' (replay)' else '' end,
			    case when xmax = 0 then 'new' else 'changed' end;
		end loop;

		return query
		update route t set active = false
		 where t.site_id = sid and t.active
		   and t.name <> all (array(select x.name from jsonb_to_recordset(
		       coalesce(s.routes, '[]')) x (name text)))
		returning 'route', s.name || '/' || t.name, 'inactive';
	end loop;

	return query
	update site t set active = false, applied_at = now()
	 where t.active and t.name <> all (array(select x.name
	     from jsonb_to_recordset(items->'sites') x (name text)))
	returning 'site', t.name, 'inactive';
end $$;
comment on function apply_config(jsonb) is 'Writes the names of sites, sources, policies, routes and lanes; returns what changed. Called by pressgate apply.';

create function replay(dead_id bigint, who text, new_key boolean default false)
returns bigint
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	d dead;
	l lane;
	job_id bigint;
begin
	select * into d from dead where id = dead_id for update;
	if not found then
		raise exception 'no dead letter %', dead_id using errcode = 'P0002';
	end if;
	if d.replayed_as is not null then
		raise exception 'dead letter % has been replayed as job %', dead_id,
		    d.replayed_as using errcode = '23505';
	end if;
	if d.serial_key is not null then
		perform from serial where site_id = d.site_id
		    and route = d.route and key = d.serial_key for update;
		update serial set held_by = null where site_id = d.site_id
		    and route = d.route and key = d.serial_key
		    and held_by = d.id;
	end if;
	select n.* into l from lane o
	  join lane n on n.urgency = o.urgency and n.service = o.service
	   and n.route = o.route and n.replay
	 where o.id = d.lane;
	insert into job (event_id, site_id, lane, route, step, mode, replay_of,
	    key_salt, serial_key, serial_no, lease_s, max_attempt, window_s,
	    due_at)
	values (d.event_id, d.site_id, l.id, d.route, d.step,
	    case when d.mode = 'bury' then 'live' else d.mode end, d.id,
	    case when new_key then gen_random_uuid()::text else d.key_salt end,
	    d.serial_key, d.serial_no, l.lease_s, l.max_attempt, l.window_s,
	    case when d.serial_key is null then clock_timestamp()
	        else 'infinity' end)
	returning id into job_id;
	if d.serial_key is not null then
		perform serial_next(d.site_id, d.route, d.serial_key);
	end if;
	update dead set replayed_as = job_id, replayed_at = now(),
	    replayed_by = who where id = dead_id;
	insert into audit (who, action, object, detail)
	values (who, 'replay', 'dead ' || dead_id,
	    jsonb_build_object('job', job_id, 'new_key', new_key));
	return job_id;
end $$;
comment on function replay(bigint, text, boolean) is 'Puts a dead letter back to work in the replay lane of its service; returns the new job. One of a serial order takes its old place in it. new_key: the vendor shall not recognise the repeated call.';

create function cancel_job(job_id bigint, who text) returns text
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	j job;
	done text := 'cancelled';
	n int;
begin
	select * into j from job where id = job_id;
	if not found then
		return 'gone';
	end if;
	-- The same locks, in the same order, as finish().
	perform from serial where site_id = j.site_id and route = j.route
	    and key = j.serial_key for update;
	perform from stream where site_id = j.site_id for no key update;
	select * into j from job where id = job_id for update;
	if not found then
		return 'gone';
	end if;
	if j.lease_by is not null and j.due_at > clock_timestamp() then
		update job set cancel = true where id = job_id;
		done := 'asked';
	else
		delete from job where id = job_id;
		with r as (
			insert into result (site_id, seq, job_id, event_id,
			    event_type, object_ref, idempotency_key, route, status,
			    supersedes)
			select j.site_id, greatest(s.floor_seq, coalesce(
			        (select max(seq) from result
			          where site_id = j.site_id), 0)) + 1,
			    j.id, j.event_id, coalesce(e.type, d.event_type, ''),
			    coalesce(e.object_ref, d.object_ref),
			    coalesce(e.idempotency_key, d.idempotency_key, ''),
			    o.name, 'cancelled',
			    (select x.seq from result x where x.job_id = j.replay_of)
			  from stream s join route o on o.id = j.route
			  left join event e on e.id = j.event_id
			  left join dead d on d.id = j.replay_of
			 where s.site_id = j.site_id
			returning seq)
		insert into job_done (job_id, event_id, site_id, route, outcome,
		    seq, attempts, queued_at)
		select j.id, j.event_id, j.site_id, j.route, 'cancelled', r.seq,
		    j.claim_no, j.queued_at from r;
		get diagnostics n = row_count;
		if n <> 1 then
			raise exception 'job %: a stream or route row is missing', job_id
			    using hint = 'Run pressgate apply.';
		end if;
		if j.serial_key is not null then
			perform serial_next(j.site_id, j.route, j.serial_key);
		end if;
	end if;
	insert into audit (who, action, object, detail)
	values (who, 'cancel', 'job ' || job_id, jsonb_build_object('outcome', done));
	return done;
end $$;
comment on function cancel_job(bigint, text) is 'Cancels a job: at once if nobody runs it (cancelled), else when its try has ended (asked), unless that try ends the job itself: it is not tried again; gone if it is finished.';

create function pause(p_site text, p_route text, p_service text, p_who text)
returns void
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	sid int := (select id from site where name = p_site);
begin
	if p_site is not null and sid is null then
		raise exception 'no site %', p_site using errcode = 'P0002';
	end if;
	insert into pause (site_id, route, service, by)
	values (sid, p_route, p_service, p_who) on conflict do nothing;
	insert into audit (who, action, object)
	values (p_who, 'pause', concat_ws('/', coalesce(p_site, '*'),
	    coalesce(p_route, '*'), coalesce(p_service, '*')));
end $$;
comment on function pause(text, text, text, text) is 'Stops claims for site, route and service; null means any. Jobs stay as they are.';

create function resume(p_site text, p_route text, p_service text, p_who text)
returns int
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	sid int := (select id from site where name = p_site);
	n int;
begin
	-- Else a mistyped name would take back a pause of all sites.
	if p_site is not null and sid is null then
		raise exception 'no site %', p_site using errcode = 'P0002';
	end if;
	delete from pause
	 where site_id is not distinct from sid
	   and route is not distinct from p_route
	   and service is not distinct from p_service;
	get diagnostics n = row_count;
	insert into audit (who, action, object, detail)
	values (p_who, 'resume', concat_ws('/', coalesce(p_site, '*'),
	    coalesce(p_route, '*'), coalesce(p_service, '*')),
	    jsonb_build_object('pauses', n));
	return n;
end $$;
comment on function resume(text, text, text, text) is 'Takes back the pause that was made with the same arguments; returns how many there were.';

create function purge_dead(before timestamptz, who text) returns bigint
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	ids bigint[];
	s serial;
	n bigint;
begin
	-- Locked first and looked at again: who replays one of them holds the
	-- lock until its job can be seen.
	ids := array(select id from dead where died_at < before
	    order by id for update);
	-- A replay that is still under way reads its payload here.
	ids := array(select d.id from dead d where d.id = any (ids)
	   and not exists (select from job j where j.id = d.replayed_as));
	for s in select x.* from serial x where x.held_by = any (ids)
	    order by x.site_id, x.route, x.key for update
	loop
		update serial x set held_by = null where x.site_id = s.site_id
		    and x.route = s.route and x.key = s.key;
		perform serial_next(s.site_id, s.route, s.key);
	end loop;
	delete from dead d where d.id = any (ids);
	get diagnostics n = row_count;
	insert into audit (who, action, object, detail)
	values (who, 'purge', 'dead letters before ' || before,
	    jsonb_build_object('count', n));
	return n;
end $$;
comment on function purge_dead(timestamptz, text) is 'Deletes dead letters that died before the given time and are not being replayed; returns how many. What one of them held up goes on.';

create function body_text(raw bytea) returns text
language plpgsql immutable
set search_path = pressgate, pg_temp
as $$
begin
	return convert_from(raw, 'UTF8');
exception when character_not_in_repertoire or untranslatable_character then
	return encode(raw, 'escape');
end $$;
comment on function body_text(bytea) is 'A body as text; one that is no UTF-8 with its other bytes as backslash and octal digits.';

revoke all on all functions in schema pressgate from public;
