-- What the worker calls. Only the database's clock counts. Every write after
-- a claim names (id, claim_no) and needs the lease to be there: no row back
-- means that somebody else has claimed the job since, or that the writer has
-- given it back itself, and a late copy of his call must not touch it again.
--
-- What a call touches must not depend on statistics, nor on how full a table
-- was when a connection planned: a plain join by id may walk the whole index,
-- and so may one that is told all ids a second time, once for each of them.
-- So a row that is read or locked is looked up by a lateral with a limit or a
-- lock, and one that is written by `id = any (array[x.id])`, which can neither
-- be hashed nor merged.

set local search_path = pressgate, pg_temp;

create function worker_start(host text, pid int, version text) returns bigint
language sql volatile security definer
set search_path = pressgate, pg_temp
as $$
	insert into worker (host, pid, version) values (host, pid, version)
	returning id
$$;
comment on function worker_start(text, int, text) is 'Registers a worker; its id is fresh at each start.';

create function worker_stop(worker bigint) returns void
language sql volatile security definer
set search_path = pressgate, pg_temp
as $$
	update worker set left_at = clock_timestamp(), in_flight = 0
	 where id = worker_stop.worker
$$;
comment on function worker_stop(bigint) is 'Says that a worker has left of its own will.';

create function beat(worker bigint, in_flight int)
returns table (silent bigint, beat_us bigint)
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
begin
	update worker set beat_before = beat_at, beat_at = clock_timestamp(),
	    left_at = null, in_flight = beat.in_flight
	 where id = beat.worker;
	return query
	select id, (extract(epoch from beat_at) * 1000000)::bigint from worker
	 where left_at is null and beat_at < clock_timestamp() - interval '15 s';
end $$;
comment on function beat(bigint, int) is 'Says that a worker lives; lists those that have not said so for 15 s.';

create function takeover(worker bigint, silent bigint, beat_us bigint)
returns int
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	n int;
begin
	update worker set left_at = clock_timestamp()
	 where id = takeover.silent and left_at is null
	   and (extract(epoch from beat_at) * 1000000)::bigint = takeover.beat_us;
	if not found then
		return 0; -- it lives, or another worker was quicker
	end if;
	-- lease_by stays: the claim that follows counts a crash by it.
	with l as materialized (
		select id from job
		 where lease_by = takeover.silent and due_at > clock_timestamp()
		   for update skip locked)
	update job set due_at = clock_timestamp()
	 where id = any (array(select id from l));
	get diagnostics n = row_count;
	return n;
end $$;
comment on function takeover(bigint, bigint, bigint) is 'Makes the leases of a silent worker due now; returns how many. Two looks, 15 s apart, must have shown it silent.';

create function paused() returns table (site_id int, route text, service text)
language sql stable security definer
set search_path = pressgate, pg_temp
as $$
	select site_id, route, service from pause
$$;
comment on function paused() is 'What workers do not ask for; null means any.';

create function claim(p_worker bigint, p_lanes int[], p_sites int[],
    p_marks_us bigint[], p_quotas int[], p_total int)
returns table (pair int, id bigint, event_id uuid, site_id int, lane_id int,
    route_id int, step text, mode text, claim_no int, attempt int,
    crashes int, max_attempt int, lease_s int, due_us bigint,
    now_us bigint, window_left_ms bigint, cancel boolean, replay_of bigint, key_salt text,
    serial_key text, last_error text, queued_ms bigint, event_type text,
    object_ref text, idempotency_key text, traceparent text,
    canonical json, steps jsonb)
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	t timestamptz := clock_timestamp();
	pairs int[];
	ids bigint[];
	dues timestamptz[];
begin
	with picked as materialized (
		select w.pair::int, j.id, j.due_at
		  from unnest(p_lanes, p_sites, p_marks_us, p_quotas)
		      with ordinality w (lane, site_id, mark_us, quota, pair)
		 cross join lateral (
			select id, due_at from job
			 where lane = w.lane and site_id = w.site_id
			   and due_at >= timestamptz 'epoch'
			       + w.mark_us * interval '1 us'
			   and due_at <= t
			 order by due_at limit w.quota
			   for update skip locked) j
		 limit p_total),
	mine as (
		update job b set
		    due_at = t + b.lease_s * interval '1 s',
		    lease_by = p_worker, leased_at = t,
		    claim_no = b.claim_no + 1, attempt = b.attempt + 1,
		    window_ends_at = coalesce(b.window_ends_at,
		        t + b.window_s * interval '1 s'),
		    -- Silent, but for who fell silent together with us: then
		    -- the database was away, and nobody died.
		    crashes = b.crashes + case when b.lease_by is not null
		        and not exists (select from worker v
		            where v.id = b.lease_by and v.left_at is null
		              and (v.beat_at > t - interval '15 s'
		               or v.beat_at > (select beat_before from worker
		                    where id = p_worker) - interval '10 s'))
		        then 1 else 0 end
		  from picked p
		 where b.id = any (array[p.id])
		returning p.pair, b.id, p.due_at)
	select array_agg(m.pair), array_agg(m.id), array_agg(m.due_at)
	  into pairs, ids, dues from mine m;
	if ids is null then
		return;
	end if;

	-- A statement of its own: the rows that we have locked may be newer
	-- than what the one above could see, and so may be their steps.
	return query
	select x.pair, m.id, m.event_id, m.site_id, m.lane, m.route,
	    m.step, m.mode, m.claim_no, m.attempt::int, m.crashes::int,
	    m.max_attempt::int, m.lease_s,
	    (extract(epoch from x.was_due) * 1000000)::bigint,
	    (extract(epoch from t) * 1000000)::bigint,
	    (extract(epoch from m.window_ends_at - t) * 1000)::bigint,
	    m.cancel, m.replay_of, m.key_salt, m.serial_key, m.last_error,
	    (extract(epoch from t - m.queued_at) * 1000)::bigint,
	    coalesce(e.type, d.event_type), coalesce(e.object_ref, d.object_ref),
	    coalesce(e.idempotency_key, d.idempotency_key),
	    coalesce(e.traceparent, d.traceparent),
	    coalesce(e.canonical, d.canonical),
	    (select jsonb_object_agg(s.step, jsonb_build_object('output', s.output))
	       from job_step s
	      where s.event_id = m.event_id and s.route = m.route)
	  from unnest(pairs, ids, dues) x (pair, id, was_due)
	 cross join lateral (select * from job where id = x.id limit 1) m
	  left join lateral (select * from event
	      where id = m.event_id limit 1) e on true
	  left join lateral (select * from dead -- outlives the partition
	      where id = m.replay_of limit 1) d on true;
end $$;
comment on function claim is 'Leases due jobs of the named (lane, site) pairs, oldest first within a pair. sql/README.md lists parameters and columns.';

create function renew(p_worker bigint, p_ids bigint[], p_claim_nos int[],
    p_lease_s int)
returns bigint[]
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	ours bigint[];
begin
	ours := array(select j.id
	    from (select * from unnest(p_ids, p_claim_nos) x (id, claim_no) order by id) x
	   cross join lateral (select id from job
		where id = x.id and claim_no = x.claim_no
		  and lease_by is not null for update) j);
	update job set due_at = clock_timestamp() + p_lease_s * interval '1 s',
	    lease_by = p_worker
	 where id = any (ours);
	return ours;
end $$;
comment on function renew is 'Makes leases last longer; returns the ids that are still the caller''s.';

create function give_back(p_worker bigint, p_ids bigint[], p_claim_nos int[])
returns int
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
as $$
#variable_conflict use_column
declare
	n int;
begin
	with l as materialized (
		select id from job j
		 where lease_by = p_worker and due_at > clock_timestamp()
		   and not exists (select
		       from unnest(p_ids, p_claim_nos) h (id, claim_no)
		      where h.id = j.id and h.claim_no = j.claim_no)
		   for update skip locked)
	update job set due_at = clock_timestamp(), lease_by = null,
	    attempt = attempt - 1
	 where id = any (array(select id from l));
	get diagnostics n = row_count;
	return n;
end $$;
comment on function give_back is 'Makes due now, as if it had not been claimed, what a worker holds but does not name: a claim whose answer got lost.';

create type finish_item as (
	id bigint, claim_no int, site_id int, route_id int, serial_key text,
	"to" text, try jsonb, output jsonb, usage jsonb, step text, lane_id int,
	delay_ms bigint, free boolean, cause text, hold boolean, status text,
	result jsonb, result_usage jsonb, coalesced jsonb);
comment on type finish_item is 'One element of finish()''s argument.';

create function finish(p_worker bigint, p_items jsonb)
returns table (id bigint, settled boolean)
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	items finish_item[];
	mine finish_item[];
	ends constant text[] := '{done,dead,cancelled,mirrored}';
	t timestamptz;
	i finish_item;
	wanted int;
	written int;
	ended int;
	moved int;
	back int;
begin
	-- max(seq) below must see what was committed before we got the lock.
	if current_setting('transaction_isolation') <> 'read committed' then
		raise exception 'finish needs READ COMMITTED' using errcode = '25001';
	end if;
	items := array(select x from jsonb_populate_recordset(
	    null::finish_item, p_items) x order by x.id);

	-- Locks, always in this order: serial, stream, job.
	perform 1 from (select distinct site_id, route_id,
	      serial_key collate "C" as key
	      from unnest(items) where "to" = any (ends) order by 1, 2, 3) x
	  cross join lateral (select from serial where site_id = x.site_id
	      and route = x.route_id and key = x.key for update) s;
	perform 1 from stream s
	  where s.site_id = any (array(select x.site_id from unnest(items) x
	      where x."to" = any (ends)))
	  order by s.site_id for no key update of s;
	mine := array(select x
	    from unnest(items) x
	   cross join lateral (select id from job
		where id = x.id and claim_no = x.claim_no
		  and lease_by is not null for update) j);
	t := clock_timestamp();

	insert into attempt (job_id, event_id, site_id, route, step, service,
	    claim_no, attempt, worker_id, started_at, duration_ms, outcome, code,
	    error, vendor_request_id, usage)
	select x.id, j.event_id, j.site_id, j.route, r.step, r.service,
	    j.claim_no, j.attempt, p_worker,
	    t - r.duration_ms * interval '1 ms', r.duration_ms, r.outcome,
	    r.code, left(r.error, 500), r.request_id, r.usage
	  from unnest(mine) x
	 cross join lateral (select * from job where id = x.id limit 1) j
	 cross join lateral jsonb_to_record(x.try) r (step text, service text,
	      duration_ms bigint, outcome text, code int, error text,
	      request_id text, usage jsonb)
	 where jsonb_typeof(x.try) = 'object';

	insert into job_step as s (event_id, route, step, job_id, output, usage)
	select j.event_id, j.route, j.step, j.id, x.output, x.usage
	  from unnest(mine) x
	 cross join lateral (select * from job where id = x.id limit 1) j
	 where x."to" in ('next', 'done') and x.output is not null
	on conflict (event_id, route, step) do update set
	    job_id = excluded.job_id, output = excluded.output,
	    usage = excluded.usage, stored_at = now();

	update job j set step = x.step, lane = l.id, lease_s = l.lease_s,
	    max_attempt = l.max_attempt, window_s = l.window_s,
	    window_ends_at = null, attempt = 0, lease_by = null,
	    due_at = t, last_code = null, last_error = null
	  from unnest(mine) x
	 cross join lateral (select * from lane where id = x.lane_id limit 1) l
	 where j.id = any (array[x.id]) and x."to" = 'next';
	get diagnostics moved = row_count;

	-- Who is to be cancelled does not wait for his next try.
	update job j set
	    due_at = t + case when j.cancel then 0
	        else coalesce(x.delay_ms, 0) end * interval '1 ms',
	    lease_by = null,
	    attempt = j.attempt - case when x.free or x."to" = 'release'
	        then 1 else 0 end,
	    last_code = case when x."to" = 'retry' then (x.try->>'code')::int
	        else j.last_code end,
	    last_error = case when x."to" = 'retry' then left(x.try->>'error', 500)
	        else j.last_error end
	  from unnest(mine) x
	 where j.id = any (array[x.id]) and x."to" in ('retry', 'release');
	get diagnostics back = row_count;

	wanted := (select count(*) from unnest(mine) x
	    where x."to" in ('done', 'dead', 'cancelled'));
	with gone as (
		delete from job j using unnest(mine) x
		 where j.id = any (array[x.id]) and x."to" = any (ends)
		returning j.*, x."to", x.cause, x.status, x.result,
		    x.result_usage, x.coalesced, x.try),
	-- Sequence numbers: dense from the highest that is there. The stream
	-- rows are locked, so nobody else numbers this site meanwhile. Null:
	-- not told. The rows are carried along: joined again, each would be
	-- compared with all the others.
	numbered as (
		select g.*, case
		    when g."to" <> 'mirrored' and s.site_id is not null then
			greatest(s.floor_seq, coalesce((select r.seq
			    from result r where r.site_id = g.site_id
			    order by r.seq desc limit 1), 0))
			+ row_number() over (partition by g.site_id,
			    g."to" = 'mirrored' order by g.id)
		    end seq
		  from gone g
		  left join lateral (select * from stream
		      where site_id = g.site_id limit 1) s on true),
	told as (
		insert into result (site_id, seq, job_id, event_id, event_type,
		    object_ref, idempotency_key, route, status, output, usage,
		    coalesced, supersedes)
		select g.site_id, g.seq, g.id, g.event_id,
		    coalesce(e.type, d.event_type, ''),
		    coalesce(e.object_ref, d.object_ref),
		    coalesce(e.idempotency_key, d.idempotency_key, ''),
		    o.name, case g."to" when 'done' then coalesce(g.status, 'done')
			else g."to" end,
		    g.result, g.result_usage, g.coalesced,
		    (select r.seq from result r where r.job_id = g.replay_of)
		  from numbered g
		 cross join lateral (select name from route
		      where id = g.route limit 1) o
		  left join lateral (select * from event
		      where id = g.event_id limit 1) e on true
		  left join lateral (select * from dead
		      where id = g.replay_of limit 1) d on true
		 where g.seq is not null
		returning job_id, seq),
	buried as (
		insert into dead (id, event_id, site_id, route, lane, step, mode,
		    cause, last_code, last_error, attempts, event_type,
		    object_ref, idempotency_key, canonical, traceparent,
		    key_salt, serial_key, serial_no, queued_at)
		select g.id, g.event_id, g.site_id, g.route, g.lane, g.step,
		    g.mode, case g."to" when 'mirrored' then 'mirror' else g.cause end,
		    coalesce((g.try->>'code')::int, g.last_code),
		    left(coalesce(g.try->>'error', g.last_error), 500),
		    (select jsonb_agg(to_jsonb(a) - 'event_id' - 'site_id' - 'route'
			order by a.id) from attempt a where a.job_id = g.id),
		    coalesce(e.type, d.event_type, ''),
		    coalesce(e.object_ref, d.object_ref),
		    coalesce(e.idempotency_key, d.idempotency_key, ''),
		    coalesce(e.canonical, d.canonical),
		    coalesce(e.traceparent, d.traceparent), g.key_salt,
		    g.serial_key, g.serial_no, g.queued_at
		  from gone g
		  left join lateral (select * from event
		      where id = g.event_id limit 1) e on true
		  left join lateral (select * from dead
		      where id = g.replay_of limit 1) d on true
		 where g."to" in ('dead', 'mirrored')),
	kept as (
		insert into job_done (job_id, event_id, site_id, route, outcome,
		    seq, attempts, worker_id, queued_at)
		select g.id, g.event_id, g.site_id, g.route, g."to", g.seq,
		    g.claim_no, p_worker, g.queued_at
		  from numbered g)
	select (select count(*) from told), (select count(*) from gone)
	  into written, ended;
	if written <> wanted then
		raise exception '% of % results written: a stream or route row is missing',
		    written, wanted using hint = 'Run pressgate apply.';
	end if;
	if moved + back + ended <> cardinality(mine) then
		raise exception '% of % items could not be settled: an unknown lane or "to"',
		    cardinality(mine) - moved - back - ended, cardinality(mine);
	end if;

	-- Whoever waited behind a finished job in a serial order is next.
	foreach i in array mine loop
		continue when i.serial_key is null or i."to" <> all (ends);
		if i.hold and i."to" = 'dead' then
			update serial set held_by = i.id where site_id = i.site_id
			    and route = i.route_id and key = i.serial_key;
		end if;
		perform serial_next(i.site_id, i.route_id, i.serial_key);
	end loop;

	return query select x.id, cardinality(mine) = cardinality(items)
	    or x = any (mine) from unnest(items) x;
end $$;
comment on function finish(bigint, jsonb) is 'Settles claimed jobs, any mixture, all or nothing; fenced ones are left alone and reported. sql/README.md describes an item.';

create function serial_next(p_site_id int, p_route int, p_key text)
returns void
language sql volatile security definer
set search_path = pressgate, pg_temp
as $$
	update job set due_at = clock_timestamp()
	 where id = (select id from job
	     where site_id = p_site_id and route = p_route and serial_key = p_key
	     order by serial_no limit 1)
	   and due_at = 'infinity'
	   -- A replay may stand before one that runs already.
	   and not exists (select from job where site_id = p_site_id
	       and route = p_route and serial_key = p_key
	       and due_at < 'infinity')
	   and not exists (select from serial where site_id = p_site_id
	       and route = p_route and key = p_key and held_by is not null)
$$;
comment on function serial_next(int, int, text) is 'Lets the first waiting job of a serial order go, if none is at work. The caller holds the serial row''s lock.';

revoke all on all functions in schema pressgate from public;
