#!/usr/bin/env python3
"""The edge and the bridge door against the real responder and database: what
they take and refuse, that a nonce or a jti is good for one event and a retry
is still a duplicate, fifty copies at once, and results by every scheme. The
relay's own rows are in flow_fcgi.py."""

import base64
import json
import pathlib
import re
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from bare import Bare, fc, now  # noqa: E402
from doors import Bridge, Edge, Rs256, mac  # noqa: E402
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import VECTORS  # noqa: E402

NONCE = "0123456789abcdef"
TABLES = ("event", "idem", "job", "conflict", "replay_guard")


def counts(s):
    return [int(s.value(f"select count(*) from pressgate.{t}"))
            for t in TABLES]


def once(kind, value):
    """What a request of that door uses up."""
    return {"edge": {"nonce": value}, "bridge": {"jti": value}}[kind]


def unauthorised(check, rows):
    """Each is 401, and all answers are the same bytes."""
    bodies = set()
    for what, a in rows:
        check.status(what, a, 401)
        bodies.add(a.raw)
    check("all of them get one and the same answer", len(bodies) == 1,
          bodies)


# ---- every door ---------------------------------------------------------

def take(check, s, kind):
    door = s.door(kind)
    key = door.key()
    body = door.body("post.published", key, title="T")
    a = s.post(body, key, door=door)
    check.status("an event", a, 202, "accepted")
    check("its Location leads to it", a.headers["location"]
          == "/events/" + a.json()["request_id"], a.headers)
    b = s.post(body, key, door=door)
    check.status("sent again, signed anew", b, 202, "duplicate")
    check("has the first one's id",
          b.json()["request_id"] == a.json()["request_id"])
    check.status("the same key with another body", s.post(
        door.body("post.published", key, title="other"), key, door=door),
        422)
    check("is a conflict on record", s.value(
        "select count(*) from pressgate.conflict where key = '%s'" % key)
        == "1")
    key = door.key()
    check.status("an unknown type", s.post(
        door.body("post.eaten", key), key, door=door), 422)
    shop = s.door(kind, "shop")
    key = shop.key()
    check.status("another site's event", s.post(
        shop.body("post.published", key), key, door=shop), 202, "accepted")
    check("is that site's", s.value(
        "select s.name from pressgate.event e join pressgate.site s on"
        f" s.id = e.site_id where idempotency_key = '{key}'") == "shop")
    check.status("a serial event", s.post(
        door.body("order.paid", k := door.key()), k, door=door), 202)


def use_once(check, s, kind):
    """The guard: one signed value, one event; a blind retry is no attack."""
    door, value = s.door(kind), door_value(kind, 1)
    key = door.key()
    body = door.body("post.published", key, title="T")
    ts = now()
    how = {"door": door, "ts": ts, "how": once(kind, value)}
    check.status("an event", s.post(body, key, **how), 202, "accepted")
    check.status("the very same request", s.post(body, key, **how), 202,
                 "duplicate")
    before = counts(s)
    other = door.key()
    text = door.body("post.published", other, title="other")
    unauthorised(check, [
        ("the same value with another body", s.post(
            door.body("post.published", key, title="other"), key, **how)),
        ("with another key and another body", s.post(text, other, **how)),
        *([("with another key", s.post(body, other, **how))]
          if kind == "edge" else []),
        ("is not told from a wrong one", s.post(
            body, key, door=door, how={"signature": "0" * 64}))])
    check("and nothing was written", counts(s) == before,
          (before, counts(s)))
    check.status("the other event with a value of its own", s.post(
        text, other, door=door), 202, "accepted")
    check.status("another site may use the same value", s.post(
        (shop := s.door(kind, "shop")).body("post.published", other),
        other, door=shop, how=once(kind, value)), 202, "accepted")
    check("it is kept for twice the window at least", s.value(
        "select bool_and(expires_at >= to_timestamp(%d)) from"
        " pressgate.replay_guard where value = convert_to('%s', 'UTF8')"
        % (ts + 2 * {"edge": 120, "bridge": 300}[kind], value)) == "t")


def door_value(kind, n):
    return f"{kind}-value-{n:016}"


def race(check, s, kind):
    door = s.door(kind)
    key = door.key()
    body = door.body("post.published", key)
    params = fc.post_params(door, body, key)
    answers = []

    def post():
        answers.append(fc.ask(s.path, params, body))
    threads = [threading.Thread(target=post) for _ in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    says = sorted(str(a.says()) for a in answers)
    check("of fifty copies of one request one is accepted and 49 are "
          "duplicates", says == ["accepted"] + ["duplicate"] * 49, says)
    check("all name one event",
          len({a.json().get("request_id") for a in answers}) == 1)
    check("and it is one job", s.value(
        "select count(*) from pressgate.job j join pressgate.event e on"
        f" e.id = j.event_id where e.idempotency_key = '{key}'") == "1")


def lose_the_answer(check, s, kind):
    door = s.door(kind)
    key = door.key()
    body = door.body("post.published", key)
    params = fc.post_params(door, body, key)
    with fc.Connection(s.path) as c:
        c.send(fc.request(params, body))
    wait_until("the event of a peer that did not wait", lambda: s.value(
        "select count(*) from pressgate.event where"
        f" idempotency_key = '{key}'") == "1")
    check.status("the same bytes again, after a lost answer",
                 fc.ask(s.path, params, body), 202, "duplicate")


def fetch(check, s, kind):
    door, shop = s.door(kind), s.door(kind, "shop")
    a = s.get("/results?limit=5", door=door)
    check.status("results", a, 200)
    relay = s.get("/results?limit=5", door=s.door("relay"))
    check("are the ones that a relay gets", a.body == relay.body)
    how = once(kind, door_value(kind, 2))
    guards = counts(s)
    for _ in range(3):
        check.status("a GET uses nothing up", s.get(
            "/results", door=door, how=how), 200)
    check("and writes nothing", counts(s) == guards)
    key = door.key()
    mine = s.post(door.body("post.published", key), key, door=door,
                  how=how).json()["request_id"]
    a = s.get("/events/" + mine, door=door)
    check("its value is still good for an event, which is queued",
          a.status == 200 and a.says() == "queued", a)
    check.status("another site sees none", s.get(
        "/events/" + mine, door=shop), 404)
    for other in ("relay", "edge", "bridge"):
        if other != kind:
            more = fc.as_params(s.door(other).get("/results"))
            check.status(f"headers of {other} as well", s.get(
                "/results", door=door, **more), 400)


# ---- edge ---------------------------------------------------------------

def edge(check, s):
    door = s.door("edge")
    good, key = door.body("post.published"), "prov:evt_1"
    p = lambda body=good, key=key, **more: s.post(  # noqa: E731
        body, key, door=door, **more)
    sig = lambda ts, nonce, body: mac(  # noqa: E731
        door.secret, f"{ts}.{nonce}.".encode() + body)
    for what, a in (
            ("no timestamp", p(HTTP_X_EDGE_TIMESTAMP=None)),
            ("no nonce", p(HTTP_X_EDGE_NONCE=None)),
            ("no signature", p(HTTP_X_EDGE_SIGNATURE=None)),
            ("no key", p(HTTP_X_IDEMPOTENCY_KEY=None)),
            ("the relay's key header", p(HTTP_X_IDEMPOTENCY_KEY=None,
                                         HTTP_IDEMPOTENCY_KEY=key)),
            ("a key with a blank", p(key="prov: 1")),
            ("a key of 129 bytes", p(key="r" * 129)),
            ("a signature of 1025 bytes",
             p(HTTP_X_EDGE_SIGNATURE="0" * 1025)),
            ("a nonce of 1025 bytes", p(HTTP_X_EDGE_NONCE="0" * 1025)),
            ("broken JSON", p(b'{"type":')),
            ("no body", p(b""))):
        check.status(what, a, 400)
    for name in ("TIMESTAMP", "NONCE", "SIGNATURE", "KEY_ID"):
        name = f"HTTP_X_EDGE_{name}"
        params = fc.post_params(door, good, key)
        check.status(f"{name} twice", fc.ask(
            s.path, params + [(name, dict(params)[name])], good), 400)
    check.status("X-Idempotency-Key twice", fc.ask(
        s.path, params + [("HTTP_X_IDEMPOTENCY_KEY", key)], good), 400)
    check.status("300 KB", p(door.body("post.published", x="y" * 300000)),
                 413)
    check.status("GET", p(REQUEST_METHOD="GET"), 405)
    check.status("text", p(CONTENT_TYPE="text/plain"), 415)
    check.status("no type", p(b'{"event":"post.published"}'), 422)
    check.status("a type that is a number", p(b'{"type":1}'), 422)
    shop = s.door("edge", "shop")
    ts = now()
    rows = [
        ("wrong signature", p(how={"signature": "0" * 64})),
        ("63 digits", p(how={"signature": "0" * 63})),
        ("0x", p(how={"signature": "0x" + "0" * 62})),
        ("another body", p(how={"nonce": NONCE, "signature": sig(
            ts, NONCE, good + b"\n")}, ts=ts)),
        ("another nonce", p(how={"nonce": NONCE, "signature": sig(
            ts, NONCE[::-1], good)}, ts=ts)),
        ("another time", p(how={"nonce": NONCE, "signature": sig(
            ts - 1, NONCE, good)}, ts=ts)),
        ("without the nonce", p(how={"signature": mac(
            door.secret, f"{ts}.".encode() + good)}, ts=ts)),
        ("signed as a GET", p(how={"nonce": NONCE, "signature": sig(
            ts, NONCE, b"GET /ingest/webhook")}, ts=ts)),
        ("121 s old", p(ts=now() - 122)),
        ("121 s ahead", p(ts=now() + 124)),
        ("milliseconds", p(ts=now() * 1000)),
        ("another site's secret", s.post(
            good, key, door=Edge(shop.secret, "blog-1"))),
        ("another site by path", p(target="/ingest/webhook/shop")),
        ("an unknown site", p(target="/ingest/webhook/nobody")),
        ("an unknown key id", p(HTTP_X_EDGE_KEY_ID="nobody-1")),
        ("the relay's secret", s.post(good, key, door=Edge(s.secret))),
        # Where a dot may be moved, what is signed stays the same.
        ("a nonce that takes the body's start", s.post(
            b"b.c", key, door=door, how={"nonce": NONCE + ".b", "signature":
                                         sig(ts, NONCE, b"b.c")}, ts=ts)),
        ("a time that takes the nonce", p(
            HTTP_X_EDGE_TIMESTAMP=f"{ts}.{NONCE}")),
    ]
    rows += [(f"nonce {n!r}", p(HTTP_X_EDGE_NONCE=n)) for n in (
        "short", "x" * 65, NONCE + ".", NONCE + " ", NONCE + "+",
        NONCE + ", " + NONCE)]
    rows += [(f"timestamp {t!r}", p(
        HTTP_X_EDGE_TIMESTAMP=t.encode().decode("latin-1")))
        for t in ("+1", " 1", "1 ", "1.5", "1_0", "1e9", "-1", "9" * 12,
                  "9" * 20, "٣")]
    unauthorised(check, rows)
    for what, a in (
            ("119 s old", p(key="prov:old", ts=now() - 119)),
            ("upper-case hex", p(key="prov:upper", how={
                "nonce": NONCE, "signature": sig(ts, NONCE, good).upper()},
                ts=ts)),
            ("by the site's second secret", s.post(good, "prov:2", door=Edge(
                s.secrets["blog.edge2"]))),
            ("by path", s.post(good, "prov:path", door=Edge(shop.secret),
                               target="/ingest/webhook/shop")),
            ("a key that is a hash", p(key="hash:" + "0" * 64)),
            ("a key that the body contradicts", p(
                b'{"type":"post.published","idempotency_key":"other"}',
                "prov:body"))):
        check.status(what, a, 202, "accepted")
    rows = s.sql(
        "select scheme, key_id, created_by, canonical->>'source',"
        " canonical->'data'->>'type', object_ref, host(address),"
        " (select string_agg(k, ',' order by k) from"
        " json_object_keys(signed_headers) k),"
        " encode(fingerprint, 'hex') = encode(sha256(raw), 'hex')"
        " from pressgate.event where idempotency_key = 'prov:2'")
    check("it is stored with what proves it", rows == [
        ["edge", "blog-2", "blog-2", "edge", "post.published", "",
         "127.0.0.1", "x-edge-nonce,x-edge-signature,x-edge-timestamp",
         "t"]], rows)
    rows = s.sql(
        "select signed_headers->>'x-edge-timestamp',"
        " signed_headers->>'x-edge-nonce',"
        " signed_headers->>'x-edge-signature', encode(raw, 'escape')"
        " from pressgate.event where idempotency_key = 'prov:old'")[0]
    check("and can be verified again from that",
          sig(rows[0], rows[1], rows[3].encode()) == rows[2], rows)


# ---- bridge -------------------------------------------------------------

def bridge(check, s):
    door, shop = s.door("bridge"), s.door("bridge", "shop")
    key = door.key()
    good = door.body("post.published", key)
    p = lambda body=good, key=key, **more: s.post(  # noqa: E731
        body, key, door=door, **more)
    bearer = "Bearer " + door.token(door.audience)
    upper = key.upper()
    for what, a in (
            ("no token", p(HTTP_AUTHORIZATION=None)),
            ("a password", p(HTTP_AUTHORIZATION="Basic eDp5")),
            ("no signature", p(HTTP_X_SIGNATURE=None)),
            ("no key", p(HTTP_X_IDEMPOTENCY_KEY=None)),
            ("the relay's key header", p(HTTP_X_IDEMPOTENCY_KEY=None,
                                         HTTP_IDEMPOTENCY_KEY=key)),
            ("a token of 8193 bytes", p(
                HTTP_AUTHORIZATION=bearer.ljust(8193, "x"))),
            ("a signature of 1025 bytes",
             p(HTTP_X_SIGNATURE="sha256=".ljust(1025, "0"))),
            ("a token twice", fc.ask(s.path, fc.post_params(
                door, good, key) + [("HTTP_AUTHORIZATION", bearer)], good)),
            ("a signature twice", fc.ask(s.path, fc.post_params(
                door, good, key) + [("HTTP_X_SIGNATURE", "x")], good)),
            ("a key in the header alone", p(
                b'{"event_type":"post.published"}')),
            ("null for a key", p(door.body("post.published", None))),
            ("another key in the header", p(key=door.key())),
            ("a key in upper case", p(
                door.body("post.published", upper), upper)),
            ("a key that is no UUID", p(
                door.body("post.published", "k-1"), "k-1")),
            ("a UUID in braces", p(door.body(
                "post.published", "{%s}" % key), "{%s}" % key)),
            ("a number for a key", p(
                b'{"event_type":"post.published","idempotency_key":7}',
                "7")),
            ("broken JSON", p(b'{"event_type":')),
            ("no body", p(b""))):
        check.status(what, a, 400)
    for what, a, status in (
            ("300 KB", p(door.body("post.published", key, x="y" * 300000)),
             413),
            ("GET", p(REQUEST_METHOD="GET"), 405),
            ("text", p(CONTENT_TYPE="text/plain"), 415),
            ("a site in the path", p(target="/ingest/blog"), 404),
            ("no type", p(b'{"event":"post.published"}'), 422)):
        check.status(what, a, status)
    token = lambda **how: p(how={"token": door.token(  # noqa: E731
        **{"audience": door.audience, **how})})
    one, two = door.token(door.audience), door.token(door.audience)
    head, claims, signature = one.split(".")
    ts = now()
    rows = [
        ("no token in it", p(HTTP_AUTHORIZATION="Bearer x")),
        ("another one's signature", p(how={"token": ".".join(
            (head, claims, two.split(".")[2]))})),
        ("no signature", p(how={"token": f"{head}.{claims}."})),
        ("padding", p(how={"token": one + "="})),
        ("alg none", token(header={"alg": "none"})),
        ("another alg than the key's", token(header={"alg": "RS256"})),
        ("an unknown kid", token(header={"kid": "nobody"})),
        ("another site's kid", token(header={"kid": "shop-token"})),
        ("no kid and two keys", token(header={"kid": None})),
        ("a key in the header", token(header={"jwk": {}})),
        ("an unknown issuer", token(iss="https://nobody.example.com")),
        ("another site's issuer", token(iss=shop.issuer)),
        ("an issuer with a slash", token(iss=door.issuer + "/")),
        ("the results' audience", token(audience=door.results_audience)),
        ("no audience", token(audience=None)),
        ("a jti that is a list", token(jti=["x"])),
        ("expired", token(ts=ts - 340)),
        ("from the future", token(ts=ts + 60)),
        ("a life of 301 s", token(ts=ts, exp=ts + 301)),
        ("times as text", token(iat=str(ts))),
        ("another secret for the body", p(how={"signature": "0" * 64})),
        ("the body's signature without its name", p(
            HTTP_X_SIGNATURE=mac(door.secret, good))),
        ("another body", p(how={"signature": mac(door.secret,
                                                 good + b"\n")})),
        ("the other site's secret for the body", p(
            how={"signature": mac(shop.secret, good)})),
        ("the relay's secret for the body", p(
            how={"signature": mac(s.secret, good)})),
        ("the other site's token", p(how={"token": shop.token(
            door.audience)})),
    ]
    unauthorised(check, rows)
    text = s.log()
    check("the log names the rule that failed", all(
        f'"reason":"{reason}"' in text for reason in (
            "signature", "base64", "alg", "alg_of_key", "kid_unknown",
            "kid_missing", "issuer_unknown", "audience", "expired",
            "from_future", "life", "jti", "header_member", "iat")),
        sorted(set(re.findall('"reason":"([a-z_]*)"', text))))
    check("and no token and no subject",
          head not in text and claims[:40] not in text)
    check.status("results with an event's token", s.get(
        "/results", door=door, how={"token": one}), 401)
    check.status("results with a body's signature as well", s.get(
        "/results", door=door, HTTP_X_SIGNATURE="sha256=" + "0" * 64), 200)
    key = door.key()
    body = json.dumps({
        "event_type": "post.published", "idempotency_key": key,
        "object_ref": "post:17", "occurred_at":
        "2026-02-05T10:00:00+01:00", "data": {"title": "T", "n": 1.5},
        "more": 1}).encode().replace(b"1.5", b"1.50")
    second = Bridge(s.secrets["blog.hmac2"], door.issuer, Rs256(
        VECTORS / "test-key-rs256.private.pem", "blog-rs"))
    check.status("by RS256 and the site's second secret", s.post(
        body, key, door=second, how={"sub": "blog/user/7",
                                     "aud": ["x", "pressgate"]}), 202,
        "accepted")
    rows = s.sql(
        "select scheme, key_id, created_by, canonical->>'source',"
        " canonical->>'data', object_ref, canonical->>'occurred_at',"
        " signed_headers->>'hmac_key_id',"
        " (select string_agg(k, ',' order by k) from"
        " json_object_keys(signed_headers) k)"
        f" from pressgate.event where idempotency_key = '{key}'")
    check("it is stored with what proves it", rows == [
        ["bridge", "blog-rs", "blog/user/7", "bridge",
         '{"title":"T","n":1.50}', "post:17", "2026-02-05T09:00:00.000Z",
         "blog-2", "authorization,hmac_key_id,x-signature"]], rows)
    rows = s.sql(
        "select signed_headers->>'authorization',"
        " signed_headers->>'x-signature', encode(raw, 'escape')"
        f" from pressgate.event where idempotency_key = '{key}'")[0]
    check("and can be verified again from that", rows[1] == "sha256=" + mac(
        second.secret, rows[2].encode()) and rs256_holds(s, rows[0]), rows)
    check.status("a token 20 s past its life", s.post(
        body, key, door=door, ts=now() - 320), 202, "duplicate")


def rs256_holds(s, authorization):
    """By openssl, from what the database kept and the public key."""
    head, claims, signature = authorization.split(" ")[1].split(".")
    path = s.write("etc/signature", "")
    pathlib.Path(path).write_bytes(base64.urlsafe_b64decode(
        signature + "=" * (-len(signature) % 4)))
    return subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify",
         VECTORS / "test-key-rs256.public.pem", "-signature", path],
        input=f"{head}.{claims}".encode(), stdout=subprocess.DEVNULL
    ).returncode == 0


# ---- all together -------------------------------------------------------

def share_one_namespace(check, s):
    """One set of idempotency keys for all of a site's doors."""
    key = s.door("relay").key()
    relay, edge, bridge = (s.door(k) for k in ("relay", "edge", "bridge"))
    check.status("a key by relay", s.post(
        relay.body("post.published", key), key, door=relay), 202)
    check.status("the same by edge with another body", s.post(
        edge.body("post.published", key), key, door=edge), 422)
    check.status("the same by bridge with another body", s.post(
        bridge.body("post.published", key), key, door=bridge), 422)


def count_refusals(check, s):
    """By site, door and reason; each process has written its counts."""
    logged = {}
    for line in s.log().splitlines():
        r = json.loads(line)
        if r["mod"] == "request" and "door" in r and 400 <= r["status"] < 500:
            reason = r["ev"] + ("/" + r["reason"] if "reason" in r else "")
            key = (r.get("site", ""), r["door"], reason)
            logged[key] = logged.get(key, 0) + 1
    found = {tuple(r[:3]): int(r[3]) for r in s.sql(
        "select site, source, reason, sum(count) from pressgate.rejection"
        " group by 1, 2, 3")}
    check("what was refused is counted as it was logged",
          found == logged and ("", "bridge", "unknown_site/issuer_unknown")
          in found and ("blog", "edge", "bad_signature") in found,
          (set(found.items()) ^ set(logged.items())))


def main():
    check = Checks()
    with Bare(processes=16) as s:
        s.start()
        for kind in ("edge", "bridge"):
            for part in (take, use_once, race, lose_the_answer, fetch):
                print(f"# {kind}: {part.__name__}", flush=True)
                part(check, s, kind)
        for part in (edge, bridge, share_one_namespace):
            print(f"# {part.__name__}", flush=True)
            part(check, s)
        check("no secret in the log", not any(
            secret in s.log() for secret in s.secrets.values()))
        check("no child was lost", "child_" not in s.log())
        s.procs["responder"].stop()
        count_refusals(check, s)
    check.exit()


main()
