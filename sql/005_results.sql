-- What a site reads back.

set local search_path = pressgate, pg_temp;

create function cursor_text(seq bigint, tag int) returns text
language sql immutable parallel safe
as $$ select seq || '.' || lpad(to_hex(tag), 8, '0') $$;
comment on function cursor_text(bigint, int) is 'How a place in a site''s results is written.';

-- One statement, one snapshot: floor, the cursor's own row and what follows
-- it belong to the same moment.
create function results_since(p_site_id int, p_seq bigint, p_tag text, p_lim int)
returns table (verdict text, floor text, seq bigint, tag text,
    request_id uuid, event_type text, object_ref text, idempotency_key text,
    route text, status text, output jsonb, usage jsonb, coalesced jsonb,
    supersedes bigint, finished_at timestamptz)
language sql stable security definer
set search_path = pressgate, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
	select v.verdict, cursor_text(s.floor_seq, s.floor_tag), r.seq,
	    lpad(to_hex(r.tag), 8, '0'), r.event_id, r.event_type, r.object_ref,
	    r.idempotency_key, r.route, r.status, r.output, r.usage,
	    r.coalesced, r.supersedes, r.finished_at
	  from stream s
	 cross join lateral (
		select case when p_seq is null
		    or (p_seq = s.floor_seq
		        and p_tag = lpad(to_hex(s.floor_tag), 8, '0'))
		    or exists (select from result c
		        where c.site_id = s.site_id and c.seq = p_seq
		          and c.seq > s.floor_seq
		          and p_tag = lpad(to_hex(c.tag), 8, '0'))
		    then 'ok' else 'gone' end verdict) v
	  left join lateral (
		select * from result x
		 where x.site_id = s.site_id and v.verdict = 'ok'
		   and x.seq > greatest(coalesce(p_seq, 0), s.floor_seq)
		 order by x.seq limit p_lim) r on true
	 where s.site_id = p_site_id
	 order by r.seq
$$;
comment on function results_since(int, bigint, text, int) is 'A site''s results after a cursor, oldest first. verdict gone: the cursor is not of this history; begin again at floor.';

create function event_status(p_site_id int, p_event_id uuid)
returns table (received_at timestamptz, route text, status text, seq bigint)
language sql stable security definer
set search_path = pressgate, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
	with jobs as (
		select distinct on (x.route) x.route, x.status, x.seq
		  from (select route, case
			    when lease_by is not null and due_at > clock_timestamp() then 'running'
			    when attempt > 0 then 'retrying'
			    else 'queued' end status, null::bigint seq, id
			  from job where event_id = p_event_id
			union all
			select route, outcome, seq, job_id
			  from job_done where event_id = p_event_id) x
		 order by x.route, x.id desc)
	select e.received_at, o.name, coalesce(j.status, 'unrouted'), j.seq
	  from event e
	  left join jobs j on true
	  left join lateral (select name from route
	      where id = j.route limit 1) o on true
	 where e.id = p_event_id and e.site_id = p_site_id
	 order by o.name
$$;
comment on function event_status(int, uuid) is 'What became of an event: one row a route (its newest job); no row if it is not this site''s.';

revoke all on all functions in schema pressgate from public;
