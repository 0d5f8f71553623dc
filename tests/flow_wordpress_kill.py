#!/usr/bin/env python3
"""PHP dies before any one statement of a minute's work, and six of it run at
once: the gate has each event once, and each result is applied once."""

import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import SITE as STACK_SITE, Stack  # noqa: E402
from wordpress import WordPress  # noqa: E402
from wordpress_site import Site  # noqa: E402

# Every statement of WordPress passes its filter `query` before it is sent.
KILLER = r"""<?php
add_filter(
	'query',
	static function ( $sql ) {
		static $n = 0;
		if ( getenv( 'KILL_AT' ) && did_action( 'pressgate_tick' ) && ++$n === (int) getenv( 'KILL_AT' ) ) {
			file_put_contents( getenv( 'KILL_LOG' ), "$n " . strtok( $sql, "\n" ) . "\n", FILE_APPEND );
			posix_kill( getmypid(), SIGKILL );
		}
		// Nobody keeps anybody out: each has a lock of its own.
		return getenv( 'NO_LOCK' ) ? str_replace( 'pressgate_lock_poll', 'lock_of_' . getmypid(), $sql ) : $sql;
	}
);
"""

# An event that has to go, and a result that has to come.
AGAIN = """\
update wp_pressgate_outbox set status = 'pending', attempts = 0, next_at = 0,
	claim = '', sent_at = 0, request_id = '';
delete from wp_pressgate_inbox;
delete from site_settled;
delete from wp_postmeta where meta_key = 'site_summary';
delete from wp_options where option_name in ('pressgate_cursor',
	'pressgate_poll', 'pressgate_lock_poll', '_transient_doing_cron');
"""

STATEMENTS_MIN = 20


def kill_anywhere(t, post):
    log = f"{t.wp.dir}/log/kills"
    key = t.row(post)["idem"]
    result = t.wait_result(post)
    at, wrong = 0, []
    while True:
        at += 1
        t.wp.sql(AGAIN)
        code = t.wp.minute({"KILL_AT": str(at), "KILL_LOG": log})
        if code == 0:
            break
        if code != -signal.SIGKILL:
            raise AssertionError(f"wp-cron.php: exit {code}")
        t.wp.pass_time(200)  # The lock of who died is over, too.
        t.wp.cron()
        row = t.row(post)
        cursor = t.wp.value("select option_value from wp_options where "
                            "option_name = 'pressgate_cursor'")
        seen = (row["status"], row["idem"], t.inbox(post),
                len(t.meta(post)), t.settled(), cursor)
        if seen != ("sent", key, [["applied", "site_summary"]], 1,
                    [result["id"]], result["id"]):
            wrong.append((at, seen))
    print(f"# killed before each of {at - 1} statements", flush=True)
    t.check("killed before any statement of a minute's work, soon "
            "the event is sent and the result applied, once",
            not wrong, wrong)
    t.check("that many statements were hit", at - 1 >= STATEMENTS_MIN, at)
    kills = pathlib.Path(log).read_text()
    for what in ("status = 'sending', claim", "SET status = 'sent'",
                 "INSERT INTO wp_pressgate_inbox", "state = 'settling'",
                 "wp_postmeta", "SET state = 'applied'", "COMMIT",
                 "pressgate_cursor"):
        t.check(f"one of them was {what}", what in kills, kills)
    t.check("the gate has the event once", len(t.events(post)) == 1)
    return at


def killed_each_time(t, post):
    """Something of the site ends PHP whenever a certain result is applied."""
    t.wp.sql(AGAIN)
    t.wp.mu_plugin("deadly", f"""<?php
add_action( 'pressgate_result', static function ( $result ) {{
	'{post}' !== $result['object_ref'] || posix_kill( getmypid(), SIGKILL );
}} );""")
    later = t.publish("Behind the deadly one")
    t.wait_status(later, "sent")
    t.wait_result(later)
    for tries in range(15):
        t.wp.pass_time(200)
        if t.wp.cron() == 0:
            break
    t.check("a result that ends PHP ten times is given up",
            tries == 10 and t.inbox(post) == [
                ["failed", "PHP ended with it each time"]],
            (tries, t.inbox(post)))
    t.check("and what comes after it is applied",
            len(t.meta(later)) == 1 and not t.meta(post), t.inbox(later))
    t.wp.mu_plugin("deadly", "<?php")
    return later


def many_at_once(t, posts):
    for post in posts:
        t.wait_result(post)
    ids = sorted(r["id"] for r in t.s.client.walk()[0])
    for env, what in (({}, "six at once, kept apart by the lock"),
                      ({"NO_LOCK": "1"}, "six at once without a lock")):
        t.wp.sql(AGAIN)
        go = f"{t.wp.dir}/run/go"
        if os.path.exists(go):
            os.unlink(go)
        code = (f"touch( '{t.wp.dir}/tmp/ready.' . getmypid() );"
                f"while ( ! file_exists( '{go}' ) ) {{ usleep( 100 ); "
                "clearstatcache(); } Pressgate\\Plugin::tick();")
        ready = pathlib.Path(t.wp.dir, "tmp")
        for old in ready.glob("ready.*"):
            old.unlink()
        ticks = [t.wp.start_code(code, env) for _ in range(6)]
        wait_until("six", lambda: len(list(ready.glob("ready.*"))) == 6)
        pathlib.Path(go).touch()
        outs = [(p.communicate(timeout=60)[0], p.returncode) for p in ticks]
        t.check(f"{what}: none of them complains",
                outs == [("", 0)] * 6, outs)
        # One that met another at the cursor leaves the rest to the next.
        t.wp.minute()
        t.check(f"{what}: each of {len(ids)} results is settled once",
                sorted(t.settled()) == ids
                and all(len(t.meta(p)) == 1 for p in posts),
                (ids, t.settled()))
        t.check(f"{what}: each event is sent, by one try",
                {(t.row(p)["status"], t.row(p)["attempts"])
                 for p in posts} == {("sent", "1")},
                [t.row(p) for p in posts])


def main():
    check = Checks()
    # What the plugin sends fits the schema that is shipped for it.
    site = STACK_SITE.replace("\troute", """\
	event "post.published" { schema = "schemas/relay/post.published.json" }
	route""", 1)
    with Stack(site=site) as s, WordPress() as wp:
        s.start()
        wp.start()
        t = Site(check, s, wp)
        t.prepare()
        wp.mu_plugin("killer", KILLER)
        t.use("relay")
        first = t.publish("Killed and killed again")
        t.wait_status(first, "sent")
        kill_anywhere(t, first)
        later = killed_each_time(t, first)
        more = [later] + [t.publish(f"One of seven, {n}") for n in range(6)]
        for post in more:
            t.wait_status(post, "sent")
        many_at_once(t, [first, *more])
        check("PHP has nothing to say about the plugin",
              not wp.complaints(), wp.complaints()[:5])
    check.exit()


main()
