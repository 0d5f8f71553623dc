-- What takes an event. One call, one transaction, one round trip. The planner
-- settings stand on the function because a generic plan made while the tables
-- are empty would else be kept for the life of a connection and scan them
-- when they are large.

set local search_path = pressgate, pg_temp;

create type plain_event as (
	site_id int,
	source_id int,
	guard_scope text,
	guard_value bytea,
	guard_digest bytea,
	guard_expires timestamptz,
	scheme text,
	key_id text,
	created_by text,
	address text,
	user_agent text,
	traceparent text,
	signed_headers json,
	idem_ttl_s int,
	raw bytea,
	fp_version smallint,
	event_id uuid,
	type text,
	key text,
	fingerprint bytea,
	object_ref text,
	occurred timestamptz,
	canonical json,
	job_lane int,
	job_route int,
	job_step text,
	job_mode text);
comment on type plain_event is 'A delivery of one event with at most one job that is neither serial nor to be merged. sql/README.md.';

create function ingest(
	p_site_id int, p_source_id int,
	p_guard_scope text, p_guard_value bytea, p_guard_digest bytea,
	p_guard_expires timestamptz,
	p_scheme text, p_key_id text, p_created_by text, p_address inet,
	p_user_agent text, p_traceparent text, p_signed_headers json,
	p_received_at timestamptz, p_idem_ttl_s int, p_raw bytea,
	p_fp_version smallint,
	p_event_ids uuid[], p_types text[], p_keys text[],
	p_second_keys text[], p_fingerprints bytea[], p_object_refs text[],
	p_occurred timestamptz[], p_canonical json[],
	p_job_event int[], p_job_lane int[], p_job_route int[],
	p_job_step text[], p_job_mode text[], p_job_serial text[],
	p_job_coalesce text[], p_job_due timestamptz[], p_job_error text[],
	p_second_ttl_s int default null)
returns table (ord int, outcome text, event_id uuid)
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	n int := cardinality(p_event_ids);
	two_keys boolean := coalesce(
	    cardinality(array_remove(p_second_keys, null)) > 0, false);
	serial boolean := coalesce(
	    cardinality(array_remove(p_job_serial, null)) > 0, false);
	seen bytea;
	won uuid[];	-- whose key was new
	won_second uuid[];
	fresh uuid[];	-- won, and without a twin under the second key
	other record;
	found_n int;
begin
	-- The re-reads below must see what others committed while we waited.
	if current_setting('transaction_isolation') <> 'read committed' then
		raise exception 'ingest needs READ COMMITTED' using errcode = '25001';
	end if;
	-- As uuid_at(), which is not inlined and would cost more than an insert.
	if rpad(lpad(to_hex((date_part('epoch', clock_timestamp()) * 1000)::int8
	    + 3600000), 12, '0'), 32, '0')::uuid < any (p_event_ids) then
		raise exception 'event id is more than an hour ahead of the database''s clock'
		    using errcode = '22008', hint = 'Check the clock of the web server''s host.';
	end if;
	-- Here and not in the table, where each statement would parse it anew.
	if not p_job_mode <@ '{live,dry-run,mirror,bury}' then
		raise exception 'a job''s mode is live, dry-run, mirror or bury'
		    using errcode = '23514';
	end if;

	-- 1. A signed value may be used once, but for the same request again.
	if p_guard_scope is not null then
		insert into replay_guard (scope, value, digest, expires_at)
		values (p_guard_scope, p_guard_value, p_guard_digest, p_guard_expires)
		on conflict do nothing;
		if not found then
			select digest into seen from replay_guard
			 where scope = p_guard_scope and value = p_guard_value;
			if not found then -- pruned in between
				raise exception 'replay guard changed' using errcode = '40001';
			end if;
			if seen <> p_guard_digest then
				return query select o, 'replay', null::uuid
				    from generate_series(1, n) o;
				return;
			end if;
		end if;
	end if;

	-- A second key says the same for a while only: content that comes again
	-- later is another event. Nobody has to have pruned it by then.
	if two_keys then
		for other in
			select x.key
			  from (select distinct k collate "C" as key
			      from unnest(p_second_keys) k order by 1) x
			 cross join lateral (select from idem
			     where site_id = p_site_id and source_id = p_source_id
			       and kind = 1 and key = x.key
			       and expires_at <= now() limit 1) old
		loop
			delete from idem
			 where site_id = p_site_id and source_id = p_source_id
			   and kind = 1 and key = other.key
			   and expires_at <= now();
		end loop;
	end if;

	-- 2. Who is first? Sorted, so that overlapping batches cannot deadlock.
	with k as (
		insert into idem (site_id, source_id, kind, key, event_id,
		    stored_at, fingerprint, fp_version, expires_at)
		select p_site_id, p_source_id, x.kind, x.key, x.id, now(), x.fp,
		    p_fp_version, now() + case x.kind when 0 then p_idem_ttl_s
			else coalesce(p_second_ttl_s, p_idem_ttl_s) end
			* interval '1 s'
		  from (select 0::smallint kind, key, id, fp, ord
			  from unnest(p_event_ids, p_keys, p_fingerprints)
			      with ordinality e (id, key, fp, ord)
			union all
			select 1::smallint, key, id, fp, ord
			  from unnest(p_event_ids, p_second_keys, p_fingerprints)
			      with ordinality e (id, key, fp, ord)
			 where key is not null) x
		 order by x.kind, x.key collate "C", x.ord
		on conflict do nothing
		returning kind, event_id)
	select coalesce(array_agg(event_id) filter (where kind = 0), '{}'),
	    coalesce(array_agg(event_id) filter (where kind = 1), '{}')
	  into won, won_second from k;
	fresh := won;

	-- 3. New key, known content (or the other way round): both rows shall
	-- name the event that was first.
	if two_keys then
		for other in
			select 1 kind, e.second key, e.key known
			  from unnest(p_event_ids, p_keys, p_second_keys)
			      e (id, key, second)
			 where e.id = any (won_second) and e.id <> all (won)
			union all
			select 0, e.key, e.second
			  from unnest(p_event_ids, p_keys, p_second_keys)
			      e (id, key, second)
			 where e.id = any (won) and e.second is not null
			   and e.id <> all (won_second)
		loop
			update idem i set event_id = w.event_id from idem w
			 where i.site_id = p_site_id and i.source_id = p_source_id
			   and i.kind = other.kind and i.key = other.key
			   and w.site_id = p_site_id and w.source_id = p_source_id
			   and w.kind = 1 - other.kind and w.key = other.known;
		end loop;
		fresh := array(select e.id
		    from unnest(p_event_ids, p_second_keys) e (id, second)
		   where e.id = any (won)
		     and (e.second is null or e.id = any (won_second)));
	end if;

	-- 4. Events and their jobs.
	if cardinality(fresh) > 0 then
		insert into event (id, site_id, source_id, type, idempotency_key,
		    object_ref, fingerprint, fp_version, canonical, raw, raw_of,
		    signed_headers, scheme, key_id, created_by, address,
		    user_agent, traceparent, occurred_at, received_at)
		select e.id, p_site_id, p_source_id, e.type, e.key, e.ref, e.fp,
		    p_fp_version, e.canonical,
		    case when e.id = fresh[1] then p_raw end,
		    case when e.id <> fresh[1] and p_raw is not null then fresh[1] end,
		    p_signed_headers, p_scheme, p_key_id, p_created_by, p_address,
		    p_user_agent, p_traceparent, e.occurred,
		    coalesce(p_received_at, now())
		  from unnest(p_event_ids, p_types, p_keys, p_object_refs,
		      p_fingerprints, p_occurred, p_canonical)
		      e (id, type, key, ref, fp, occurred, canonical)
		 where e.id = any (fresh);

		-- A lane that does not exist leaves nulls and is refused: a job
		-- must not get lost without a word.
		insert into job (event_id, site_id, lane, route, step, mode,
		    coalesce_key, lease_s, max_attempt, window_s, due_at, last_error)
		select p_event_ids[j.event], p_site_id, j.lane, j.route, j.step,
		    j.mode, j.coalesce_key, l.lease_s, l.max_attempt, l.window_s,
		    greatest(coalesce(j.due, clock_timestamp()), clock_timestamp()),
		    j.error
		  from unnest(p_job_event, p_job_lane, p_job_route, p_job_step,
		      p_job_mode, p_job_serial, p_job_coalesce, p_job_due,
		      p_job_error)
		      j (event, lane, route, step, mode, serial_key,
		          coalesce_key, due, error)
		  left join lateral (select * from lane
		      where id = j.lane limit 1) l on true
		 where p_event_ids[j.event] = any (fresh) and j.serial_key is null;
		if serial then
			perform ingest_serial(p_site_id, fresh, p_event_ids,
			    p_job_event, p_job_lane, p_job_route, p_job_step,
			    p_job_mode, p_job_serial, p_job_coalesce, p_job_due,
			    p_job_error);
		end if;
	end if;

	if cardinality(fresh) = n then
		return query select o, 'accepted', p_event_ids[o]
		    from generate_series(1, n) o;
		return;
	end if;

	-- 5. The others: read who was first.
	return query
	with r as materialized (
		select e.ord::int ord, e.id, e.key, e.fp, i.event_id first_id,
		    i.fingerprint first_fp,
		    case when e.id = any (fresh) then 'accepted'
			when i.event_id = e.id or i.fp_version <> p_fp_version
			    or i.fingerprint = e.fp then 'duplicate'
			else 'conflict' end outcome
		  from unnest(p_event_ids, p_keys, p_fingerprints)
		      with ordinality e (id, key, fp, ord)
		 cross join lateral (
			-- limit: else the planner may walk all keys of the site
			-- and look for them in the (empty, it thinks) array.
			select * from idem
			 where site_id = p_site_id and source_id = p_source_id
			   and kind = 0 and key = e.key limit 1) i),
	c as (
		insert into conflict (site_id, source_id, key, event_id,
		    first_fingerprint, other_fingerprint, address)
		select p_site_id, p_source_id, r.key, r.first_id, r.first_fp,
		    r.fp, p_address
		  from r where r.outcome = 'conflict')
	select r.ord, r.outcome, r.first_id from r order by r.ord;
	get diagnostics found_n = row_count;
	if found_n <> n then -- a key was pruned in between
		raise exception 'idempotency key changed' using errcode = '40001';
	end if;
end $$;
comment on function ingest is 'Takes one delivery: guard, idempotency keys, events, jobs, all or nothing. sql/README.md lists the parameters.';

-- Jobs that keep an order: numbered under their subject's row, which is
-- locked in sorted order. All but the first unfinished one wait at infinity.
create function ingest_serial(p_site_id int, p_fresh uuid[], p_event_ids uuid[],
	p_job_event int[], p_job_lane int[], p_job_route int[],
	p_job_step text[], p_job_mode text[], p_job_serial text[],
	p_job_coalesce text[], p_job_due timestamptz[], p_job_error text[])
returns void
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	j record;
	s record;
begin
	for j in
		select x.* from unnest(p_job_event, p_job_lane, p_job_route,
		    p_job_step, p_job_mode, p_job_serial, p_job_coalesce,
		    p_job_due, p_job_error) with ordinality
		    x (event, lane, route, step, mode, serial_key,
		        coalesce_key, due, error, ord)
		 where x.serial_key is not null
		   and p_event_ids[x.event] = any (p_fresh)
		 order by x.route, x.serial_key collate "C", x.ord
	loop
		insert into serial as t (site_id, route, key, next_no)
		values (p_site_id, j.route, j.serial_key, 2)
		on conflict (site_id, route, key) do update
		    set next_no = t.next_no + 1
		returning t.next_no - 1 as no, t.held_by into s;
		insert into job (event_id, site_id, lane, route, step, mode,
		    serial_key, serial_no, coalesce_key, lease_s, max_attempt,
		    window_s, due_at, last_error)
		select p_event_ids[j.event], p_site_id, j.lane, j.route, j.step,
		    j.mode, j.serial_key, s.no, j.coalesce_key, l.lease_s,
		    l.max_attempt, l.window_s,
		    case when s.held_by is not null or exists (select from job h
			where h.site_id = p_site_id and h.route = j.route
			  and h.serial_key = j.serial_key)
		    then 'infinity'
		    else greatest(coalesce(j.due, clock_timestamp()), clock_timestamp())
		    end, j.error
		  from (values (1)) one (x) left join lane l on l.id = j.lane;
	end loop;
end $$;
comment on function ingest_serial is 'Part of ingest().';

-- The short way for what is new and as it should be, for many deliveries at
-- once: one statement stores them all. Whatever is not so goes to ingest(),
-- one by one, which decides and refuses.
create function ingest_plain(p plain_event[], p_guarded boolean)
returns text
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	n int := cardinality(p);
	-- As uuid_at(), which is not inlined and would cost more than an insert.
	ahead uuid := rpad(lpad(to_hex((date_part('epoch', clock_timestamp())
	    * 1000)::int8 + 3600000), 12, '0'), 32, '0')::uuid;
	able uuid[];	-- their guard is new, or they need none; null: all
	won uuid[];	-- and their key was new: these are stored
	said text := '';
begin
	if current_setting('transaction_isolation') <> 'read committed' then
		raise exception 'ingest needs READ COMMITTED' using errcode = '25001';
	end if;
	-- One whose key somebody else holds must not keep the others waiting:
	-- then the whole call fails, and each is stored by itself.
	if n > 1 then
		perform set_config('lock_timeout', '100ms', true);
	end if;
	if p_guarded then
		with g as (
			insert into replay_guard (scope, value, digest, expires_at)
			select guard_scope, guard_value, guard_digest, guard_expires
			  from unnest(p)
			 where guard_scope is not null
			 order by guard_scope collate "C", guard_value
			on conflict do nothing
			returning scope, value, digest)
		select coalesce(array_agg(e.event_id), '{}') into able
		  from unnest(p) e
		 where e.guard_scope is null or exists (select from g
		    where g.scope = e.guard_scope and g.value = e.guard_value
		      and g.digest = e.guard_digest);
	end if;
	-- A lane that does not exist leaves nulls and is refused: a job must
	-- not get lost without a word.
	with e as materialized (
		select * from unnest(p)
		 where event_id <= ahead
		   and (job_mode is null
			or job_mode = any ('{live,dry-run,mirror,bury}'))
		   and case when able is null then guard_scope is null
			else event_id = any (able) end),
	k as (
		insert into idem (site_id, source_id, kind, key, event_id,
		    fingerprint, fp_version, expires_at)
		select site_id, source_id, 0, key, event_id, fingerprint,
		    fp_version, now() + idem_ttl_s * interval '1 s'
		  from e order by site_id, source_id, key collate "C", event_id
		on conflict do nothing
		returning event_id),
	stored as (
		insert into event (id, site_id, source_id, type,
		    idempotency_key, object_ref, fingerprint, fp_version,
		    canonical, raw, signed_headers, scheme, key_id, created_by,
		    address, user_agent, traceparent, occurred_at)
		select event_id, site_id, source_id, type, key, object_ref,
		    fingerprint, fp_version, canonical, raw, signed_headers,
		    scheme, key_id, created_by, address::inet, user_agent,
		    traceparent, occurred
		  from e where event_id = any (array(select event_id from k))),
	queued as (
		insert into job (event_id, site_id, lane, route, step, mode,
		    lease_s, max_attempt, window_s)
		select e.event_id, e.site_id, e.job_lane, e.job_route,
		    e.job_step, e.job_mode, l.lease_s, l.max_attempt, l.window_s
		  from e left join lane l on l.id = e.job_lane
		 where e.job_lane is not null
		   and e.event_id = any (array(select event_id from k)))
	select array_agg(event_id) into won from k;
	for i in 1 .. n loop
		said := said || case when p[i].event_id = any (won)
		    then 'accepted ' || p[i].event_id
		    else ingest_other(p[i]) end || e'\n';
	end loop;
	return said;
end $$;
comment on function ingest_plain is 'ingest() for plain events of any sites, in one transaction. p_guarded: at least one has a guard. A line for each: outcome, a space, the event''s or the first one''s id.';

create function ingest_other(p plain_event) returns text
language sql volatile security definer
set search_path = pressgate, pg_temp
as $$
	select outcome || coalesce(' ' || event_id, '')
	  from ingest(p.site_id, p.source_id, p.guard_scope, p.guard_value,
	    p.guard_digest, p.guard_expires, p.scheme, p.key_id, p.created_by,
	    p.address::inet, p.user_agent, p.traceparent, p.signed_headers,
	    null, p.idem_ttl_s, p.raw, p.fp_version, array[p.event_id],
	    array[p.type], array[p.key], '{null}', array[p.fingerprint],
	    array[p.object_ref], array[p.occurred], array[p.canonical],
	    array_remove(array[case when p.job_lane is not null then 1 end], null),
	    array_remove(array[p.job_lane], null),
	    array_remove(array[p.job_route], null),
	    array_remove(array[p.job_step], null),
	    array_remove(array[p.job_mode], null), null, null, null, null)
$$;
comment on function ingest_other is 'Part of ingest_plain().';

revoke all on all functions in schema pressgate from public;
