#!/usr/bin/env python3
"""Schemas at the doors: an event that does not fit is 422 and leaves nothing
behind; or it is stored unrouted, or buried, as the site says. The presets take
what the plugin sends. What is stored is shaped; the raw body is as it came."""

import json
import pathlib
import signal
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from proc import children, wait_until  # noqa: E402
from stack import SITE, SOURCE, Stack  # noqa: E402

TABLES = ("event", "idem", "job", "conflict", "replay_guard", "dead")
SECRET = "something-that-nobody-else-knows"
DETAIL = "The body does not fit the schema of its event type."

# One type for each door, so that each has the preset that is for it.
SCHEMAS = """\
	event "post.published" { schema = "schemas/relay/post.published.json" }
	event "post.bridged" { schema = "schemas/bridge/event.json" }
	event "order.paid" { schema = "schemas/bridge/order.paid.json" }
	event "form.submitted" { schema = "schemas/bridge/form.submitted.json" }
	event "post.edged" { schema = "schemas/edge/event.json" }
	event "any.relayed" { schema = "schemas/relay/event.json" }
	$POLICY
	route "keep" {
		events = {"order.paid"}
		step "store" { service = "crm"  body = "{{/data|json}}" }
	}
"""

# The plugin's own code makes the body, without WordPress around it.
PLUGIN = r"""
namespace Pressgate;
define( 'ABSPATH', __DIR__ );
require $argv[1] . '/includes/autoload.php';
$data  = Event::encode_data( array(
	'title' => 'Größe & <Wert>', 'url' => 'https://blog.example.com/?p=17',
	'text' => "Wenn a<b, dann b>a.\nZweite Zeile", 'author' => 'Ann',
	'locale' => 'de_DE', 'categories' => array( 'Neues' ), 'tags' => array() ) );
$event = new Event( $argv[3], $argv[4], '17', '2026-11-22T08:00:00Z', $data );
echo 'beside' === $argv[2] ? Envelope::beside( 'event', $event )
	: Envelope::around( $argv[2], $event );
"""


def plugin_body(form, kind, key):
    return subprocess.run(
        ["php", "-r", PLUGIN, "--", SOURCE / "wordpress/pressgate", form,
         kind, key], check=True, stdout=subprocess.PIPE).stdout


def counts(s):
    return [int(s.value(f"select count(*) from pressgate.{t}"))
            for t in TABLES]


def log_of(s, key):
    """The responder's lines about that key."""
    text = pathlib.Path(f"{s.dir}/log/responder.log").read_text()
    return [json.loads(line) for line in text.splitlines()
            if f'"{key}"' in line]


def presets(check, s):
    """Each takes what its sender sends."""
    for kind, form, door in (("post.published", "beside", "relay"),
                             ("any.relayed", "beside", "relay"),
                             ("post.bridged", "event_type", "bridge"),
                             ("post.edged", "type", "edge")):
        key = str(uuid.uuid4())
        body = plugin_body(form, kind, key)
        check.status(f"{kind} by {door}, as the plugin sends it",
                     s.by(door).post(body, key), 202, "accepted")
        check("its raw body is stored as it came", s.value(
            "select encode(raw, 'hex') from pressgate.event where"
            f" idempotency_key = '{key}'") == body.hex())
    check.status("a post as a few lines of PHP send it", s.client.event(
        title="Hello", post_id=17, url="https://blog.example.com/hello",
        author="ann", published_at="2026-11-22T08:00:00+00:00",
        site="https://blog.example.com",
        meta={"categories": [1, 5], "tags": ["a", "b"]}), 202, "accepted")


def shapes(check, s):
    """What is stored is what the schema wants; what was signed is kept."""
    key = "shaped-1"
    body = json.dumps({
        "event": "post.published", "idempotency_key": key, "post_id": 1,
        "title": "<b>Bold</b> &amp; <script>x</script>plain",
        "url": "HTTPS://Blog.Example.COM:443/a/../b/%7e",
        "extra": ["kept", 1.10]}).encode()
    check.status("an event with markup", s.client.post(body, key), 202)
    row = json.loads(s.value(
        "select canonical -> 'data' from pressgate.event where"
        f" idempotency_key = '{key}'"))
    check("its title is text", row["title"] == "Bold &amp; plain", row)
    check("its URL is normal",
          row["url"] == "https://blog.example.com/b/~", row)
    check("what the schema does not name is kept",
          row["extra"] == ["kept", 1.10], row)
    check("its raw body is as it came", s.value(
        "select encode(raw, 'hex') from pressgate.event where"
        f" idempotency_key = '{key}'") == body.hex())
    check.status("sent again it is a duplicate", s.client.post(body, key),
                 202, "duplicate")
    order = s.by("bridge")
    key = order.door.key()
    check.status("an order with more than is wanted", order.post(json.dumps({
        "event_type": "order.paid", "idempotency_key": key,
        "object_ref": "7", "occurred_at": "2026-11-22T08:00:00Z",
        "data": {"total": "12.50", "currency": "EUR", "card": SECRET,
                 "customer": {"id": 1, "iban": SECRET}}}).encode(), key),
        202, "accepted")
    stored = s.value("select canonical -> 'data' from pressgate.event where"
                     f" idempotency_key = '{key}'")
    check("what is not named is dropped", json.loads(stored) == {
        "total": "12.50", "currency": "EUR", "customer": {"id": 1}}, stored)


def misfits(s):
    """(what, client, key, body, keyword, where)"""
    relay, bridge = s.client, s.by("bridge")

    def post(**members):
        doc = {"event": "post.published", "title": "T", "post_id": 1,
               "url": "https://blog.example.com/"}
        doc.update(members)
        return json.dumps({k: v for k, v in doc.items()
                           if v is not None}).encode()

    def order(key, **members):
        doc = {"event_type": "order.paid", "idempotency_key": key,
               "object_ref": "7", "occurred_at": "2026-11-22T08:00:00Z",
               "data": {"total": 1, "currency": "EUR"}}
        doc.update(members)
        return json.dumps(doc).encode()
    yield "no title", relay, "m-1", post(title=None), "required", ""
    yield ("a title of another kind", relay, "m-2", post(title=[SECRET]),
           "type", "/title")
    yield ("a title that is too long", relay, "m-3", post(title="x" * 2001),
           "maxLength", "/title")
    yield ("no URL but a script", relay, "m-4",
           post(url=f"javascript:{SECRET}"), "x-pressgate-url", "/url")
    yield ("no reference", relay, "m-5", post(post_id=None), "anyOf", "")
    yield ("a tag of another kind", relay, "m-6",
           post(meta={"tags": ["a", {}]}), "type", "/meta/tags/1")
    for n, (what, members, keyword, where) in enumerate((
            ("a negative amount", {"data": {"total": -1, "currency": "EUR"}},
             "minimum", "/data/total"),
            ("an unknown currency", {"data": {"total": 1, "currency": SECRET}},
             "pattern", "/data/currency"),
            ("a member too much", {SECRET: 1}, "false", "/*"),
            ("a time that is none", {"occurred_at": "today"}, "format",
             "/occurred_at"))):
        key = str(uuid.uuid4())
        yield what, bridge, key, order(key, **members), keyword, where


def refuse(check, s):
    before = counts(s)
    bodies = set()
    for what, client, key, body, keyword, where in misfits(s):
        a = client.post(body, key)
        check.status(what, a, 422)
        bodies.add(a.body)
        line = log_of(s, key)[-1]
        check(f"{what}: the log says {keyword} and where",
              (line.get("reason"), line.get("where")) == (keyword, where)
              and line["stage"] == "schema" and SECRET not in str(line), line)
    check("all get one fixed text", len(bodies) == 1 and
          json.loads(bodies.pop())["detail"] == DETAIL, bodies)
    check("and nothing is written", counts(s) == before,
          (before, counts(s)))
    log = pathlib.Path(f"{s.dir}/log/responder.log").read_text()
    check("nothing of a body is in the log", SECRET not in log)


def set_policy(s, text):
    s.values["POLICY"] = text
    s.write_conf()
    responder = s.procs["responder"]
    old = set(children(responder.pid))
    responder.send(signal.SIGHUP)
    wait_until("children with the new configuration", lambda: old.isdisjoint(
        children(responder.pid)))


def jobs_of(s, key):
    return s.sql(
        "select j.mode, j.last_error from pressgate.job j join"
        " pressgate.event e on e.id = j.event_id where"
        f" e.idempotency_key = '{key}'")


def dead_of(s, key):
    return s.sql("select cause, last_error from pressgate.dead_letters"
                 f" where idempotency_key = '{key}'")


def one_misfit(s, wanted):
    return next(m for m in misfits(s) if m[0] == wanted)


def leave_unrouted(check, s):
    set_policy(s, 'schema_policy = "unrouted"  unknown_events = "unrouted"')
    what, client, key, body, keyword, where = one_misfit(
        s, "a negative amount")
    a = client.post(body, key)
    check.status("unrouted: it is accepted", a, 202, "accepted")
    line = log_of(s, key)[-1]
    check("unrouted: the log says why", (line["reason"], line["where"])
          == (keyword, where), line)
    check("unrouted: it has no job", jobs_of(s, key) == [])
    check.status("unrouted: its sender can see that", client.get(
        "/events/" + a.json()["request_id"]), 200, "unrouted")
    check.status("an unknown type is stored", s.client.event(
        "never.heard", "u-1"), 202, "accepted")
    check("and nothing is done with it", jobs_of(s, "u-1") == [])
    check.status("a type that is none is refused all the same",
                 s.client.event("never heard", "u-2"), 422)


def bury(check, s):
    set_policy(s, 'schema_policy = "bury"')
    what, client, key, body, keyword, where = one_misfit(
        s, "a negative amount")
    check.status("buried: it is accepted", client.post(body, key), 202,
                 "accepted")
    s.start_worker()

    row = wait_until("the dead letter", lambda: dead_of(s, key))[0]
    check("buried: its cause is schema", row[0] == "schema", row)
    check("buried: it says what and where",
          f"{keyword} at {where}" in row[1], row)
    check("buried: no call was made", all(
        key not in json.dumps(c) for c in s.calls()))
    form = s.by("bridge")
    key = form.door.key()
    check.status("buried, but no route takes the type: it is accepted",
                 form.event("form.submitted", key, email="nobody"), 202,
                 "accepted")
    check("and a dead letter of the site's first route", wait_until(
        "the dead letter", lambda: dead_of(s, key))[0][0] == "schema")


class Schemas(Stack):
    def start_worker(self):
        """Later: what is stored is looked at first."""
        if hasattr(self, "web"):
            super().start_worker()


def main():
    check = Checks()
    site = SITE.rstrip()[:-1] + SCHEMAS + "}\n"
    with Schemas(site=site) as s:
        s.values["POLICY"] = ""
        s.start()
        presets(check, s)
        shapes(check, s)
        refuse(check, s)
        leave_unrouted(check, s)
        bury(check, s)
    check.exit()


main()
