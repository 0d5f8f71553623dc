-- Tables. What each column means stands in its comment: \d+ pressgate.job
-- tells the same as this file. No foreign keys on hot tables: they cost a
-- MultiXact id an insert and the ids they would guard never change.

create schema if not exists pressgate;
comment on schema pressgate is
	'pressgate: accepted events, the work queue, results. Start with: select * from pressgate.queue_health';
revoke all on schema pressgate from public;

set local search_path = pressgate, pg_temp;

create table migration (
	version int primary key,
	name text not null,
	applied_at timestamptz not null default now());
comment on table migration is 'Which sql/NNN_*.sql files have been applied; the highest version is the schema version that every program checks at start.';
comment on column migration.version is 'Number of the file.';
comment on column migration.name is 'Name of the file.';
comment on column migration.applied_at is 'When pressgate migrate applied it.';

---------------------------------------------------------------- names and ids

create table site (
	id int generated always as identity primary key,
	name text not null unique,
	url text not null default '',
	active boolean not null default true,
	applied_at timestamptz not null default now());
comment on table site is 'One WordPress site. Upserted by name by pressgate apply; ids never change and rows are never deleted.';
comment on column site.id is 'Used in every other table.';
comment on column site.name is 'Stem of sites.d/NAME.conf.';
comment on column site.url is 'Address of the site, for people.';
comment on column site.active is 'False once the site has left the configuration.';
comment on column site.applied_at is 'Last apply that changed the row.';

create table source (
	id int generated always as identity primary key,
	site_id int not null,
	name text not null unique,
	provider text not null);
comment on table source is 'A third party that sends events of a site (/api/webhooks/NAME). The three own doors are source 0 and have no row.';
comment on column source.id is 'Name space of idempotency keys; 0 is reserved for the own doors.';
comment on column source.site_id is 'site.id';
comment on column source.name is 'Name in the URL, unique over the installation.';
comment on column source.provider is 'Which profile verifies it: stripe, github, ...';

create table policy (
	urgency text primary key check (urgency in ('high', 'normal', 'low')),
	attempts smallint not null,
	base_ms bigint not null,
	factor int not null,
	cap_ms bigint not null,
	window_s bigint not null);
comment on table policy is 'Retry policy of each urgency, as configured. For people: jobs carry their own copy of what SQL needs.';
comment on column policy.urgency is 'high, normal or low.';
comment on column policy.attempts is 'Tries of one step, the first included.';
comment on column policy.base_ms is 'Ceiling of the random wait before the second try.';
comment on column policy.factor is 'The ceiling grows by this factor with each try.';
comment on column policy.cap_ms is 'Highest ceiling.';
comment on column policy.window_s is 'A step is given up so long after its first claim.';

create table route (
	id int generated always as identity primary key,
	site_id int not null,
	name text not null,
	urgency text not null,
	mode text not null check (mode in ('live', 'dry-run', 'mirror')),
	active boolean not null default true,
	unique (site_id, name));
comment on table route is 'What happens to an event of a site: a named list of steps. Upserted by pressgate apply, never deleted.';
comment on column route.id is 'Used in job, job_step, result.';
comment on column route.site_id is 'site.id';
comment on column route.name is 'Name in the site''s configuration.';
comment on column route.urgency is 'high, normal or low.';
comment on column route.mode is 'live, dry-run (requests are made up but not sent) or mirror (buried at once).';
comment on column route.active is 'False once the route has left the configuration.';

create table lane (
	id int generated always as identity primary key,
	urgency text not null,
	service text not null,
	route text not null,
	replay boolean not null,
	lease_s int not null check (lease_s > 0),
	max_attempt smallint not null,
	window_s bigint not null,
	unique (urgency, service, route, replay));
comment on table lane is 'A queue of its own: jobs of one urgency that wait for one service on routes of one name. Workers ask for (lane, site) pairs.';
comment on column lane.id is 'job.lane';
comment on column lane.urgency is 'high, normal or low.';
comment on column lane.service is 'Name of the service that the step calls.';
comment on column lane.route is 'Name of the route (sites with a route of that name share the lane).';
comment on column lane.replay is 'True: replays have their own lane, so that a backfill never delays fresh events.';
comment on column lane.lease_s is 'How long a claim is held: the service''s timeout and half of it again.';
comment on column lane.max_attempt is 'Tries of one step (copied from the policy).';
comment on column lane.window_s is 'See policy.window_s (copied).';

--------------------------------------------------------------------- accepted

create table event (
	id uuid primary key,
	site_id int not null,
	source_id int not null,
	type text not null,
	idempotency_key text not null,
	object_ref text,
	fingerprint bytea not null,
	fp_version smallint not null,
	canonical json not null,
	raw bytea,
	raw_of uuid,
	signed_headers json,
	scheme text not null,
	key_id text,
	created_by text,
	address inet,
	user_agent text,
	traceparent text,
	sealed_by text,
	occurred_at timestamptz,
	received_at timestamptz not null default now())
	partition by range (id);
comment on table event is 'Every accepted event, insert-only, in weekly partitions (the id begins with the time). What waits to be done stands in job.';
comment on column event.id is 'UUID version 7; also the request_id that the sender was given.';
comment on column event.site_id is 'site.id';
comment on column event.source_id is 'source.id, 0 for the own doors.';
comment on column event.type is 'Event type, for example post.published.';
comment on column event.idempotency_key is 'As sent; unique per site (own doors) or source while idem keeps it.';
comment on column event.object_ref is 'What it is about at the sender: post id, order id.';
comment on column event.fingerprint is 'Hash of the content, to tell a repeated event from another one under the same key.';
comment on column event.fp_version is 'Version of the recipe of fingerprint.';
comment on column event.canonical is 'The event in pressgate''s own form; templates read this.';
comment on column event.raw is 'Body exactly as received, for audit; null when not kept or when raw_of says where it is.';
comment on column event.raw_of is 'Event of the same delivery that carries the raw body.';
comment on column event.signed_headers is 'The headers that the signature needs, so that it can be verified again.';
comment on column event.scheme is 'Which scheme verified it: relay, bridge, edge, ...';
comment on column event.key_id is 'Which of the secrets signed it.';
comment on column event.created_by is 'Key id, JWT subject or operator.';
comment on column event.address is 'Client address as the web server saw it.';
comment on column event.user_agent is 'As sent.';
comment on column event.traceparent is 'W3C trace context of the accept.';
comment on column event.sealed_by is 'Key id that sealed the content columns; null: not sealed.';
comment on column event.occurred_at is 'When it happened, as the sender says; null: not said.';
comment on column event.received_at is 'When it was accepted (database clock, or the spool''s time).';

create table idem (
	site_id int not null,
	source_id int not null,
	kind smallint not null,
	key text collate "C" not null,
	event_id uuid not null,
	stored_at timestamptz not null default now(),
	fingerprint bytea not null,
	fp_version smallint not null,
	expires_at timestamptz not null,
	primary key (site_id, source_id, kind, key));
create index idem_expires on idem using brin (expires_at);
comment on table idem is 'Idempotency keys: who was first. A second event with the same key is a duplicate or a conflict, never work.';
comment on column idem.site_id is 'site.id';
comment on column idem.source_id is 'source.id; 0: the three own doors share one name space.';
comment on column idem.kind is '0: the event''s key. 1: hash of topic and body, for providers whose ids are not signed.';
comment on column idem.key is '1 to 128 visible ASCII characters.';
comment on column idem.event_id is 'The event that was first.';
comment on column idem.stored_at is 'When.';
comment on column idem.fingerprint is 'Hash of the first one''s content.';
comment on column idem.fp_version is 'Version of the recipe; another version counts as a duplicate, never as a conflict.';
comment on column idem.expires_at is 'May be pruned after this.';

create table replay_guard (
	scope text collate "C" not null,
	value bytea not null,
	digest bytea not null,
	expires_at timestamptz not null,
	primary key (scope, value));
create index replay_guard_expires on replay_guard using brin (expires_at);
comment on table replay_guard is 'Signed values that may be used once: JWT ids, nonces, signatures whose body carries no key.';
comment on column replay_guard.scope is 'Site and door.';
comment on column replay_guard.value is 'The value itself.';
comment on column replay_guard.digest is 'SHA-256 of door, idempotency key and body: the same request again may pass on to the idempotency key, another one is refused.';
comment on column replay_guard.expires_at is 'Signed time and twice the window: after that the timestamp alone refuses it.';

create table conflict (
	id bigint generated always as identity primary key,
	site_id int not null,
	source_id int not null,
	key text not null,
	event_id uuid not null,
	first_fingerprint bytea not null,
	other_fingerprint bytea not null,
	address inet,
	seen_at timestamptz not null default now());
comment on table conflict is 'Somebody used an idempotency key again for other content. The first event stands.';
comment on column conflict.id is 'Only a number.';
comment on column conflict.site_id is 'site.id';
comment on column conflict.source_id is 'source.id, 0 for the own doors.';
comment on column conflict.key is 'The idempotency key.';
comment on column conflict.event_id is 'The event that was first.';
comment on column conflict.first_fingerprint is 'Hash of its content.';
comment on column conflict.other_fingerprint is 'Hash of the content that was refused.';
comment on column conflict.address is 'Client address of the refused one.';
comment on column conflict.seen_at is 'When.';

create table rejection (
	minute timestamptz not null,
	site text not null,
	source text not null,
	reason text not null,
	count bigint not null,
	primary key (minute, site, source, reason));
comment on table rejection is 'Refused requests, counted; nothing of them is stored.';
comment on column rejection.minute is 'Start of the minute in which they were counted.';
comment on column rejection.site is 'Name of the site, or empty if it was not known.';
comment on column rejection.source is 'Door or source; empty: no room was left to tell.';
comment on column rejection.reason is 'What pressgate-fcgi logs as ev, and, where there is one, /reason.';
comment on column rejection.count is 'How many.';

create table key_use (
	hour timestamptz not null,
	site text not null,
	scheme text not null,
	key_id text not null,
	events bigint not null,
	fetches bigint not null,
	last_at timestamptz not null,
	primary key (hour, site, scheme, key_id));
comment on table key_use is 'Which keys senders have used, counted by the hour for a month, so that an operator sees when an old one can go. What each event was signed with stands in event.key_id.';
comment on column key_use.hour is 'Start of the hour in which they were counted.';
comment on column key_use.site is 'Name of the site.';
comment on column key_use.scheme is 'relay, edge, bridge (of tokens), hmac (of a bridge''s bodies), or source/NAME.';
comment on column key_use.key_id is 'Which of its keys.';
comment on column key_use.events is 'Posts whose signature held, repeated ones too.';
comment on column key_use.fetches is 'GETs whose signature held.';
comment on column key_use.last_at is 'When the last of them was counted, a few seconds after it came.';

------------------------------------------------------------------------- work

create table job (
	id bigint generated always as identity (cache 1) primary key,
	event_id uuid not null,
	site_id int not null,
	lane int not null,
	route int not null,
	step text not null,
	mode text not null,
	serial_key text,
	serial_no bigint,
	coalesce_key text,
	replay_of bigint,
	key_salt text,
	claim_no int not null default 0,
	attempt smallint not null default 0,
	crashes smallint not null default 0,
	lease_s int not null,
	max_attempt smallint not null,
	queued_at timestamptz not null default clock_timestamp(),
	due_at timestamptz not null default clock_timestamp(),
	window_s bigint not null,
	window_ends_at timestamptz,
	lease_by bigint,
	leased_at timestamptz,
	cancel boolean not null default false,
	last_code int,
	last_error text)
	with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0,
	    autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
	    autovacuum_analyze_threshold = 2000000000, vacuum_truncate = off);
create index job_due on job (lane, site_id, due_at);
create index job_event on job (event_id);
create index job_serial on job (site_id, route, serial_key, serial_no)
	where serial_key is not null;
create index job_serial_go on job (site_id, route, serial_key)
	where serial_key is not null and due_at < 'infinity';
create index job_coalesce on job (site_id, route, coalesce_key)
	where coalesce_key is not null;
comment on table job is 'Unfinished work only; a finished job is deleted here and stands in job_done. A claim pushes due_at ahead by the lease, so waiting, retrying and abandoned jobs are one ordered set. States by name: see the view queue.';
comment on column job.id is 'Never used again.';
comment on column job.event_id is 'event.id';
comment on column job.site_id is 'site.id';
comment on column job.lane is 'lane.id of the present step.';
comment on column job.route is 'route.id';
comment on column job.step is 'Name of the step that is next or running.';
comment on column job.mode is 'live, dry-run, mirror, or bury: it was stored only to be buried with last_error as the cause.';
comment on column job.serial_key is 'Jobs of one site and route with the same key run one after another; null: no such order.';
comment on column job.serial_no is 'Place in that order. Successors wait at due_at = infinity.';
comment on column job.coalesce_key is 'Waiting jobs with the same key may be done by one call; null: never.';
comment on column job.replay_of is 'dead.id of the job that this one repeats.';
comment on column job.key_salt is 'Makes another outgoing Idempotency-Key when an operator asked for it.';
comment on column job.claim_no is 'Rises with every claim and never falls: (id, claim_no) is the fencing token.';
comment on column job.attempt is 'Tries of the present step, a running one included.';
comment on column job.crashes is 'Leases that ran out under a worker that had stopped living; three bury the job as poison.';
comment on column job.lease_s is 'How long a claim lasts.';
comment on column job.max_attempt is 'Tries of a step before the job is buried.';
comment on column job.queued_at is 'When the job was made; ages are counted from here.';
comment on column job.due_at is 'Not to be claimed before this. While claimed: when the lease ends.';
comment on column job.window_s is 'A step is given up so long after its first claim.';
comment on column job.window_ends_at is 'When that is; null until the present step''s first claim.';
comment on column job.lease_by is 'worker.id that holds it; null: nobody.';
comment on column job.leased_at is 'When it was last claimed.';
comment on column job.cancel is 'An operator wants it cancelled: it ends with the try that runs, or is cancelled by the next claim, for which it then does not wait.';
comment on column job.last_code is 'HTTP status of the last failed try; null: none or no answer.';
comment on column job.last_error is 'What the last failed try said, cut and redacted.';

create table job_step (
	event_id uuid not null,
	route int not null,
	step text not null,
	job_id bigint not null,
	output jsonb,
	usage jsonb,
	stored_at timestamptz not null default now(),
	primary key (event_id, route, step));
comment on table job_step is 'Outputs of finished steps: what has had its effect and is not called again.';
comment on column job_step.event_id is 'event.id';
comment on column job_step.route is 'route.id';
comment on column job_step.step is 'Name of the step.';
comment on column job_step.job_id is 'job.id that ran it.';
comment on column job_step.output is 'What the step gave, redacted; later steps and the result read it.';
comment on column job_step.usage is 'Tokens, as the vendor counted them.';
comment on column job_step.stored_at is 'When.';

create table attempt (
	id bigint generated always as identity primary key,
	job_id bigint not null,
	event_id uuid not null,
	site_id int not null,
	route int not null,
	step text not null,
	service text,
	claim_no int not null,
	attempt smallint not null,
	worker_id bigint not null,
	started_at timestamptz not null,
	duration_ms bigint not null,
	outcome text not null,
	code int,
	error text,
	vendor_request_id text,
	usage jsonb);
create index attempt_job on attempt (job_id);
create index attempt_started on attempt using brin (started_at);
comment on table attempt is 'Every try of every step, insert-only. The newest: select * from pressgate.attempts_recent';
comment on column attempt.id is 'Only a number.';
comment on column attempt.job_id is 'job.id, also after the job is gone.';
comment on column attempt.event_id is 'event.id';
comment on column attempt.site_id is 'site.id';
comment on column attempt.route is 'route.id';
comment on column attempt.step is 'Name of the step.';
comment on column attempt.service is 'Which service was called.';
comment on column attempt.claim_no is 'job.claim_no of the claim.';
comment on column attempt.attempt is 'Which try of the step.';
comment on column attempt.worker_id is 'worker.id that made it.';
comment on column attempt.started_at is 'Database time of its end less its duration.';
comment on column attempt.duration_ms is 'Milliseconds.';
comment on column attempt.outcome is 'ok, or what went wrong: remote_4xx, remote_5xx, timeout, tls, connect, ...';
comment on column attempt.code is 'HTTP status; null: no answer.';
comment on column attempt.error is 'What it said, cut and redacted.';
comment on column attempt.vendor_request_id is 'The vendor''s own id of the call, for their support.';
comment on column attempt.usage is 'Tokens, as the vendor counted them.';

create table job_done (
	job_id bigint primary key,
	event_id uuid not null,
	site_id int not null,
	route int not null,
	outcome text not null check (outcome in ('done', 'dead', 'cancelled', 'mirrored')),
	seq bigint,
	attempts int not null,
	worker_id bigint,
	queued_at timestamptz not null,
	finished_at timestamptz not null default now());
create index job_done_event on job_done (event_id);
create index job_done_finished on job_done using brin (finished_at);
comment on table job_done is 'Finished jobs, insert-only.';
comment on column job_done.job_id is 'job.id it had.';
comment on column job_done.event_id is 'event.id';
comment on column job_done.site_id is 'site.id';
comment on column job_done.route is 'route.id';
comment on column job_done.outcome is 'done, dead, cancelled or mirrored.';
comment on column job_done.seq is 'result.seq of its result; null: none (mirrored).';
comment on column job_done.attempts is 'Claims it took.';
comment on column job_done.worker_id is 'worker.id that finished it; null: an operator.';
comment on column job_done.queued_at is 'When the job was made.';
comment on column job_done.finished_at is 'When it was finished.';

create table dead (
	id bigint primary key,
	event_id uuid not null,
	site_id int not null,
	route int not null,
	lane int not null,
	step text not null,
	mode text not null,
	cause text not null check (cause in ('poison', 'config', 'remote_4xx',
	    'remote_5xx', 'timeout', 'tls', 'refused_address', 'breaker',
	    'budget', 'schema', 'mirror')),
	last_code int,
	last_error text,
	attempts jsonb,
	event_type text not null,
	object_ref text,
	idempotency_key text not null,
	canonical json,
	traceparent text,
	key_salt text,
	serial_key text,
	serial_no bigint,
	queued_at timestamptz not null,
	died_at timestamptz not null default now(),
	replayed_as bigint,
	replayed_at timestamptz,
	replayed_by text);
create index dead_open on dead (site_id, died_at) where replayed_as is null;
comment on table dead is 'Dead letters: jobs that were given up, with a copy of the payload and of every try, so that they outlive the event''s partition. Replay one: pressgate dlq replay ID.';
comment on column dead.id is 'job.id it had.';
comment on column dead.event_id is 'event.id';
comment on column dead.site_id is 'site.id';
comment on column dead.route is 'route.id';
comment on column dead.lane is 'lane.id it died in.';
comment on column dead.step is 'Step it died at; a replay begins there.';
comment on column dead.mode is 'Mode of the job.';
comment on column dead.cause is 'Root cause: poison (killed three workers), config (ours), remote_4xx, remote_5xx, timeout, tls, refused_address, breaker, budget (vendor wants money, or a limit of ours), schema, mirror.';
comment on column dead.last_code is 'HTTP status of the last try.';
comment on column dead.last_error is 'What the last try said.';
comment on column dead.attempts is 'Every try, oldest first.';
comment on column dead.event_type is 'event.type';
comment on column dead.object_ref is 'event.object_ref';
comment on column dead.idempotency_key is 'event.idempotency_key';
comment on column dead.canonical is 'event.canonical';
comment on column dead.traceparent is 'event.traceparent';
comment on column dead.key_salt is 'job.key_salt';
comment on column dead.serial_key is 'job.serial_key: a replay takes its old place in that order.';
comment on column dead.serial_no is 'job.serial_no';
comment on column dead.queued_at is 'When the job was made.';
comment on column dead.died_at is 'When it was buried.';
comment on column dead.replayed_as is 'job.id of the replay; null: still open.';
comment on column dead.replayed_at is 'When it was replayed.';
comment on column dead.replayed_by is 'Who did.';

create table serial (
	site_id int not null,
	route int not null,
	key text collate "C" not null,
	next_no bigint not null default 1,
	held_by bigint,
	primary key (site_id, route, key));
comment on table serial is 'One row for each subject whose jobs run one after another.';
comment on column serial.site_id is 'site.id';
comment on column serial.route is 'route.id';
comment on column serial.key is 'The subject.';
comment on column serial.next_no is 'serial_no of the next job to come.';
comment on column serial.held_by is 'dead.id that holds up its successors until it is replayed or purged; null: none does.';

---------------------------------------------------------------------- results

create table stream (
	site_id int primary key,
	floor_seq bigint not null default 0,
	floor_tag int not null
	    default (floor(random() * 4294967296.0) - 2147483648)::int);
comment on table stream is 'One row a site: who writes results locks it, so that sequence numbers become visible in order and without holes.';
comment on column stream.site_id is 'site.id';
comment on column stream.floor_seq is 'Results up to here have been pruned.';
comment on column stream.floor_tag is 'Tag of that last pruned result; random before any was.';

create table result (
	site_id int not null,
	seq bigint not null,
	tag int not null default (floor(random() * 4294967296.0) - 2147483648)::int,
	job_id bigint not null unique,
	event_id uuid not null,
	event_type text not null,
	object_ref text,
	idempotency_key text not null,
	route text not null,
	status text not null check (status in ('done', 'dead', 'cancelled', 'dry_run')),
	output jsonb,
	usage jsonb,
	coalesced jsonb,
	supersedes bigint,
	finished_at timestamptz not null default clock_timestamp(),
	primary key (site_id, seq));
comment on table result is 'What a site fetches with GET /results: one row a job, dense and in commit order within the site.';
comment on column result.site_id is 'site.id';
comment on column result.seq is 'From 1, without holes.';
comment on column result.tag is 'Random; seq.tag is the cursor, so that a cursor of a lost history is noticed.';
comment on column result.job_id is 'job.id it had; one result a job.';
comment on column result.event_id is 'event.id, the sender''s request_id.';
comment on column result.event_type is 'event.type';
comment on column result.object_ref is 'event.object_ref';
comment on column result.idempotency_key is 'event.idempotency_key';
comment on column result.route is 'route.name';
comment on column result.status is 'done, dead (nothing will come), cancelled or dry_run.';
comment on column result.output is 'What the route made of it.';
comment on column result.usage is 'Tokens over all steps.';
comment on column result.coalesced is 'Other events that the same call answered.';
comment on column result.supersedes is 'seq of the earlier result of the job that this one replayed.';
comment on column result.finished_at is 'When it was written.';

create table delivery (
	site_id int not null,
	seq bigint not null,
	due_at timestamptz not null,
	claim_no int not null default 0,
	attempt smallint not null default 0,
	window_ends_at timestamptz,
	lease_by bigint,
	leased_at timestamptz,
	last_code int,
	last_error text,
	primary key (site_id, seq));
create index delivery_due on delivery (site_id, due_at);
comment on table delivery is 'Results that a site wants called back with; a row goes when the site has taken it.';
comment on column delivery.site_id is 'site.id';
comment on column delivery.seq is 'result.seq';
comment on column delivery.due_at is 'Not before this; while claimed, when the lease ends.';
comment on column delivery.claim_no is 'Fencing token, as in job.';
comment on column delivery.attempt is 'Tries, a running one included.';
comment on column delivery.window_ends_at is 'Given up after this.';
comment on column delivery.lease_by is 'worker.id that holds it.';
comment on column delivery.leased_at is 'When it was last claimed.';
comment on column delivery.last_code is 'HTTP status of the last failed try.';
comment on column delivery.last_error is 'What it said.';

-------------------------------------------------------------------- operation

create table worker (
	id bigint generated always as identity primary key,
	host text not null,
	pid int not null,
	version text not null,
	in_flight int not null default 0,
	started_at timestamptz not null default clock_timestamp(),
	beat_at timestamptz not null default clock_timestamp(),
	beat_before timestamptz,
	left_at timestamptz)
	with (fillfactor = 50);
comment on table worker is 'One row for each start of a pressgate-worker.';
comment on column worker.id is 'Fresh at each start: job.lease_by.';
comment on column worker.host is 'Host name.';
comment on column worker.pid is 'Process id there.';
comment on column worker.version is 'Of the program.';
comment on column worker.in_flight is 'Calls under way at its last beat.';
comment on column worker.started_at is 'When it started.';
comment on column worker.beat_at is 'When it last said that it lives (every 5 s).';
comment on column worker.beat_before is 'The time before that: shows that it could reach the database then.';
comment on column worker.left_at is 'When it stopped, or when its leases were taken over; null: living.';

create table pause (
	id int generated always as identity primary key,
	site_id int,
	route text,
	service text,
	since timestamptz not null default now(),
	by text not null,
	unique nulls not distinct (site_id, route, service));
comment on table pause is 'What workers do not ask for. Null means any. Resuming touches no job.';
comment on column pause.id is 'Only a number.';
comment on column pause.site_id is 'site.id, or any.';
comment on column pause.route is 'Name of the route, or any.';
comment on column pause.service is 'Name of the service, or any.';
comment on column pause.since is 'When.';
comment on column pause.by is 'Who.';

create table breaker (
	service text not null,
	endpoint text not null,
	state text not null check (state in ('closed', 'open', 'half_open')),
	failures int not null default 0,
	opened_at timestamptz,
	open_until timestamptz,
	probe_by bigint,
	probe_until timestamptz,
	reason text,
	primary key (service, endpoint));
comment on table breaker is 'Circuit breakers, shared by all workers.';
comment on column breaker.service is 'Name of the service.';
comment on column breaker.endpoint is 'Scheme, host and port.';
comment on column breaker.state is 'closed (calls go), open (none go), half_open (one probe goes).';
comment on column breaker.failures is 'Failures in a row.';
comment on column breaker.opened_at is 'When it opened.';
comment on column breaker.open_until is 'When the next probe may go.';
comment on column breaker.probe_by is 'worker.id that probes.';
comment on column breaker.probe_until is 'When that probe counts as lost.';
comment on column breaker.reason is 'Why it opened.';

create table budget (
	site_id int not null,
	service text not null,
	day date not null,
	calls bigint not null default 0,
	tokens bigint not null default 0,
	primary key (site_id, service, day));
comment on table budget is 'What a site has spent at a service, by UTC day.';
comment on column budget.site_id is 'site.id';
comment on column budget.service is 'Name of the service.';
comment on column budget.day is 'UTC.';
comment on column budget.calls is 'Calls.';
comment on column budget.tokens is 'Tokens, as the vendor counted them.';

create table audit (
	id bigint generated always as identity primary key,
	at timestamptz not null default now(),
	who text not null,
	action text not null,
	object text not null,
	detail jsonb);
comment on table audit is 'What operators did.';
comment on column audit.id is 'Only a number.';
comment on column audit.at is 'When.';
comment on column audit.who is 'As the command or the console said.';
comment on column audit.action is 'replay, cancel, pause, resume, purge, apply.';
comment on column audit.object is 'What it was done to.';
comment on column audit.detail is 'How.';
