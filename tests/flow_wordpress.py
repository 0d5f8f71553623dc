#!/usr/bin/env python3
"""A site's day with the plugin: a real WordPress (Debian's, with MariaDB,
php-fpm and nginx) publishes posts; responder, worker and PostgreSQL take
them; the stand-in LLM answers; WP-Cron fetches the results; the posts have
them in a custom field. Then what may go wrong between the two."""

import html
import json
import pathlib
import re
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from fake_gate import FakeGate  # noqa: E402
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402
from wordpress import WordPress  # noqa: E402
from wordpress_site import SITE, Site  # noqa: E402

TITLE = "It's C:\\new \"thing\" \u2013 5 > 3 & <b>caf\u00e9</b> \U0001f600"
PLAIN = "It's C:\\new \"thing\" \u2013 5 > 3 & caf\u00e9 \U0001f600"


# In the place of what `site add` leaves for the operator to fill in.
ROUTE = """
	route "summarise" {
		events = {"post.published"}
		urgency = "high"
		step "summary" {
			service = "llm"
			model = "gpt-4o-mini"
			prompt = "Summarise: {{/data/title|default:untitled}}"
		}
		result = "{\\"summary\\": {{/steps/summary/output/text|json}}}"
	}
"""

# WP-CLI is not in Debian: what of it the command calls.
WP_CLI = r"""
class WP_CLI {
	public static function line( $text ) { echo $text, "\n"; }
	public static function success( $text ) { echo $text, "\n"; }
	public static function error( $text ) { echo "Error: $text\n"; exit( 1 ); }
}
"""


def before_it_is_set_up(t):
    t.check("a site without constants is not disturbed",
            t.publish("Nothing yet") and t.row(1) is None)
    page = t.wp.admin_page("/wp-admin/plugins.php")
    t.check("its administrator is told which constants are missing",
            b"PRESSGATE_ENDPOINT, PRESSGATE_SITE" in page.body)
    t.wp.cron()
    rows = t.wp.sql("select count(*) from wp_pressgate_outbox")
    t.check("no event is written down, then or by WP-Cron",
            rows == [["0"]], rows)


def round_trip(t):
    category = t.wp.rest("POST", "/wp/v2/categories", {"name": "A & B"})
    tag = t.wp.rest("POST", "/wp/v2/tags", {"name": "tag \u00fc"})
    post = t.publish(TITLE, categories=[category.json()["id"]],
                     tags=[tag.json()["id"]],
                     content="<!-- wp:paragraph --><p>One &amp; \"two\"</p>"
                     "<!-- /wp:paragraph --><ul><li>a</li><li>b</li></ul>")
    row = t.wait_status(post, "sent")
    t.check("a published post is sent after the response, at the first try",
            row["attempts"] == "1" and row["http_code"] == "202", row)
    events = t.events(post)
    t.check("the gate has it once, under the key that WordPress gave it",
            [e[0] for e in events] == [row["idem"]], events)
    data = json.loads(events[0][1])
    t.check("title and text come without tags, with every character",
            data["title"] == PLAIN and data["text"] == 'One & "two"\na\nb',
            data)
    t.check("categories and tags that the REST API assigns after the post's "
            "change of status are there", data["categories"] == ["A & B"]
            and data["tags"] == ["tag \u00fc"], data)
    t.check("author, address and locale are there",
            data["author"] == "admin" and data["locale"] == "en_US"
            and data["url"].startswith(t.wp.url), data)
    result = t.wait_result(post)
    t.check("the gate knows it by the request id that WordPress has",
            result["request_id"] == row["request_id"], result)
    t.check("before WP-Cron runs nothing is in the post", not t.meta(post))
    t.wp.minute()
    text = result["output"]["summary"]
    meta = t.meta(post)
    t.check("WP-Cron fetches the LLM's text into the post's custom field",
            len(meta) == 1 and html.unescape(meta[0]) == text
            and PLAIN.split()[-1] in text, (meta, text))
    t.check("as HTML that may be shown", "<b>" not in meta[0]
            and "&gt; 3 &amp;" in meta[0], meta)
    t.check("the result is kept as applied",
            t.inbox(post) == [["applied", "site_summary"]], t.inbox(post))
    t.wp.minute()
    t.check("the next minute applies nothing again",
            t.meta(post) == meta and len(t.inbox(post)) == 1)
    return post


def what_is_no_event(t, post):
    before = t.wp.value("select count(*) from wp_pressgate_outbox")
    t.wp.rest("POST", f"/wp/v2/posts/{post}", {"content": "Edited."})
    t.wp.rest("POST", f"/wp/v2/posts/{post}/autosaves", {"content": "Auto."})
    t.wp.rest("POST", "/wp/v2/posts", {"title": "Draft", "status": "draft"})
    t.wp.rest("POST", "/wp/v2/pages", {"title": "P", "status": "publish"})
    t.wp.rest("POST", "/wp/v2/posts", {
        "title": "Secret", "status": "publish", "password": "x"})
    t.wp.rest("POST", "/wp/v2/posts", {"title": "Pr", "status": "private"})
    t.wp.php("Pressgate\\Guard::run( fn() => wp_insert_post( array("
             "'post_title' => 'By an applier', 'post_status' => 'publish')"
             ") );")
    t.wp.php("define( 'WP_IMPORTING', true ); wp_insert_post( array("
             "'post_title' => 'Imported', 'post_status' => 'publish' ) );")
    after = t.wp.value("select count(*) from wp_pressgate_outbox")
    t.check("an edit, an autosave, a draft, a page, a post with a password, "
            "a private one, an import and what an applier does are no events",
            before == after, (before, after))


def published_otherwise(t):
    out = t.wp.php(
        "$id = wp_insert_post( array( 'post_title' => 'Later', "
        "'post_content' => 'x', 'post_status' => 'future', 'post_date' => "
        "'2037-01-01 00:00:00' ) ); wp_publish_post( $id ); echo $id;")
    row = t.row(out)
    t.check("a scheduled post that goes live is an event, which waits where "
            "the server cannot end a response early",
            row and row["status"] == "pending" and row["attempts"] == "0",
            row)
    t.wp.minute()
    t.check("WP-Cron sends it", t.row(out)["status"] == "sent", t.row(out))
    draft = t.wp.rest("POST", "/wp/v2/posts", {"title": "Twice"}).json()
    click = [threading.Thread(target=t.wp.rest, args=(
        "POST", f"/wp/v2/posts/{draft['id']}", {"status": "publish"}))
        for _ in range(4)]
    for c in click:
        c.start()
    for c in click:
        c.join()
    rows = t.wp.value("select count(*) from wp_pressgate_outbox where "
                      f"object_ref = '{draft['id']}'")
    t.check("published by four requests at once it is one event",
            rows == "1", rows)
    post = t.publish("Long", content="<p>\u00e9 \"</p>" * 90000)
    t.wait_status(post, "sent")
    data = json.loads(t.events(post)[0][1])
    t.check("a text that is too long for the gate is cut, and says so",
            data["truncated"] is True and len(data["text"]) > 100000,
            len(data["text"]))
    post = t.publish("Taken back")
    t.wait_status(post, "sent")

    def publish_again(**members):
        draft = t.wp.rest("POST", f"/wp/v2/posts/{post}", {"status": "draft"})
        live = t.wp.rest("POST", f"/wp/v2/posts/{post}",
                         {"status": "publish", **members})
        return (draft.json()["status"], live.json()["status"]) == (
            "draft", "publish")

    t.check("taken back and published unchanged it is the same event",
            publish_again() and t.row(post)["attempts"] == "1"
            and t.wp.value("select count(*) from wp_pressgate_outbox where "
                           f"object_ref = '{post}'") == "1", t.row(post))
    publish_again(content="Changed.")
    wait_until("the second event", lambda: len(t.events(post)) == 2)
    t.check("taken back, changed and published it is another one", True)


def add_site(t, door):
    """site add, a route, block A into wp-config.php; the site's name."""
    name = door + "-site"
    block = t.s.pressgate("site", "add", name, "--url", t.wp.url,
                          "--door", door)
    path = f"{t.s.dir}/etc/sites.d/{name}.conf"
    text = pathlib.Path(path).read_text()
    t.s.write(f"etc/sites.d/{name}.conf",
              text[:text.rindex("}")] + ROUTE + "}\n")
    t.s.pressgate("apply")
    t.reload()
    t.wp.constants(block)
    return name


def through_door(t, door, post, title):
    t.wait_status(post, "sent")
    wait_until("the gate's result", lambda: t.s.sql(
        f"select 1 from pressgate.result where object_ref = '{post}'"))
    t.wp.pass_time()
    t.wp.request("GET", "/wp-cron.php")  # It goes on after its answer.
    wait_until("WP-Cron", lambda: t.inbox(post))
    t.check(f"{door}: an event goes in and its result comes back",
            title in "".join(t.meta(post)), t.inbox(post))
    seen = t.s.sql("select scheme from pressgate.event where object_ref = "
                   f"'{post}'")
    t.check(f"{door}: by that scheme", seen == [[door]], seen)


def first_hour(t):
    """As doc/wordpress.md has it, by each door."""
    for door in ("edge", "relay"):
        add_site(t, door)
        title = f"Through the door {door}"
        through_door(t, door, t.publish(title), title)
    name = add_site(t, "bridge")
    title = "Through the door bridge"
    post = t.publish(title)
    wait_until("401", lambda: t.row(post)["http_code"] == "401")
    t.wp.minute()
    t.check("bridge: until the gate has the site's key events wait",
            t.row(post)["status"] == "pending", t.row(post))
    page = t.wp.admin_page("/wp-admin/index.php").body.decode()
    block = html.unescape(re.search(r"<textarea readonly[^>]*>(.*?)"
                                    r"</textarea>", page, re.S)[1])
    t.check("the dashboard shows block B, and nothing of the private key",
            block.startswith(f"pressgate site key 1\nsite: {name}\n")
            and "PRIVATE" not in page, block)
    said = t.wp.php(WP_CLI + "( new Pressgate\\Command() )->key();")
    t.check("wp pressgate key prints the same", said == block, said)
    key = t.wp.value("select concat(autoload, left(option_value, 27)) from "
                     "wp_options where option_name = 'pressgate_key_pair'")
    t.check("the private key is in an option that no page loads",
            key == "no-----BEGIN PRIVATE KEY-----"[:29], key)
    said = t.s.pressgate("site", "key", name, "-", text=block)
    mark = re.search(r"[0-9a-f]{64}", said)[0]
    status = t.wp.php(WP_CLI + "( new Pressgate\\Command() )->status();")
    t.check("gate, dashboard and wp pressgate status show one fingerprint",
            mark in page and mark in status, (said, status))
    t.reload()
    t.wp.pass_time(400)
    t.wp.cron()  # Fetching works again: that ends the pause.
    t.wp.minute()
    through_door(t, "bridge", post, title)
    page = t.wp.admin_page("/wp-admin/index.php").body.decode()
    t.check("then the dashboard says nothing any more",
            "pressgate site key" not in page
            and "pressgate has paused" not in page)
    said = t.wp.php(WP_CLI + "( new Pressgate\\Command() )->status();")
    t.check("wp pressgate status says how things stand",
            f"site {name}, scheme bridge" in said and "sent" in said
            and "applied" in said and "last poll: 20" in said, said)
    secrets = t.wp.php("echo PRESSGATE_SECRET, ' ', substr( Pressgate\\State"
                       "::read( 'pressgate_key_pair' ), 30, 40 );").split()
    t.check("no secret is in it", len(secrets) == 2
            and not [x for x in secrets if x in said], (secrets, said))
    t.use("relay")


def changed_since(t):
    t.s.behave("gpt-4o-mini", "slow-1s")
    post = t.publish("Edited while the model thinks")
    t.wp.rest("POST", f"/wp/v2/posts/{post}", {"content": "Other words."})
    t.wait_result(post)
    t.s.behave("gpt-4o-mini", None)
    t.wp.minute()
    t.check("a result of what the post was before an edit is not applied",
            t.inbox(post) == [["skipped", "the post was changed since"]]
            and not t.meta(post), (t.inbox(post), t.meta(post)))
    post = t.publish("Deleted while the model thinks")
    t.wp.rest("DELETE", f"/wp/v2/posts/{post}?force=true")
    t.wait_result(post)
    t.wp.minute()
    t.check("nor is one of a post that is gone",
            t.inbox(post) == [["skipped", "the post is gone"]],
            t.inbox(post))
    t.wp.mu_plugin("site", "<?php")
    post = t.publish("Nobody wants the result")
    t.without_hook = t.wait_result(post)["id"]
    t.wp.minute()
    t.check("nor is any while the site has not said where it goes",
            t.inbox(post) == [["skipped", "no field of this site takes it"]],
            t.inbox(post))
    t.wp.mu_plugin("site", SITE)


def gate_away(t):
    t.s.procs["web"].stop()
    post = t.publish("While the gate is down")
    row = t.wait_status(post, "pending")
    row = wait_until("a try", lambda: (t.row(post)["attempts"] == "1"
                                       and t.row(post)["status"] == "pending"
                                       and t.row(post)))
    t.check("while the gate is down a post is published and its event waits",
            "connect" in row["error"].lower() and row["http_code"] == "0",
            row)
    wait = int(t.wp.value("select cast(next_at as signed) - "
                          "unix_timestamp() from wp_pressgate_outbox where "
                          f"object_ref = '{post}'"))
    t.check("it is tried again after a minute", 50 <= wait <= 72, wait)
    t.wp.pass_time(1)
    t.wp.cron()
    t.check("not before", t.row(post)["attempts"] == "1", t.row(post))
    t.s.start_program("web", t.s.web.argv())
    wait_until("the gate", t.s.ready)
    t.wp.minute()
    t.check("it arrives once the gate is back",
            t.row(post)["status"] == "sent" and len(t.events(post)) == 1,
            t.row(post))
    t.wait_result(post)
    t.wp.minute()
    t.check("and its result comes", len(t.meta(post)) == 1)


def gate_hangs(t):
    """No clock is looked at: the gate answers only after WordPress has."""
    answered, order = threading.Event(), []

    def answer(request):
        order.append("asked")
        order.append("answered" if answered.wait(4) else "too early")
        return 202, {}, {"status": "accepted", "request_id": "r-1"}

    with FakeGate(answer) as gate:
        t.use("relay", endpoint=gate.url)
        post = t.publish("While the gate hangs")
        answered.set()
        row = t.wait_status(post, "sent")
        t.check("WordPress answers the editor before the gate has answered",
                order == ["asked", "answered"]
                and row["request_id"] == "r-1", (order, row))
        del gate.requests[:]
        out = t.wp.php("echo wp_insert_post( array( 'post_title' => 'CLI', "
                       "'post_content' => 'x', 'post_status' => 'publish' ) "
                       ");")
        t.check("where a response cannot be ended early nothing is asked",
                not gate.requests and t.row(out)["status"] == "pending",
                gate.requests)
        t.wp.minute()
        t.wait_status(out, "sent")
    t.use("relay")


def timeouts(t):
    """One gate takes no connection, one answers nothing: both at once."""
    ask = ("echo ( new Pressgate\\Gate( Pressgate\\Settings::from_constants() "
           ") )->get( '/results' )->why();")
    never = threading.Event()
    with FakeGate(lambda r: (never.wait(20), {}, {})) as silent, \
            socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for s in waiting:
            s.setblocking(False)
            s.connect_ex(full.getsockname())
        gates = (f"http://127.0.0.1:{full.getsockname()[1]}", silent.url)
        asked = [t.wp.start_code(ask, {"GATE": g}) for g in gates]
        said = [p.communicate(timeout=60)[0] for p in asked]
        never.set()
        for s in waiting:
            s.close()
    t.check("a gate that takes no connection is given up after 3 s",
            re.search(r"connect .* after 3\d{3} ms", said[0]), said[0])
    t.check("one that does not answer after 5 s",
            re.search(r"timed out after 5\d{3} milli", said[1]), said[1])


ANSWERS = [
    # answer of the gate, what the row is then, whether the next row is tried
    ((202, {}, {"status": "accepted", "request_id": "r"}), "sent", True),
    ((202, {}, {"hello": "world"}), "pending", False),
    ((200, {}, {"status": "accepted", "request_id": "r"}), "pending", False),
    ((307, {"Location": "/elsewhere"}, {}), "pending", False),
    ((400, {}, {}), "dead", True),
    ((403, {}, {}), "dead", True),
    ((404, {}, {}), "pending", False),
    ((408, {}, {}), "pending", False),
    ((413, {}, {}), "dead", True),
    ((422, {}, {}), "dead", True),
    ((425, {}, {}), "pending", False),
    ((500, {}, {}), "pending", False),
    ((503, {"Retry-After": "5"}, {}), "pending", False),
]

TWO_ROWS = """\
update wp_pressgate_outbox set status = 'sent' where status <> 'sent';
update wp_pressgate_outbox set status = 'pending', next_at = 0, attempts = 0,
	http_code = 0, error = '' order by id desc limit 2;
"""


def what_the_gate_says(t):
    with FakeGate(lambda r: said) as gate:
        t.use("relay", endpoint=gate.url)
        for said, status, goes_on in ANSWERS:
            t.wp.sql(TWO_ROWS)
            del gate.requests[:]
            t.wp.php("Pressgate\\Plugin::sender()->drain( 20 );")
            posts = gate.posts()
            rows = t.wp.sql("select status, attempts, http_code, error from "
                            "wp_pressgate_outbox order by id desc limit 2")
            tried = [r for r in rows if r[1] == "1"]
            t.check(f"{said[0]} {said[1] or said[2]}: the row is {status}, "
                    f"the next one is {'tried' if goes_on else 'left'}",
                    len(tried) == len(posts) == (2 if goes_on else 1)
                    and {r[0] for r in tried} == {status}
                    and {r[2] for r in tried} == {str(said[0])}
                    and (goes_on or ["pending", "0", "0", ""] in rows), rows)
        first, again = [], []
        said = 500, {}, {}
        t.wp.sql(TWO_ROWS)
        for tries in (first, again):
            del gate.requests[:]
            t.wp.php("Pressgate\\Plugin::sender()->drain( 20 );")
            tries += gate.posts()
            time.sleep(1.1)
            t.wp.sql("update wp_pressgate_outbox set next_at = if(attempts, "
                     "0, 99999999999) where status = 'pending'")
        names = ("Idempotency-Key", "X-WP-Key-Id", "Content-Type")
        t.check("a second try has the same body and key, and is signed anew",
                len(first) == len(again) == 1
                and first[0]["body"] == again[0]["body"]
                and all(first[0]["headers"][n] == again[0]["headers"][n]
                        for n in names)
                and first[0]["headers"]["X-WP-Timestamp"]
                != again[0]["headers"]["X-WP-Timestamp"]
                and first[0]["headers"]["X-WP-Signature"]
                != again[0]["headers"]["X-WP-Signature"], (first, again))
        said = 429, {"Retry-After": "1000"}, {}
        t.wp.sql(TWO_ROWS)
        for _ in range(2):
            t.wp.php("Pressgate\\Plugin::sender()->drain( 20 );")
        t.check("after 429 nobody is tried before Retry-After is over",
                len(gate.posts()) == 2 and t.wp.value(
                    "select max(cast(next_at as signed)) - unix_timestamp() "
                    "between 980 and 1020 from wp_pressgate_outbox where "
                    "status = 'pending'") == "1", gate.posts())
        t.wp.pass_time(1100)
        said = 202, {}, {"status": "accepted", "request_id": "r"}
        t.wp.cron()
        rows = t.wp.sql("select status from wp_pressgate_outbox order by id "
                        "desc limit 2")
        t.check("then all are", rows == [["sent"], ["sent"]], rows)
    t.use("relay")


def refused(t):
    t.use("relay", secret="0" * 64)
    post = t.publish("Signed with a wrong secret")
    row = wait_until("an answer", lambda: (t.row(post)["http_code"] == "401"
                                           and t.row(post)))
    t.check("an event whose signature is refused waits, and is not counted "
            "as tried", row["status"] == "pending" and row["attempts"] == "0",
            row)
    other = t.publish("While sending is paused")
    t.wp.minute()
    t.check("401 pauses sending", t.row(other)["http_code"] == "0"
            and t.row(post)["http_code"] == "401", t.row(other))
    page = t.wp.admin_page("/wp-admin/index.php")
    t.check("the administrator is told",
            b"pressgate has paused sending" in page.body)
    t.use("relay")
    t.wp.minute()
    t.check("the right secret, and both are sent",
            [t.row(p)["status"] for p in (post, other)] == ["sent"] * 2)
    # Now without a change on this side: the gate learns our secret later.
    s = t.s
    s.write("etc/secrets.d/relay", "1" * 64 + "\n")
    s.procs["responder"].stop()
    s.start_responder()
    third = t.publish("The gate has another secret")
    wait_until("401", lambda: t.row(third)["http_code"] == "401")
    t.wp.minute()
    last = t.wp.value("select option_value from wp_options where "
                      "option_name = 'pressgate_poll'")
    t.check("a poll that is refused is not repeated for five minutes",
            json.loads(last)["code"] == 401
            and 200 <= json.loads(last)["next"] - time.time() <= 301, last)
    s.write("etc/secrets.d/relay", s.secret + "\n")
    s.procs["responder"].stop()
    s.start_responder()
    t.wp.minute()
    t.check("until then nothing is sent either",
            t.row(third)["status"] == "pending")
    t.wp.pass_time(400)
    t.wp.cron()
    t.wp.minute()
    t.check("once the gate knows us again sending goes on by itself",
            t.row(third)["status"] == "sent", t.row(third))


def cursor_gone(t):
    t.wp.sql("update wp_options set option_value = '999999.00000000' "
             "where option_name = 'pressgate_cursor'")
    post = t.publish("After the gate's history was lost")
    t.wait_result(post)
    t.wp.minute()
    t.check("after 410 it starts where the gate says, and applies what is new",
            len(t.meta(post)) == 1, t.inbox(post))


def each_once(t):
    """At the end: what the gate has and what WordPress did with it."""
    t.wp.minute()
    gate = sorted(r["id"] for r in t.s.client.walk()[0])
    kept = sorted(r[0] for r in t.wp.sql("select result_id from "
                                         "wp_pressgate_inbox"))
    t.check(f"each of the gate's {len(gate)} results came once, and nothing "
            "else", gate == kept and gate, (gate, kept))
    t.check("each ran the site's hook once, but while it had none",
            sorted(t.settled())
            == sorted(set(kept) - {t.without_hook}), t.settled())


def result(n, **members):
    return {"seq": n, "id": f"{n}.0000000{n}", "request_id": "r",
            "event_type": "post.published", "object_ref": "1",
            "idempotency_key": "unknown", "route": "summarise",
            "status": "done", "output": {"summary": "x"}, "usage": None,
            **members}


def what_results_may_be(t):
    """Pages of a gate that is none."""
    t.use("relay")
    post = t.publish("Results of all kinds")
    key = t.wait_status(post, "sent")["idem"]
    mine = {"idempotency_key": key, "object_ref": str(post)}
    pages = {}

    def answer(request):
        since = request["target"].partition("since=")[2]
        return pages.get(since) or (500, {}, {})

    def poll():
        t.wp.php("Pressgate\\Plugin::poller()->poll( 20 );")
        rows = t.wp.sql("select result_id, state, note from "
                        "wp_pressgate_inbox order by result_id")
        return {r[0][0]: (r[1], r[2]) for r in rows}

    def cursor():
        return t.wp.value("select option_value from wp_options where "
                          "option_name = 'pressgate_cursor'")

    with FakeGate(answer) as gate:
        t.use("relay", endpoint=gate.url)
        t.wp.sql("delete from wp_pressgate_inbox; delete from wp_options "
                 "where option_name = 'pressgate_cursor'")
        pages[""] = 200, {}, {"next": "a", "has_more": True, "results": [
            result(1), result(2, status="dead", output=None, **mine),
            result(3, status="dry_run", **mine)]}
        pages["a"] = 200, {}, {"next": "b", "has_more": True, "results": [
            result(4, output="no object", **mine),
            result(5, output={"summary": {"not": "scalar"}}, **mine)]}
        pages["b"] = 200, {}, {"next": "c", "has_more": False, "results": [
            result(6, output={"summary": 1.5, "other": "y"}, **mine)]}
        seen = poll()
        t.check("one run fetches page after page",
                [r["target"] for r in gate.requests]
                == ["/results?limit=50", "/results?limit=50&since=a",
                    "/results?limit=50&since=b"] and cursor() == "c",
                [r["target"] for r in gate.requests])
        other = ("skipped", "no field of this site takes it")
        t.check("each result is kept, with what became of it", seen == {
            "1": ("skipped", "no event of this site"),
            "2": ("skipped", "status dead"),
            "3": ("skipped", "status dry_run"),
            "4": other, "5": other, "6": ("applied", "site_summary")}, seen)
        t.check("the one that fits is applied", t.meta(post) == ["1.5"],
                t.meta(post))
        for what, bad in (
                ("a result without an id", {"id": None}),
                ("one with an id that is none", {"id": "1'; x"}),
                ("one whose key is a list", {"idempotency_key": []})):
            pages["c"] = 200, {}, {"next": "d", "has_more": False,
                                   "results": [result(7, **bad)]}
            t.check(f"{what} stops the run: the cursor stays",
                    poll() == seen and cursor() == "c", cursor())
        for what, page in (
                ("a cursor that is none", {"next": "a b", "results": []}),
                ("no list of results", {"next": "d", "results": None}),
                ("a list", [])):
            pages["c"] = 200, {}, page
            t.check(f"{what} stops it, too",
                    poll() == seen and cursor() == "c", cursor())
        pages["c"] = 410, {}, {"restart": "a&limit=1"}
        t.check("and a restart that is no cursor",
                poll() == seen and cursor() == "c", cursor())
        last = json.loads(t.wp.value(
            "select option_value from wp_options where option_name = "
            "'pressgate_poll'"))
        t.check("why is kept", last["error"] == "answer 410", last)
        t.wp.mu_plugin("throws", "<?php add_action( 'pressgate_result', "
                       "function () { throw new Exception( 'no' ); } );")
        pages["c"] = 200, {}, {"next": "d", "has_more": False,
                               "results": [result(8, **mine)]}
        seen = poll()
        t.check("a result whose hook throws is kept as failed, nothing of "
                "it is applied, and the cursor goes on",
                seen["8"] == ("failed", "no") and cursor() == "d"
                and t.meta(post) == ["1.5"], (seen, t.meta(post)))
        t.wp.mu_plugin("throws", "<?php")


def uninstall(t):
    t.wp.php("require_once ABSPATH . 'wp-admin/includes/admin.php';"
             "deactivate_plugins( 'pressgate/pressgate.php' );"
             "$r = delete_plugins( array( 'pressgate/pressgate.php' ) );"
             "if ( true !== $r ) { exit( 1 ); }")
    left = t.wp.sql("show tables like '%pressgate%'") + t.wp.sql(
        "select option_name from wp_options where option_name like "
        "'%pressgate%' or (option_name = 'cron' and option_value like "
        "'%pressgate%')")
    t.check("deleted, the plugin leaves no table, option or schedule",
            not left, left)


def main():
    check = Checks()
    with Stack() as s, WordPress() as wp:
        s.start()
        wp.start()
        t = Site(check, s, wp)
        t.prepare()
        print(f"# WordPress {wp.version}", flush=True)
        before_it_is_set_up(t)
        t.use("relay")
        post = round_trip(t)
        what_is_no_event(t, post)
        published_otherwise(t)
        changed_since(t)
        gate_away(t)
        gate_hangs(t)
        timeouts(t)
        what_the_gate_says(t)
        refused(t)
        cursor_gone(t)
        each_once(t)
        first_hour(t)
        what_results_may_be(t)
        check("PHP has nothing to say about the plugin",
              not wp.complaints(), wp.complaints()[:5])
        uninstall(t)
    check.exit()


main()
