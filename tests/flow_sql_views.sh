#!/bin/sh
# What a DBA reads: each state of a job has its name in the view queue, and
# queue_health says what is wrong. A pause is seen at once, and a mistyped
# name does not take it back.

set -u
srcdir=${srcdir:-$(dirname "$0")/..}
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
. "$srcdir/tests/lib/sql_fixture.sh"
sql_load

states()
{
	q -c "select string_agg(state || ' ' || jobs, ', ' order by state)
		from pressgate.queue"
}

verdict()
{
	q -c "select verdict from pressgate.queue_health where site = 'a'"
}

# begins START ACTUAL WHAT
begins()
{
	case $2 in
	"$1"*) echo "ok: $3" ;;
	*) fail "$3: expected $1, got $2" ;;
	esac
}

same "" "$(states)" "an empty queue has no rows"
same "" "$(verdict)" "and nothing is said of its health"

q -c "select * from t.ingest('a', array['k1', 'k2', 'k3'])" >/dev/null
same "due 3" "$(states)" "new jobs are due"
same "no worker has ever run: start pressgate-worker" "$(verdict)" \
	"without a worker, health says so"

w=$(q -c "select pressgate.worker_start('h', 1, 'v')")
same "ok" "$(verdict)" "with one, all is well"
q -c "select count(*) from pressgate.claim($w,
	array(select id from pressgate.lane where not replay), array[1],
	array[0]::bigint[], array[1], 1)" >/dev/null
same "due 2, running 1" "$(states)" "a claimed job is running"

q -c "select pressgate.pause('a', null, 's', 'me')" >/dev/null
same "paused 2, running 1" "$(states)" "due jobs of a paused service are paused"
begins "jobs are paused" "$(verdict)" "and health says so at once"
same "0 2" "$(q -F ' ' -c "select due, paused from pressgate.queue_health")" \
	"paused jobs do not count as due"
q -c "select t.ingest('b', array['k4'])" >/dev/null
same "ok" "$(q -c "select verdict from pressgate.queue_health
	where site = 'b'")" "another site's health is not changed by it"
q -c "delete from pressgate.job j using pressgate.site s
	where s.id = j.site_id and s.name = 'b'" >/dev/null
q -c "select pressgate.resume('a', null, 's', 'me')" >/dev/null
same "due 2, running 1" "$(states)" "resumed, they are due again"

q -c "select pressgate.pause(null, null, null, 'me')" >/dev/null
q -c "select pressgate.resume('typo', null, null, 'me')" >/dev/null 2>&1 &&
	fail "a site that is not there can be resumed"
same 1 "$(q -c "select count(*) from pressgate.pauses")" \
	"a mistyped site does not take back a pause of all sites"
same 1 "$(q -c "select pressgate.resume(null, null, null, 'me')")" \
	"named as it was made it is taken back"

q -c "update pressgate.job set due_at = now() - interval '1 s'
	where lease_by is not null" >/dev/null
same "due 2, lease_expired 1" "$(states)" "a lease can run out"
q -c "update pressgate.job set lease_by = null, attempt = 1,
	due_at = now() + interval '1 h'" >/dev/null
same "waiting_to_retry 3" "$(states)" "failed jobs wait for their next try"
begins "every job is being retried" "$(verdict)" "and health says so"
q -c "update pressgate.job set due_at = now() - interval '2 min'" >/dev/null
same "due_to_retry 3" "$(states)" "until it is due"
begins "due jobs wait for more than a minute" "$(verdict)" \
	"health tells overdue jobs"
q -c "update pressgate.job set attempt = 0, due_at = now() + interval '1 h'" \
	>/dev/null
same "scheduled 3" "$(states)" "a job may be scheduled for later"
q -c "update pressgate.job set due_at = 'infinity'" >/dev/null
same "behind_another 3" "$(states)" "a serial job waits behind another"

q -c "select pressgate.worker_stop($w)" >/dev/null
begins "no worker is alive, the last one was seen 00:00:0" "$(verdict)" \
	"when the worker has left, health says when"
