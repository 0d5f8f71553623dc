-- Weekly partitions of event. CREATE TABLE and ATTACH, not PARTITION OF:
-- attaching needs SHARE UPDATE EXCLUSIVE on the parent only, so accepting
-- goes on meanwhile.

set local search_path = pressgate, pg_temp;

-- The lowest UUID version 7 of an instant: bounds and clock checks.
create function uuid_at(at timestamptz) returns uuid
language sql immutable parallel safe
as $$
	select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
	    || '00000000000000000000')::uuid
$$;
comment on function uuid_at(timestamptz) is 'Lowest event id of an instant.';

create function uuid_time(id uuid) returns timestamptz
language sql immutable parallel safe
as $$
	select timestamptz 'epoch' + interval '1 ms' *
	    ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint
$$;
comment on function uuid_time(uuid) is 'Instant at which an event id was made.';

create function partitions_ahead() returns int
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_column
declare
	-- One week back: an id made just before midnight of Sunday.
	week timestamp := date_trunc('week', now() at time zone 'UTC') - interval '1 week';
	last timestamp := week + interval '27 weeks';
	part text;
	n int := 0;
begin
	perform pg_advisory_xact_lock(hashtext('pressgate.partitions'));
	while week <= last loop
		part := 'event_p' || to_char(week, 'YYYYMMDD');
		if to_regclass('pressgate.' || part) is null then
			execute format('create table %I (like event including all)', part);
			execute format('comment on table %I is %L', part,
			    'Events of the week that begins on ' || to_char(week, 'YYYY-MM-DD') || ' (UTC).');
			execute format(
			    'alter table event attach partition %I for values from (%L) to (%L)',
			    part, uuid_at(week at time zone 'UTC'),
			    uuid_at((week + interval '1 week') at time zone 'UTC'));
			n := n + 1;
		end if;
		week := week + interval '1 week';
	end loop;
	return n;
end $$;
comment on function partitions_ahead() is 'Makes the event partitions of the coming 26 weeks; returns how many were new. Safe to call at any time.';

create function partition_list() returns table (name text, week date)
language sql stable security definer
set search_path = pressgate, pg_temp
as $$
	select c.relname::text, to_date(substr(c.relname, 8), 'YYYYMMDD')
	  from pg_inherits i join pg_class c on c.oid = i.inhrelid
	 where i.inhparent = 'event'::regclass
	 order by 2
$$;
comment on function partition_list() is 'The event partitions and the Monday each begins on.';

create function partitions_drop(before timestamptz) returns int
language plpgsql volatile security definer
set search_path = pressgate, pg_temp
set lock_timeout = '200ms'
as $$
#variable_conflict use_column
declare
	p record;
	n int := 0;
begin
	for p in select name, week from partition_list()
	    where (week + 7)::timestamp at time zone 'UTC' <= before loop
		-- Unfinished work still needs its event.
		continue when exists (select from job
		    where event_id >= uuid_at(p.week::timestamp at time zone 'UTC')
		      and event_id < uuid_at((p.week + 7)::timestamp at time zone 'UTC'));
		begin
			execute format('drop table %I', p.name);
			n := n + 1;
		exception when lock_not_available then
			-- A long reader holds it: waiting would stall ingest behind us.
			null;
		end;
	end loop;
	return n;
end $$;
comment on function partitions_drop(timestamptz) is 'Drops event partitions that end before the given time and that no unfinished job needs; returns how many. One that is being read is left for the next call.';

revoke all on all functions in schema pressgate from public;
