-- What a DBA looks at, each for one question.

set local search_path = pressgate, pg_temp;

create view paused_pairs as
select distinct l.id as lane, s.id as site_id
  from pause p
  join lane l on (p.route is null or p.route = l.route)
   and (p.service is null or p.service = l.service)
  join site s on p.site_id is null or p.site_id = s.id;
comment on view paused_pairs is 'Lanes and sites that a pause covers; the view pauses shows the pauses themselves.';

create view queue as
select s.name as site, o.name as route, l.service, l.urgency, j.step,
    case when j.due_at = 'infinity' then 'behind_another'
	when j.lease_by is not null and j.due_at > now() then 'running'
	when j.due_at <= now() and p.lane is not null then 'paused'
	when j.lease_by is not null then 'lease_expired'
	when j.due_at > now() and j.attempt > 0 then 'waiting_to_retry'
	when j.due_at > now() then 'scheduled'
	when j.attempt > 0 then 'due_to_retry'
	else 'due' end as state,
    l.replay, count(*) as jobs, now() - min(j.queued_at) as oldest_age,
    min(j.due_at) filter (where isfinite(j.due_at)) as next_due_at,
    max(j.attempt) as most_attempts, sum(j.crashes) as crashes,
    max(j.last_error) as an_error
  from job j
  join site s on s.id = j.site_id
  join route o on o.id = j.route
  join lane l on l.id = j.lane
  left join paused_pairs p on p.lane = j.lane and p.site_id = j.site_id
 group by 1, 2, 3, 4, 5, 6, 7
 order by array_position(array['high', 'normal', 'low'], l.urgency), 1, 2, 5, 6;
comment on view queue is 'What waits or runs now: one row for each site, route, step and state.';
comment on column queue.site is 'Site the events came from.';
comment on column queue.route is 'What is to be done with them.';
comment on column queue.service is 'Whom the step calls.';
comment on column queue.urgency is 'Retry policy and order of claiming: high, normal, low.';
comment on column queue.step is 'Step of the route that is next or running.';
comment on column queue.state is 'due: a worker may take it now. due_to_retry: the same after a failure. running: a worker holds its lease. waiting_to_retry: failed, not due yet. scheduled: never tried, not due yet. lease_expired: its worker is gone, it will be taken again. behind_another: waits for an earlier job of the same subject. paused: due, but an operator has paused its site, route or service (view pauses).';
comment on column queue.replay is 'True: a dead letter or an old event that was put back to work.';
comment on column queue.jobs is 'How many.';
comment on column queue.oldest_age is 'Since the oldest of them was queued.';
comment on column queue.next_due_at is 'When the first of them is due, or, while running, when its lease ends.';
comment on column queue.most_attempts is 'Most tries that one of them has had at this step.';
comment on column queue.crashes is 'Workers that died while holding one of them.';
comment on column queue.an_error is 'What the last try of one of them said.';

create view workers as
select w.id, w.host, w.pid, w.version, w.in_flight, w.started_at,
    now() - w.started_at as up, now() - w.beat_at as silent
  from worker w
 where w.left_at is null and w.beat_at > now() - interval '15 s'
 order by w.id;
comment on view workers is 'Living workers: those that have said so in the last 15 s.';

create view pauses as
select coalesce(s.name, '*') as site, coalesce(p.route, '*') as route,
    coalesce(p.service, '*') as service, p.since, now() - p.since as for,
    p.by
  from pause p left join site s on s.id = p.site_id
 order by p.since;
comment on view pauses is 'What operators have paused; * means any. Take one back: select pressgate.resume(site, route, service, ''your name''), null for any.';

create view queue_health as
with w as (
	select (select count(*) from workers) as living,
	    (select now() - max(coalesce(left_at, beat_at)) from (
		select * from worker order by id desc limit 20) x) as away),
g as (
	select l.urgency, s.name as site, count(*) as depth,
	    count(*) filter (where j.due_at <= now() and p.lane is null) as due,
	    count(*) filter (where j.due_at <= now() and p.lane is not null) as paused,
	    count(*) filter (where j.lease_by is not null and j.due_at > now()) as running,
	    count(*) filter (where j.attempt > 1
	        or (j.attempt = 1 and j.lease_by is null)) as retrying,
	    now() - min(j.queued_at) as oldest_age,
	    max(now() - j.due_at) filter (where j.due_at <= now()
	        and p.lane is null) as longest_overdue
	  from job j join lane l on l.id = j.lane join site s on s.id = j.site_id
	  left join paused_pairs p on p.lane = j.lane and p.site_id = j.site_id
	 group by 1, 2)
select g.urgency, g.site, g.depth, g.due, g.paused, g.running, g.retrying,
    g.oldest_age, g.longest_overdue, w.living as workers,
    case when w.living = 0 and w.away is null
	    then 'no worker has ever run: start pressgate-worker'
	when w.living = 0
	    then 'no worker is alive, the last one was seen '
	        || date_trunc('second', w.away)
	        || ' ago: start pressgate-worker, or wait for cron'
	when g.longest_overdue > interval '1 min'
	    then 'due jobs wait for more than a minute: more workers, or a slow service'
	when g.paused > 0
	    then 'jobs are paused: select * from pressgate.pauses'
	when g.retrying > 0 and g.retrying = g.depth
	    then 'every job is being retried: select * from pressgate.attempts_recent'
	else 'ok' end as verdict
  from g cross join w
 order by array_position(array['high', 'normal', 'low'], g.urgency), g.site;
comment on view queue_health is 'Is the queue well? One row for each urgency and site with unfinished jobs; no row: nothing to do.';
comment on column queue_health.urgency is 'high, normal or low.';
comment on column queue_health.site is 'Site the events came from.';
comment on column queue_health.depth is 'Unfinished jobs.';
comment on column queue_health.due is 'Jobs that a worker could take now, paused ones not counted. It should be near 0.';
comment on column queue_health.paused is 'Jobs that are due but that an operator has paused: view pauses.';
comment on column queue_health.running is 'Jobs a worker holds now.';
comment on column queue_health.retrying is 'Jobs whose present step has failed at least once.';
comment on column queue_health.oldest_age is 'Since the oldest unfinished job was queued.';
comment on column queue_health.longest_overdue is 'How long the most overdue job has been waiting for a worker; null: none is overdue. Paused jobs are not counted.';
comment on column queue_health.workers is 'Workers that have said in the last 15 s that they live.';
comment on column queue_health.verdict is 'ok, or what is wrong and where to look.';

create view dead_letters as
select d.id, s.name as site, o.name as route, d.step, d.cause, d.last_code,
    d.last_error, d.event_type, d.object_ref, d.idempotency_key, d.event_id,
    jsonb_array_length(coalesce(d.attempts, '[]')) as attempts, d.died_at,
    d.replayed_as, d.replayed_at, d.replayed_by
  from dead d
  join site s on s.id = d.site_id
  join route o on o.id = d.route
 order by d.died_at desc;
comment on view dead_letters is 'Jobs that were given up, newest first. replayed_as is null: still open. Put one back: select pressgate.replay(id, ''your name'')';
comment on column dead_letters.id is 'For pressgate dlq replay ID.';
comment on column dead_letters.site is 'Site the event came from.';
comment on column dead_letters.route is 'What was to be done with it.';
comment on column dead_letters.step is 'Step it died at; a replay begins there.';
comment on column dead_letters.cause is 'Root cause: poison (killed three workers), config (ours), remote_4xx, remote_5xx, timeout, tls, refused_address, breaker, budget (vendor wants money, or a limit of ours), schema, mirror.';
comment on column dead_letters.last_code is 'HTTP status of the last try; null: there was no answer.';
comment on column dead_letters.last_error is 'What the last try said.';
comment on column dead_letters.event_type is 'For example post.published.';
comment on column dead_letters.object_ref is 'What it is about at the sender: post id, order id.';
comment on column dead_letters.idempotency_key is 'As the sender gave it.';
comment on column dead_letters.event_id is 'The request_id that the sender was given.';
comment on column dead_letters.attempts is 'How many tries there were, over all steps. Each: select attempts from pressgate.dead.';
comment on column dead_letters.died_at is 'When it was given up.';
comment on column dead_letters.replayed_as is 'Job of its replay; null: still open.';
comment on column dead_letters.replayed_at is 'When it was replayed.';
comment on column dead_letters.replayed_by is 'Who did.';

create view attempts_recent as
select a.started_at, s.name as site, o.name as route, a.step, a.service,
    a.outcome, a.code, a.duration_ms, a.attempt, a.error,
    a.vendor_request_id, a.usage, a.event_id, a.job_id, a.worker_id
  from (select * from attempt order by id desc limit 1000) a
  join site s on s.id = a.site_id
  join route o on o.id = a.route
 order by a.id desc;
comment on view attempts_recent is 'The newest 1000 tries over all jobs.';

create view breakers as
select service, endpoint, state, failures, now() - opened_at as open_for,
    open_until, reason
  from breaker order by state desc, service, endpoint;
comment on view breakers is 'Circuit breakers. open: no job is claimed for that service; nothing is lost meanwhile.';

create view budgets as
select s.name as site, b.service, b.day, b.calls, b.tokens
  from budget b join site s on s.id = b.site_id
 order by b.day desc, s.name, b.service;
comment on view budgets is 'What each site has spent at each service, by UTC day.';

create view site_lag as
select s.name as site, t.floor_seq,
    coalesce(r.seq, t.floor_seq) as newest_seq,
    r.finished_at as newest_at,
    (select count(*) from delivery d where d.site_id = s.id) as undelivered
  from site s
  join stream t on t.site_id = s.id
  left join lateral (select seq, finished_at from result x
      where x.site_id = s.id order by seq desc limit 1) r on true
 order by s.name;
comment on view site_lag is 'How far each site''s results have come, and how many callbacks wait.';

create view bloat_watch as
select c.relname::text as table, c.n_live_tup as live, c.n_dead_tup as dead,
    c.last_autovacuum,
    pg_size_pretty(pg_total_relation_size(c.relid)) as size,
    o.pid as oldest_snapshot_pid, now() - o.xact_start as oldest_snapshot_age,
    left(o.query, 80) as oldest_snapshot_query
  from pg_stat_user_tables c
  left join lateral (select pid, xact_start, query from pg_stat_activity
      where backend_xmin is not null and pid <> pg_backend_pid()
      order by age(backend_xmin) desc limit 1) o on true
 where c.schemaname = 'pressgate'
   and c.relname in ('job', 'idem', 'replay_guard', 'worker', 'delivery', 'serial')
 order by c.n_dead_tup desc;
comment on view bloat_watch is 'Dead rows in the hot tables, and the session whose old snapshot keeps vacuum from removing them.';

create view events as
select e.id, s.name as site,
    case when e.source_id <> 0 then coalesce(o.name, e.source_id::text) end
	as source,
    e.scheme, e.key_id, e.created_by, e.type, e.idempotency_key, e.object_ref, e.occurred_at,
    e.received_at, host(e.address) as address, e.user_agent, e.traceparent,
    encode(e.fingerprint, 'hex') as fingerprint, e.fp_version, e.sealed_by,
    e.raw_of, octet_length(e.raw) as raw_bytes, e.raw, e.signed_headers,
    e.canonical
  from event e
  left join site s on s.id = e.site_id
  left join source o on o.id = e.source_id;
comment on view events is 'Accepted events with the names of their site and source. Ask by id, or by id between pressgate.uuid_at(...) and another, so that only the weeks meant are read.';
comment on column events.source is 'Third party that sent it; null: the site itself, by the door that scheme names.';
comment on column events.raw_bytes is 'Length of the body that is kept; null: it is not kept, or stands with raw_of.';

create view event_jobs as
select j.event_id, j.id as job, o.name as route, j.step,
    case when j.due_at = 'infinity' then 'behind_another'
	when j.lease_by is not null and j.due_at > now() then 'running'
	when j.attempt > 0 then 'retrying' else 'queued' end as state,
    j.mode, j.attempt::int as attempts, j.queued_at, j.due_at,
    null::timestamptz as finished_at, null::bigint as result, j.replay_of,
    j.last_code, j.last_error
  from job j join route o on o.id = j.route
union all
select d.event_id, d.job_id, o.name, null, d.outcome, null, d.attempts,
    d.queued_at, null, d.finished_at, d.seq, null, null, null
  from job_done d join route o on o.id = d.route;
comment on view event_jobs is 'What has to be done, or was, for each event: ask by event_id.';
comment on column event_jobs.job is 'Number of the job; of the dead letter too, if it became one.';
comment on column event_jobs.state is 'queued, running, retrying, behind_another (an earlier job of the same subject), or how it ended: done, dead, cancelled, mirrored.';
comment on column event_jobs.result is 'seq of the result; null: none yet.';

create view event_attempts as
select j.event_id, a.job_id as job, o.name as route, a.step, a.service,
    a.attempt, a.started_at, a.duration_ms, a.outcome, a.code, a.error,
    a.vendor_request_id, a.usage, a.worker_id as worker
  from (select id, event_id from job
	union all select job_id, event_id from job_done) j
  join attempt a on a.job_id = j.id
  join route o on o.id = a.route;
comment on view event_attempts is 'Every try of an event''s jobs: ask by event_id.';

create view event_results as
select r.event_id, r.seq, r.job_id as job, r.route, r.status, r.usage,
    r.supersedes, r.finished_at, r.output
  from job_done d join result r on r.job_id = d.job_id;
comment on view event_results is 'What an event''s jobs made: ask by event_id.';

create view event_letters as
select d.event_id, d.id, d.step, d.cause, d.last_code, d.last_error,
    d.died_at, d.replayed_as, d.replayed_at, d.replayed_by
  from job_done j join dead d on d.id = j.job_id;
comment on view event_letters is 'Dead letters of an event: ask by event_id.';

create view conflicts as
select c.seen_at, s.name as site, o.name as source, c.key, c.event_id,
    host(c.address) as address,
    encode(c.first_fingerprint, 'hex') as first_fingerprint,
    encode(c.other_fingerprint, 'hex') as other_fingerprint
  from conflict c
  left join site s on s.id = c.site_id
  left join source o on o.id = c.source_id
 order by c.id desc;
comment on view conflicts is 'Idempotency keys that came again with other content, newest first. The first event stands.';
comment on column conflicts.event_id is 'The event that was first.';
comment on column conflicts.address is 'Where the refused one came from.';

create view rejections as
select site, source, reason,
    sum(count) filter (where minute > now() - interval '1 hour') as last_hour,
    sum(count) as last_day, max(minute) as last_minute
  from rejection
 where minute > now() - interval '1 day'
 group by 1, 2, 3
 order by last_day desc, 1, 2, 3;
comment on view rejections is 'Refused requests of the last day, counted by site, door or source, and reason.';
comment on column rejections.site is 'Empty: the request named none that is known.';
comment on column rejections.source is 'Door or source; empty: no room was left to tell.';
comment on column rejections.last_hour is 'null: none in the last hour.';

create view key_uses as
select site, scheme, key_id,
    coalesce(sum(events + fetches)
	filter (where hour > now() - interval '1 day'), 0) as last_day,
    coalesce(sum(events + fetches)
	filter (where hour > now() - interval '7 days'), 0) as last_week,
    max(last_at) as last_at
  from key_use
 group by 1, 2, 3
 order by 1, 2, 3;
comment on view key_uses is 'How often senders used which key, events and GETs together, by the full hour. A key that is not here was not used for a month.';
