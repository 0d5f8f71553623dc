-- Roles with least rights. Optional: `pressgate migrate --roles`, by a user
-- that may create roles. Safe to repeat. Without it one plain role does
-- everything. Passwords are the DBA's business: alter role ... password.

do $$
declare
	r text;
begin
	foreach r in array array['pressgate_ingest', 'pressgate_worker',
	    'pressgate_reader', 'pressgate_operator'] loop
		if not exists (select from pg_roles where rolname = r) then
			execute format('create role %I login', r);
		end if;
		execute format('grant usage on schema pressgate to %I', r);
		execute format('alter role %I set jit = off', r);
		execute format('alter role %I set idle_in_transaction_session_timeout = ''10s''', r);
	end loop;
end $$;

comment on role pressgate_ingest is 'pressgate-fcgi: may call its functions, may read no table.';
comment on role pressgate_worker is 'pressgate-worker: may call its functions, may read no table.';
comment on role pressgate_reader is 'DBAs and the console: may read everything.';
comment on role pressgate_operator is 'The pressgate command: may read everything and call the operator''s functions.';

grant execute on function pressgate.catalog(), pressgate.ready(),
	pressgate.ingest, pressgate.ingest_plain, pressgate.results_since, pressgate.event_status,
	pressgate.depth, pressgate.flush_rejections, pressgate.flush_uses
	to pressgate_ingest;

grant execute on function pressgate.catalog(), pressgate.ready(),
	pressgate.worker_start, pressgate.worker_stop, pressgate.beat,
	pressgate.takeover, pressgate.paused(), pressgate.claim,
	pressgate.renew, pressgate.give_back, pressgate.finish,
	pressgate.depth,
	pressgate.partitions_ahead(), pressgate.partitions_drop
	to pressgate_worker;

grant select on all tables in schema pressgate to pressgate_reader, pressgate_operator;
grant execute on function pressgate.catalog(), pressgate.ready(),
	pressgate.depth, pressgate.uuid_at, pressgate.uuid_time,
	pressgate.cursor_text, pressgate.body_text
	to pressgate_reader, pressgate_operator;
grant execute on function pressgate.apply_config, pressgate.replay,
	pressgate.cancel_job, pressgate.pause, pressgate.resume,
	pressgate.purge_dead, pressgate.event_status, pressgate.results_since,
	pressgate.partitions_ahead(), pressgate.partitions_drop
	to pressgate_operator;
