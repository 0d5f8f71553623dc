#!/usr/bin/env python3
"""What is known of an event, and whether it is still what was signed: events
stored by the responder, then altered as somebody in the database could."""

import json
import pathlib
import shutil
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import hooks  # noqa: E402
from desk import Desk  # noqa: E402
from flow import Checks  # noqa: E402

AUTHENTIC, ALTERED, NOTHING, UNPROVEN = 0, 1, 5, 6
BODY = {"title": "Größe \u2028 \"1\"", "n": 1.0, "big": 1e22, "f": 0.1,
        "deep": [{"a": [None, True, {}]}], "url": "https://x.example/a/b"}


SOURCE = """\
	source "t-%s" {
		provider = "%s"
		public_url = "https://gate.example.com/api/webhooks/t-%s"
		secret "one" { value = "file:secrets.d/hook.%s" }
	}
"""
THIRDS = {k.provider: k("t-" + k.provider, k.provider.ljust(40, "h"),
                        "https://gate.example.com/api/webhooks/t-"
                        + k.provider)
          for k in (hooks.Stripe, hooks.GitHub, hooks.HubSpot)}


class Third:
    """A third party as a door."""

    def __init__(self, hook):
        self.hook, self.path = hook, hook.path

    def post(self, body, _key, ts=None, **how):
        headers = self.hook.headers(body, **how)
        del headers["Content-Type"]
        return headers


class Scene(Desk):
    """And the command, by a role that may only read."""

    role = "pressgate_reader"

    def __init__(self, **how):
        super().__init__(**how)
        sources = "".join(SOURCE % ((p,) * 4) for p in THIRDS)
        name = "sites.d/blog.conf"
        self.texts[name] = self.texts[name].replace(
            "\trelay {", sources + "\trelay {", 1)
        self.secrets.update({f"hook.{p}": h.secret
                             for p, h in THIRDS.items()})

    def apply(self, names=("blog", "shop")):
        super().apply(names)
        for p in THIRDS:
            self.sql("insert into pressgate.source (site_id, name, provider)"
                     f" select id, 't-{p}', '{p}' from pressgate.site"
                     " where name = 'blog'")

    def third(self, provider, body):
        return self.post(body, door=Third(THIRDS[provider]))

    def reverify(self, *args):
        code, out, err = self.run("event", "reverify", *args, "--json")
        return code, json.loads(out) if out else {"findings": []}, err

    def verdict(self, event):
        code, doc, _ = self.reverify(event)
        one = doc["findings"][0] if doc["findings"] else {}
        return code, one.get("verdict"), one.get("why")


def accept(s, kind, **members):
    door = s.door(kind)
    key = door.key()
    body = door.body("post.published", key, **{**BODY, **members})
    if kind == "relay":
        body = json.dumps({**json.loads(body), "object_ref": 17,
                           "occurred_at": "2026-11-22T06:30:00.25+01:00"}
                          ).encode()
    return s.post(body, key, door=door).json()["request_id"]


class Altered:
    """One event with one thing altered; put right again at the end."""

    def __init__(self, s, event, change):
        self.s, self.event, self.change = s, event, change

    def __enter__(self):
        self.s.sql("create table saved as select * from pressgate.event"
                   f" where id = '{self.event}';"
                   f"update pressgate.event set {self.change}"
                   f" where id = '{self.event}'")

    def __exit__(self, *_):
        self.s.sql(f"delete from pressgate.event where id = '{self.event}';"
                   "insert into pressgate.event select * from saved;"
                   "drop table saved")



EACH = [
    ("a byte of the body", "raw = overlay(raw placing 'X' from 12 for 1)"),
    ("a byte more of it", "raw = raw || '\\x0a'"),
    ("the canonical form", "canonical ="
     " jsonb_set(canonical::jsonb, '{type}', '\"post.eaten\"')"),
    ("a number in its data", "canonical = replace(canonical::text,"
     " '0.1', '0.2')::jsonb"),
    ("a member more", "canonical = canonical::jsonb || '{\"x\": 1}'"),
    ("the type", "type = 'order.paid'"),
    ("the reference", "object_ref = '18'"),
    ("when it happened", "occurred_at = '2020-01-01'"),
    ("when it came", "received_at = received_at + interval '1 hour'"),
    ("the site", "site_id = (select id from pressgate.site"
     " where name = 'shop')"),
    ("who made it", "created_by = 'somebody'"),
    ("the fingerprint", "fingerprint = sha256('x')"),
    ("no headers", "signed_headers = null"),
    ("headers that are none", "signed_headers = '[]'"),
]
OWN = {
    "relay": [
        ("the signature", "signed_headers = jsonb_set(signed_headers::jsonb,"
         " '{x-wp-signature}', to_jsonb(repeat('0', 64)))"),
        ("the timestamp", "signed_headers = jsonb_set(signed_headers::jsonb,"
         " '{x-wp-timestamp}', '\"1700000000\"')"),
        ("the idempotency key", "idempotency_key = 'other'"),
        ("which key signed", "key_id = 'blog-2'"),
    ],
    "edge": [
        ("the nonce", "signed_headers = jsonb_set(signed_headers::jsonb,"
         " '{x-edge-nonce}', '\"0123456789abcdef\"')"),
        ("which key signed", "key_id = 'blog-2'"),
    ],
    "bridge": [
        ("the token", "signed_headers = jsonb_set(signed_headers::jsonb,"
         " '{authorization}', to_jsonb((signed_headers->>'authorization')"
         " || 'A'))"),
        ("the body's signature", "signed_headers = jsonb_set("
         "signed_headers::jsonb, '{x-signature}',"
         " to_jsonb('sha256=' || repeat('0', 64)))"),
        ("the idempotency key", "idempotency_key ="
         " '6f1d3c5b-7a99-4877-8655-443322110000'"),
        ("which key signed", "key_id = 'blog-rs'"),
        ("which secret signed", "signed_headers = jsonb_set("
         "signed_headers::jsonb, '{hmac_key_id}', '\"blog-2\"')"),
    ],
}


UNPROVABLE = [
    ("a body that is not kept", "raw = null", "body_not_kept"),
    ("a scheme of another day", "scheme = 'carrier-pigeon'", "cannot_tell"),
    ("a source's that is gone", "source_id = 7", "key_gone"),
]
GONE = {
    "relay": "key_id = 'blog-9'",
    "edge": "key_id = 'blog-9'",
    "bridge": "signed_headers = jsonb_set(jsonb_set(signed_headers::jsonb,"
    " '{hmac_key_id}', '\"blog-9\"'), '{x-signature}',"
    " to_jsonb('sha256=' || repeat('0', 64)))",
}


def alter(check, s, kind):
    """Copies of one event, each with one thing altered. The id is ours, not
    the sender's, so a copy as it was is authentic, too."""
    event = accept(s, kind)
    rows = [("a copy as it was", "id = id", "authentic"),
            ("a key that is gone", GONE[kind], "key_gone"), *UNPROVABLE,
            *((*r, "altered") for r in EACH + OWN[kind])]
    columns = s.value(
        "select string_agg(attname, ', ' order by attnum) from pg_attribute"
        " where attrelid = 'pressgate.event'::regclass and attnum > 1")
    ids = {}
    for n, (what, change, verdict) in enumerate(rows):
        copy = f"{event[:-4]}{n:04x}"
        ids[copy] = (what, verdict)
        s.sql(f"insert into pressgate.event select '{copy}', {columns}"
              f" from pressgate.event where id = '{event}';"
              f"update pressgate.event set {change} where id = '{copy}'")
    code, doc, err = s.reverify("--since", "1h")
    found = {f["id"]: f for f in doc["findings"]}
    check("an event and its copies are judged", code == ALTERED
          and doc["events"] == s.events(), (code, doc["events"], err))
    check("as it was stored it is authentic", event not in found, found)
    for copy, (what, verdict) in ids.items():
        f = found.get(copy, {"verdict": "authentic", "why": "nothing"})
        check(f"{verdict}: {what}", f["verdict"] == verdict and f["why"], f)
    s.sql("delete from pressgate.event where id = any('{%s}')"
          % ",".join(ids))
    return event


def thirds(check, s):
    """Deliveries of third parties; HubSpot's is a batch."""
    ids = {p: s.third(p, THIRDS[p].body()).json()["request_id"]
           for p in ("stripe", "github")}
    batch = s.third("hubspot", json.dumps([
        {"eventId": n, "subscriptionId": 1, "portalId": 2, "appId": 3,
         "occurredAt": 1700000000000 + n, "objectId": n,
         "subscriptionType": "contact.creation", "attemptNumber": 0}
        for n in (1, 2)]).encode()).json()
    first, second = (e["request_id"] for e in batch["events"])
    ids.update(hubspot=first, second=second)
    for what, event in ids.items():
        check(f"{what}: as it was stored it is authentic",
              s.verdict(event) == (AUTHENTIC, "authentic", None),
              s.verdict(event))
    for what, change, says, of in (
            ("the body", "raw = raw || ' '", "altered", ("stripe", "github")),
            ("the canonical form", "canonical = canonical::jsonb || '{\"x\": 1}'",
             "altered", tuple(ids)),
            ("the type", "type = 'x.y'", "altered", tuple(ids)),
            ("the key", "idempotency_key = 'x'", "altered", tuple(ids)),
            ("the fingerprint", "fingerprint = sha256('x')", "altered",
             tuple(ids)),
            ("the provider", "scheme = 'slack'", "altered", tuple(ids)),
            ("the site", "site_id = (select id from pressgate.site"
             " where name = 'shop')", "altered", tuple(ids)),
            ("when it came", "received_at = now() - interval '1 day'",
             "altered", ("stripe", "hubspot")),
            ("who made it", "created_by = 'x'", "altered", tuple(ids)),
            ("no headers", "signed_headers = '{}'", "altered",
             ("stripe", "github")),
            ("a source that is gone", "source_id = 77", "key_gone",
             ("stripe",)),
            ("a body whose address is signed, too", "raw = raw || ' '",
             "cannot_tell", ("hubspot",)),
            ("the body of a batch", "raw_of = null", "body_not_kept",
             ("second",))):
        for name in of:
            with Altered(s, ids[name], change):
                code, verdict, why = s.verdict(ids[name])
                check(f"{name}: {says}: {what}", verdict == says and why
                      and code == (ALTERED if says == "altered"
                                   else UNPROVEN), (code, verdict, why))


SCHEMA = {"type": "object", "x-pressgate-unknown": "drop",
          "properties": {"event": {"type": "string"}, "title": {},
                         "idempotency_key": {"type": "string"}}}


def schemas(check, s):
    """What a schema makes of a body is made again by the schema of today."""
    before = accept(s, "relay")
    path = pathlib.Path(s.dir, "etc/sites.d/blog.conf")
    text = path.read_text()
    s.write("etc/drop.json", json.dumps(SCHEMA))
    path.write_text(text.replace("\trelay {", '\tevent "post.published" {'
                                 ' schema = "drop.json" }\n\trelay {', 1))
    s.procs["responder"].stop()
    s.start_responder()
    event = accept(s, "relay")
    check("it was shaped", s.value(
        "select canonical::jsonb->'data' ? 'deep' from pressgate.event"
        f" where id = '{event}'") == "f")
    for what, one in (("shaped", event), ("older than its schema", before)):
        check(f"an event that is {what} is authentic",
              s.verdict(one)[0] == AUTHENTIC, s.verdict(one))
    with Altered(s, event, "canonical = canonical::jsonb || '{\"x\": 1}'"):
        check("one that no schema of today makes cannot be proved",
              s.verdict(event)[:2] == (UNPROVEN, "cannot_tell"),
              s.verdict(event))
    with Altered(s, event, "raw = raw || ' '"):
        check("its signature is judged all the same",
              s.verdict(event)[:2] == (ALTERED, "altered"), s.verdict(event))
    path.write_text(text)
    s.procs["responder"].stop()
    s.start_responder()
    s.sql(f"delete from pressgate.event where id in ('{event}', '{before}')")


def keys(check, s, event):
    """The configuration's side of it."""
    path = pathlib.Path(s.dir, "etc/sites.d/blog.conf")
    text = path.read_text()
    path.write_text(text.replace('key "blog-1"', 'key "blog-7"'))
    check("with its key renamed it cannot be proved",
          s.verdict(event)[:2] == (UNPROVEN, "key_gone"), s.verdict(event))
    path.write_text(text)
    secret = pathlib.Path(s.dir, "etc/secrets.d/blog")
    before = secret.read_text()
    secret.write_text("z" * 40)
    check("with another secret under its name it counts as altered",
          s.verdict(event)[:2] == (ALTERED, "altered"), s.verdict(event))
    secret.write_text(before)
    shutil.move(path, f"{s.dir}/blog.away")
    check("without its site it cannot be proved",
          s.verdict(event)[:2] == (UNPROVEN, "key_gone"), s.verdict(event))
    shutil.move(f"{s.dir}/blog.away", path)
    check("and it is authentic with all of it back",
          s.verdict(event) == (AUTHENTIC, "authentic", None))


def walk(check, s, altered):
    """By time and site."""
    for _ in range(40):  # more than one batch
        accept(s, "relay")
    all_of = int(s.value("select count(*) from pressgate.event"))
    code, doc, _ = s.reverify("--since", "1h")
    check("all events of the last hour are authentic",
          code == AUTHENTIC and doc["events"] == doc["authentic"] == all_of
          and doc["findings"] == [], doc)
    with Altered(s, altered, "type = 'order.paid'"):
        code, doc, _ = s.reverify("--since", "1h", "--site", "blog")
        check("with one of them altered it is found",
              code == ALTERED and doc["altered"] == 1
              and doc["authentic"] == all_of - 1
              and [f["id"] for f in doc["findings"]] == [altered], doc)
        code, out, _ = s.run("event", "reverify", "--since", "1h")
        check("and is named to a person", altered in out
              and f"{all_of} events" in out, out)
        code, doc, err = s.reverify("--since", "1h", "--site", "shop")
        check("another site has none", code == NOTHING, (code, doc, err))
    code, doc, _ = s.reverify("--since", "2020-01-01T00:00:00Z", "--until",
                              "2020-01-02T00:00:00Z")
    check("nor has another day", code == NOTHING, (code, doc))
    for args in ((), (altered, "--since", "1h"), ("nonsense",),
                 ("--since", "yesterday"), ("--until", "1h")):
        code, _, err = s.run("event", "reverify", *args)
        check("usage: " + " ".join(args), code == 2 and err, (code, err))


def finish(s, event):
    """As a worker would: a try, a dead letter."""
    w = s.value("select pressgate.worker_start('h', 1, 'v')")
    job = s.value(f"select id from pressgate.job where event_id = '{event}'")
    s.sql(f"select pressgate.claim({w}, array(select id from pressgate.lane"
          " where not replay), array(select s.id from pressgate.site s,"
          " pressgate.lane l where not l.replay and s.name = 'blog'),"
          " array(select 0::bigint from pressgate.lane where not replay),"
          " array(select 1000 from pressgate.lane where not replay), 1000)")
    site, route = s.sql("select site_id, route from pressgate.job"
                        f" where id = {job}")[0]
    s.sql("select pressgate.finish(%s, '%s')" % (w, json.dumps([{
        "id": int(job), "claim_no": 1, "site_id": int(site),
        "route_id": int(route), "serial_key": None, "to": "dead",
        "cause": "remote_4xx", "try": {
            "step": "summary", "service": "llm", "duration_ms": 12,
            "code": 401, "outcome": "remote_4xx", "error": "no such key",
            "started_us": 1700000000000000}}])))
    return job


def show(check, s, event):
    job = finish(s, event)
    key = s.value("select idempotency_key from pressgate.event"
                  f" where id = '{event}'")
    door = s.door("relay")
    s.post(door.body("post.published", key, title="other"), key, door=door)
    code, out, err = s.run("event", "show", event)
    check("a person sees row, job, try, result, letter, conflict",
          code == 0 and all(w in out for w in (
              event, key, "blog-1", "\njobs\n", "\ntries\n", "\nresults\n",
              "\ndead letters\n", "\nconflicts", "no such key", "401")),
          (code, out, err))
    check("and nothing of what was sent", "x.example" not in out
          and "canonical" not in out, out)
    doc = json.loads(s.run("event", "show", event, "--json")[1])
    check("so does a program", doc["event"]["id"] == event
          and doc["event"]["site"] == "blog"
          and doc["jobs"][0]["state"] == "dead"
          and doc["jobs"][0]["job"] == int(job)
          and doc["attempts"][0]["code"] == 401
          and doc["results"][0]["status"] == "dead"
          and doc["dead_letters"][0]["cause"] == "remote_4xx"
          and len(doc["conflicts"]) == 1
          and "x.example" not in json.dumps(doc)
          and not {"raw", "canonical", "signed_headers"} & set(doc["event"]),
          doc)
    doc = json.loads(s.run("event", "show", event, "--json", "--payload")[1])
    check("with --payload what was sent, byte for byte",
          json.loads(doc["event"]["raw"])["title"] == BODY["title"]
          and doc["event"]["raw"].encode() == bytes.fromhex(s.value(
              "select encode(raw, 'hex') from pressgate.event"
              f" where id = '{event}'"))
          and "x-wp-signature" in doc["event"]["signed_headers"], doc)
    out = s.run("event", "show", event, "--payload")[1]
    check("a person too", "x.example" in out and "\\u2028" in out, out)
    with Altered(s, event, "raw = '\\xff00'"):
        code, out, _ = s.run("event", "show", event, "--payload", "--json")
        check("bytes that are no text show as text",
              code == 0 and json.loads(out)["event"]["raw"]
              == "\\377\\000", out)
    code, _, err = s.run("event", "show", str(uuid.uuid4()))
    check("an id that is none", code == NOTHING and "no event" in err, err)


def used(check, s):
    """Third parties' secrets are counted, too."""
    doc = json.loads(s.run("secret", "list", "--json", "blog")[1])
    uses = {k["scheme"]: k["last_day"] for k in doc if k["id"] == "one"}
    check("deliveries are counted by source and secret", uses == {
        "source/t-stripe": 1, "source/t-github": 1, "source/t-hubspot": 1},
        uses)
    check("a person sees them", "source/t-stripe" in s.run(
        "secret", "list")[1] and "source/t-github" in s.run(
            "site", "list")[1])


def refused(check, s):
    s.post(b"{}", "k", door=s.door("relay"), how={"signature": "0" * 64})
    s.procs["responder"].stop()  # it has written what it counted
    code, out, err = s.run("rejections")
    check("what was refused, and conflicts, for a person", code == 0
          and "bad_signature" in out and "FIRST EVENT" in out, (out, err))
    doc = json.loads(s.run("rejections", "--json", "--site", "blog")[1])
    row = [r for r in doc["rejections"] if r["reason"] == "bad_signature"]
    check("and for a program", len(row) == 1 and row[0]["last_hour"] == 1
          and row[0]["last_day"] == 1 and row[0]["source"] == "relay"
          and len(doc["conflicts"]) == 1, doc)
    doc = json.loads(s.run("rejections", "--json", "--site", "shop")[1])
    check("another site's are not shown", doc == {
        "rejections": [], "conflicts": []}, doc)


def main():
    check = Checks()
    with Scene(processes=1) as s:
        s.start()
        for kind in ("edge", "bridge", "relay"):
            print(f"# {kind}", flush=True)
            event = alter(check, s, kind)
        print("# third parties", flush=True)
        thirds(check, s)
        print("# schemas", flush=True)
        schemas(check, s)
        print("# keys", flush=True)
        keys(check, s, event)
        print("# walk", flush=True)
        walk(check, s, event)
        print("# show", flush=True)
        show(check, s, event)
        print("# used", flush=True)
        used(check, s)
        print("# refused", flush=True)
        refused(check, s)
    check.exit()


main()
