#!/usr/bin/env python3
"""The door of third parties, through nginx, responder, PostgreSQL and worker,
with deliveries that another program signs (lib/hooks.py): what is taken, what
is a duplicate, what is refused, how each provider is answered."""

import json
import pathlib
import re
import secrets
import sys
import threading
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import hooks  # noqa: E402
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402

KINDS = (hooks.Stripe, hooks.GitHub, hooks.WooCommerce, hooks.Shopify,
         hooks.Slack, hooks.HubSpot, hooks.Zoom, hooks.Meta, hooks.Adyen,
         hooks.Generic, hooks.Static, hooks.Mailgun)
LIMITS = """limits {
	address_rate = 40  address_burst = 40  site_rate = 0  get_rate = 0
}"""
TABLES = ("event", "idem", "job", "conflict", "replay_guard")
PUBLIC = "https://gate.example.com/api/webhooks/t-hubspot"

SITE = """\
site "blog" {
	url = "https://blog.example.com"
	%(sources)s
	source "fenced" {
		provider = "stripe"
		allow = {"192.0.2.0/24"}
		secret "one" { value = "file:secrets.d/t-stripe" }
	}
	route "theirs" {
		sources = {"t-stripe", "t-github", "t-woocommerce", "t-shopify",
		    "t-slack", "t-hubspot", "t-adyen", "t-meta", "t-hmac",
		    "t-static-header"}
		events = {"invoice.paid", "issues.opened", "order.updated",
		    "orders/create", "event_callback.app_mention",
		    "contact.creation", "AUTHORISATION", "leadgen", "thing.made",
		    "contact"}
		step "tell" {
			service = "crm"
			body = "{\\"id\\": {{/subject/id|json}}}"
		}
	}
	route "own" {
		events = {"invoice.paid", "post.published"}
		step "tell" { service = "crm"  body = "{}" }
	}
}
"""

SOURCE = """\
	source "%(name)s" {
		provider = "%(provider)s"
		public_url = "https://gate.example.com/api/webhooks/%(name)s"
		%(more)s
		secret "one" { value = "file:secrets.d/%(name)s" }
		secret "two" { value = "file:secrets.d/%(name)s.next" }
	}
"""

MORE = {
    "stripe": 'body_max = "4k"\n\t\tmap { subject_id = "/data/object/customer"\n'
              '\t\t\tactor_id = "/data/object/customer" }',
    "meta": 'verify_token = "file:secrets.d/meta.token"',
    "hmac": '''type = {"header:X-Own-Event"}
		id = {"header:X-Own-Delivery"}
		signature {
			header = "X-Own-Signature"  encoding = "base64"
			grammar = "list"  separator = ";"  mark = "sig"
			message = "{id}.{time}.{body}"  time = "list:at"
			id_header = "X-Own-Delivery"
		}''',
    "static-header": '''type = {"/form"}
		event "contact" { schema = "contact.json" }''',
    "github": 'map { data = "/issue"  actor_id = "/sender/id" }',
}


def secret_of(kind):
    return secrets.token_hex(32)


class Gateway(Stack):
    def __init__(self):
        self.hooks = {k.provider: k("t-" + k.provider, secret_of(k), PUBLIC)
                      for k in KINDS}
        self.next = {p: secret_of(p) for p in self.hooks}
        text = "".join(SOURCE % {"name": h.name, "provider": p,
                                 "more": MORE.get(p, "")}
                       for p, h in self.hooks.items())
        super().__init__(processes=8, site=SITE % {"sources": text},
                         limits=LIMITS)

    def write_conf(self):
        super().write_conf()
        for p, h in self.hooks.items():
            self.write(f"etc/secrets.d/{h.name}", h.secret + "\n")
            self.write(f"etc/secrets.d/{h.name}.next", self.next[p] + "\n")
        self.write("etc/contact.json", json.dumps(
            {"type": "object", "required": ["email"], "properties": {
                "form": {"type": "string"}, "entry": {"type": "string"},
                "email": {"type": "string", "maxLength": 20}}}))
        self.write("etc/secrets.d/meta.token", "a token of Meta's")

    def post(self, hook, body, path=None, without=(), more=(), **how):
        headers = {k: v for k, v in hook.headers(body, **how).items()
                   if k not in without}
        return self.client.request("POST", path or hook.path, body,
                                   {**headers, **dict(more)})

    def counts(self):
        return [int(self.value(f"select count(*) from pressgate.{t}"))
                for t in TABLES]

    def event(self, a):
        return self.sql(
            "select type, object_ref, scheme, key_id, canonical from"
            f" pressgate.event where id = '{a.json()['request_id']}'")[0]

    def jobs(self, request_id):
        """Waiting, done and buried."""
        return int(self.value(
            "select count(*) from pressgate.event_jobs where event_id ="
            f" '{request_id}'"))


def take(check, s):
    """Stripe: what is taken, and what it is then."""
    h = s.hooks["stripe"]
    body = h.body()
    a = s.post(h, body)
    check.status("stripe: an event", a, 202, "accepted")
    kind, ref, scheme, key_id, canonical = s.event(a)
    c = json.loads(canonical)
    check("is stored under its type, with its secret", (
        kind, ref, scheme, key_id) == ("invoice.paid", "cus_7", "stripe",
                                       "one"), (kind, ref, scheme, key_id))
    check("in the canonical form", c == {
        "tenant_id": "blog", "source": "t-stripe", "type": "invoice.paid",
        "actor": {"id": "cus_7", "email": None},
        "subject": {"id": "cus_7", "type": "invoice"},
        "action": {"type": "paid", "reason": None},
        "data": json.loads(body), "occurred_at":
        "2023-11-14T22:13:20.000Z"}, c)
    check("and one route takes it, not the site's own", s.value(
        "select string_agg(route, ' ') from pressgate.event_jobs where event_id ="
        f" '{a.json()['request_id']}'") == "theirs")
    b = s.post(h, body, path=h.path + "/ingest")
    check.status("signed anew, by the longer path", b, 202, "duplicate")
    check("has the first one's id",
          b.json()["request_id"] == a.json()["request_id"])
    check.status("by the other secret", s.post(
        h, h.body(), secret=s.next["stripe"]), 202, "accepted")
    key = json.loads(body)["id"]
    c = s.post(h, h.body(key=key, amount=2))
    check.status("the same id with another body", c, 202, "duplicate")
    check("is a conflict on record", s.value(
        f"select count(*) from pressgate.conflict where key = '{key}'")
        == "1")
    a = s.post(h, h.body("customer.eaten"))
    check.status("an unknown type", a, 202, "accepted")
    check("has no job", s.jobs(a.json()["request_id"]) == 0)
    check.status("too much of it", s.post(
        h, h.body(text="x" * 5000)), 413)


def unsigned_names(check, s):
    """GitHub: neither name nor type is signed."""
    h = s.hooks["github"]
    body = h.body()
    name = str(uuid.uuid4())
    a = s.post(h, body, delivery=name)
    check.status("github: an event", a, 202, "accepted")
    kind, ref, _, _, canonical = s.event(a)
    c = json.loads(canonical)
    check("its type is of header and body", (kind, ref) == (
        "issues.opened", "o/r"))
    check("its data is where the map says", c["data"] == json.loads(
        body)["issue"] and c["actor"]["id"] == 5, c)
    for what, b in (("delivered again", s.post(h, body, delivery=name)),
                    ("under another name", s.post(h, body))):
        check.status(what, b, 202, "duplicate")
        check("has the first one's id",
              b.json()["request_id"] == a.json()["request_id"])
    form = b"payload=" + urllib.parse.quote_plus(h.body().decode()).encode()
    a = s.post(h, form, more={
        "Content-Type": "application/x-www-form-urlencoded"})
    check.status("as a form", a, 202, "accepted")
    check("is the same event", s.event(a)[:2] == ["issues.opened", "o/r"])
    check.status("a ping", a := s.post(
        h, b'{"zen": "z", "hook_id": 1}', event="ping"), 200)
    a = s.post(h, b'{"action": "opened", "issue": 7, "issue": 8}')
    check.status("what is no JSON for us", a, 202, "accepted")
    dead = wait_until("its dead letter", lambda: s.sql(
        "select d.cause, e.type, encode(e.raw, 'escape') from"
        " pressgate.dead d join pressgate.event e on e.id = d.event_id"
        f" where e.id = '{a.json()['request_id']}'"))
    check("is buried as schema, with its bytes", dead == [[
        "schema", "issues",
        '{"action": "opened", "issue": 7, "issue": 8}']], dead)
    a = s.post(h, b'{"action": "opened"}')
    check.status("what has no data where the map says", a, 202, "accepted")
    wait_until("its dead letter", lambda: s.value(
        "select count(*) from pressgate.dead where event_id ="
        f" '{a.json()['request_id']}'") == "1")


def refuse(check, s):
    """One answer for whatever does not prove who it is."""
    before = s.counts()
    bodies = set()
    for p, h in s.hooks.items():
        if p == "adyen":
            bad = h.body(h.item(secret="0" * 64))
        elif p == "mailgun":
            bad = h.body(secret="0" * 64)
        else:
            bad = h.body() if hasattr(h, "body") else b'{"event": "x"}'
        sent = h.headers(bad)
        proof = [k for k in sent if re.search("[Ss]ignature|Hmac|Secret", k)]
        rows = [
            ("a wrong secret", s.post(h, bad, secret="0" * 64)),
            ("one byte more", s.client.request(
                "POST", h.path, bad + b" ", sent)) if p not in (
                    "adyen", "static-header", "mailgun") else ("a wrong secret", s.post(
                        h, bad, secret="1" * 64)),
            ("no signature", s.post(h, bad, without=proof)),
            ("an unknown source", s.post(h, bad, path=h.path + "x")),
            *([("a signature of another form", s.post(h, bad, more={
                proof[-1]: "x"}))] if proof else []),
            *([("an old time", s.post(h, bad, ts=1600000000))]
              if p in ("stripe", "slack", "zoom", "hmac") else []),
            *([("a time in milliseconds", s.post(h, bad, ts=1600000000000))]
              if p == "hubspot" else []),
            *([("another address", s.post(h, bad, url=h.url + "/x"))]
              if p == "hubspot" else [])]
        for what, a in rows:
            check(f"{p}: {what} is 401", a.status == 401, a)
            bodies.add((a.body, str(sorted(
                (k, v) for k, v in a.headers.items() if k != "Date"))))
    h = s.hooks["stripe"]
    a = s.post(h, h.body(), path="/api/webhooks/fenced")
    check.status("from an address that is not on the list", a, 401)
    bodies.add((a.body, str(sorted(
        (k, v) for k, v in a.headers.items() if k != "Date"))))
    check("all of them get one and the same answer", len(bodies) == 1,
          bodies)
    check("and nothing was written", s.counts() == before,
          (before, s.counts()))


def race(check, s):
    for p in ("stripe", "github", "hubspot"):
        h = s.hooks[p]
        body, answers = h.body(), []
        headers = h.headers(body)

        def post():
            answers.append(s.client.request("POST", h.path, body, headers))
        threads = [threading.Thread(target=post) for _ in range(50)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        found = [a.json().get("events", [a.json()])[0] for a in answers]
        says = sorted(f.get("status") for f in found)
        check(f"{p}: of fifty copies one is accepted, 49 are duplicates",
              says == ["accepted"] + ["duplicate"] * 49, says)
        ids = {f["request_id"] for f in found}
        check("all name one event, with one job",
              len(ids) == 1 and s.jobs(ids.pop()) == 1)


def shops(check, s):
    h = s.hooks["woocommerce"]
    a = s.client.request("POST", h.path, b"webhook_id=3", {
        "Content-Type": "application/x-www-form-urlencoded"})
    b = s.client.request("POST", h.path + "x", b"webhook_id=3", {
        "Content-Type": "application/x-www-form-urlencoded"})
    check.status("woocommerce: the ping when it is made", a, 200)
    check("tells nothing", (a.status, a.body) == (b.status, b.body))
    body = h.body()
    a = s.post(h, body)
    check.status("an order", a, 200, "accepted")
    check.status("again, with the same delivery id", s.post(h, body), 200,
                 "duplicate")
    check.status("another order of that second", s.post(
        h, h.body(728)), 200, "accepted")
    check.status("the order changed within that second", s.post(
        h, h.body(total="30.00")), 200, "accepted")
    h = s.hooks["shopify"]
    body, event = h.body(), str(uuid.uuid4())
    check.status("shopify: an order", s.post(h, body, event=event), 202,
                 "accepted")
    check.status("by another subscription", s.post(h, body, event=event),
                 202, "duplicate")
    check.status("under another event id", s.post(h, body), 202,
                 "duplicate")


def greet(check, s):
    h = s.hooks["slack"]
    before = s.counts()
    a = s.post(h, b'{"type": "url_verification", "challenge": "a\\"b"}')
    check("slack: a challenge comes back", a.status == 200 and a.json() == {
        "challenge": 'a"b'}, a)
    h = s.hooks["zoom"]
    a = s.post(h, b'{"event": "endpoint.url_validation", "payload":'
               b' {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}')
    check("zoom: a token comes back, signed", a.status == 200 and
          a.json() == {"plainToken": "qgg8vlvZRS6UYooatFL8Aw",
                       "encryptedToken": hooks.digest(
                           h.secret, b"qgg8vlvZRS6UYooatFL8Aw"
                       ).hexdigest()}, a)
    h = s.hooks["meta"]
    ask = ("?hub.mode=subscribe&hub.challenge=1158201444"
           "&hub.verify_token=a+token+of+Meta%27s")
    a = s.client.request("GET", h.path + ask)
    check("meta: a challenge comes back", (a.status, a.body) == (
        200, b"1158201444"), a)
    bad = {(a.status, a.body) for a in (
        s.client.request("GET", h.path + ask + "x"),
        s.client.request("GET", h.path),
        s.client.request("GET", h.path + ask.split("&hub.ver")[0]
                         + "&hub.verify_token="),
        s.client.request("GET", s.hooks["stripe"].path + ask),
        s.client.request("GET", h.path + "x" + ask),
        s.post(h, b"{}", secret="0" * 64))}
    check("and to nobody else", len(bad) == 1 and list(bad)[0][0] == 401,
          bad)
    check("nothing of that is stored", s.counts() == before)
    h = s.hooks["slack"]
    check.status("slack: an event", s.post(h, body := h.body()), 200,
                 "accepted")
    check.status("tried again", s.post(h, body, more={
        "X-Slack-Retry-Num": "1"}), 200, "duplicate")


def ones_own(check, s):
    """Providers that the operator fills in."""
    h = s.hooks["hmac"]
    body, name = h.body(), str(uuid.uuid4())
    a = s.post(h, body, delivery=name)
    check.status("hmac: an event", a, 202, "accepted")
    check("is of its headers", s.sql(
        "select type, idempotency_key from pressgate.event where id ="
        f" '{a.json()['request_id']}'") == [["thing.made", name]])
    check.status("signed anew", s.post(h, body, delivery=name), 202,
                 "duplicate")
    check.status("another that says the same", s.post(h, body), 202,
                 "accepted")
    h = s.hooks["static-header"]
    a = s.post(h, h.body())
    check.status("static-header: an event", a, 202, "accepted")
    check("its secret is not kept", s.value(
        "select count(*) from pressgate.event where signed_headers::text"
        f" like '%{h.secret}%'") == "0" and s.value(
        "select signed_headers->>'X-Webhook-Secret' from pressgate.event"
        f" where id = '{a.json()['request_id']}'").startswith("hmac-sha256:"))
    a = s.post(h, h.body(email="x" * 21))
    check.status("one that does not fit its schema", a, 202, "accepted")
    dead = wait_until("its dead letter", lambda: s.sql(
        "select cause, last_error from pressgate.dead where event_id ="
        f" '{a.json()['request_id']}'"))
    check("says where", dead[0][0] == "schema" and
          "maxLength at /email" in dead[0][1], dead)


def once(check, s):
    """Mailgun: what is signed may be used once."""
    h = s.hooks["mailgun"]
    body = h.body()
    check.status("mailgun: an event", s.post(h, body), 200, "accepted")
    check.status("the very same again", s.post(h, body), 200, "duplicate")
    before = s.counts()
    token = json.loads(body)["signature"]["token"]
    check.status("its token with another event", s.post(
        h, h.body(token=token)), 401)
    check("writes nothing", s.counts() == before)


def name_spaces(check, s):
    h = s.hooks["stripe"]
    key = "evt_" + uuid.uuid4().hex
    check.status("an id at one source", s.post(h, h.body(key=key)), 202,
                 "accepted")
    h = s.hooks["hmac"]
    check.status("is another's at another one", s.post(
        h, h.body(), delivery=key), 202, "accepted")
    check("each has its own name space", s.sql(
        "select o.name from pressgate.event e join pressgate.source o on"
        f" o.id = e.source_id where idempotency_key = '{key}' order by 1")
        == [["t-hmac"], ["t-stripe"]])


def wear_out(check, s):
    """Failures count against an address, at that source alone."""
    h = s.hooks["shopify"]
    seen = [s.post(h, h.body(), secret="0" * 64) for _ in range(45)]
    check("who fails too often is told to wait", seen[0].status == 401
          and seen[-1].status == 429 and "Retry-After" in seen[-1].headers,
          [a.status for a in seen])
    check.status("what holds is taken from the same address all the same",
                 s.post(h, h.body()), 202, "accepted")
    h = s.hooks["stripe"]
    check.status("nobody else is", s.post(h, h.body()), 202, "accepted")


def says(a):
    return [e["status"] for e in a.json()["events"]]


def batches(check, s):
    h = s.hooks["hubspot"]
    items = [h.item(), h.item("contact.eaten"), h.item()]
    a = s.post(h, h.body(*items))
    check("hubspot: a batch", a.status == 202 and says(a) == [
        "accepted"] * 3, a)
    check("it has no one place to look at", "Location" not in a.headers)
    ids = [e["request_id"] for e in a.json()["events"]]
    check("is as many events, in its order", [s.value(
        f"select object_ref from pressgate.event where id = '{i}'")
        for i in ids] == [str(i["objectId"]) for i in items])
    rows = s.sql("select id, raw is not null, raw_of from pressgate.event"
                 " where id in ('%s')" % "','".join(ids))
    whole = [r[0] for r in rows if r[1] == "t"]
    check("of which one keeps the bytes, for all", len(whole) == 1 and all(
        r[2] == whole[0] for r in rows if r[1] == "f"), rows)
    check("and as many jobs as routes take", [
        s.jobs(i) for i in ids] == [1, 0, 1])
    again = [{**items[0], "attemptNumber": 1}, h.item(),
             {**items[2], "attemptNumber": 1}]
    b = s.post(h, h.body(*again))
    check("some of it again, and something new", says(b) == [
        "duplicate", "accepted", "duplicate"] and [
            e["request_id"] for e in b.json()["events"]][::2] == ids[::2], b)
    check("is no conflict: they only count their tries", s.value(
        "select count(*) from pressgate.conflict c join pressgate.source o"
        " on o.id = c.source_id where o.name = 't-hubspot'") == "0")
    one = h.item()
    c = s.post(h, h.body(one, "no event", one))
    check("one bad item, and one twice", says(c) == [
        "accepted", "accepted", "duplicate"], c)
    bad = c.json()["events"][1]["request_id"]
    wait_until("the bad item's dead letter", lambda: s.sql(
        "select cause from pressgate.dead where event_id ="
        f" '{bad}'") == [["schema"]])
    check("an empty batch", (a := s.post(h, b"[]")).status == 202 and
          says(a) == [], a)
    h = s.hooks["adyen"]
    a = s.post(h, body := h.body(h.item(), h.item()))
    check("adyen: its own answer", (a.status, a.body) == (
        200, b"[accepted]"), a)
    before = s.counts()
    b = s.post(h, body)
    check("and to a duplicate the same", (b.status, b.body) == (
        200, b"[accepted]") and s.counts() == before, b)
    h = s.hooks["meta"]
    a = s.post(h, h.body([("leadgen", {"id": uuid.uuid4().hex}),
                          ("feed", {"id": uuid.uuid4().hex})],
                         [("leadgen", {"id": uuid.uuid4().hex})]))
    check("meta: each change is an event", a.status == 200 and says(a) == [
        "accepted"] * 3, a)


def main():
    check = Checks()
    with Gateway() as s:
        s.start()
        for part in (take, unsigned_names, refuse, race, shops, greet,
                     batches, ones_own, once, name_spaces,
                     wear_out):
            print(f"# {part.__name__}", flush=True)
            part(check, s)
        wait_until("the worker to have done all", lambda: s.value(
            "select count(*) from pressgate.job") == "0")
        log = pathlib.Path(f"{s.dir}/log/responder.log").read_text()
        check("no secret in the log", not any(
            h.secret in log for h in s.hooks.values()))
        check("the log names the source",
              '"source":"t-stripe"' in log)
        check("no child was lost", "child_" not in log)
    check.exit()


main()
