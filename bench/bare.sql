-- The tables of bench/bare.c: what a plain queue needs, and nothing else.
create schema bare;
create table bare.event (
	id bigint generated always as identity primary key,
	body jsonb not null,
	received_at timestamptz not null default now());
create table bare.job (
	id bigint generated always as identity primary key,
	event_id bigint not null,
	route int not null,
	attempt int not null default 0,
	due_at timestamptz not null default now());
create index job_due on bare.job (route, due_at);
