#!/usr/bin/env python3
"""pressgate-fcgi on its own socket, spoken to by our own FastCGI client:
what it answers, and that a peer that does it wrong harms nobody else."""

import pathlib
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from bare import Bare, event, fc, now  # noqa: E402
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402

NOBODYS = "01920000-0000-7000-8000-000000000000"


# ---- answers ------------------------------------------------------------

def accept(check, s):
    body = event("a-1", title="T")
    a = s.post(body, "a-1")
    check.status("a good event", a, 202, "accepted")
    check("its Location leads to it", a.headers["location"]
          == "/events/" + a.json()["request_id"], a.headers)
    b = s.post(body, "a-1")
    check.status("the same again", b, 202, "duplicate")
    check("with the first one's id", b.json()["request_id"]
          == a.json()["request_id"])
    check.status("the key in a string's quotes is the same key",
                 s.post(body, '"a-1"'), 202, "duplicate")
    c = s.post(event("a-1", title="other"), "a-1")
    check.status("the same key with another body", c, 422)
    check("is a conflict on record", s.value(
        "select count(*) from pressgate.conflict") == "1")
    check.status("an event of a site named by the path", s.post(
        event("a-2"), "a-2", secret=s.secrets["shop"],
        target="/webhooks/wp/shop"), 202, "accepted")
    check.status("a site's second secret", s.post(
        event("a-3"), "a-3", secret=s.secrets["blog.next"]), 202, "accepted")
    check.status("a key id decides the site", s.post(
        event("a-4"), "a-4", secret=s.secrets["shop"],
        HTTP_X_WP_KEY_ID="shop-1"), 202, "accepted")
    for what, more in (("HTTPS", {"HTTPS": "on"}),
                       ("its scheme", {"REQUEST_SCHEME": "https"})):
        check.status(f"an event from afar, encrypted by {what}", s.post(
            event(title=what), f"afar-{len(what)}", REMOTE_ADDR="192.0.2.1", **more),
            202)
    check.status("a serial event", s.post(
        event("a-5", "order.paid", customer=7), "a-5"), 202, "accepted")
    deep = []
    for _ in range(30):
        deep = [deep]
    for key, n in ("deep", deep), ("many", [1] * 9997):
        check.status(f"a serial event as {key} as JSON may be", s.post(
            event(kind="order.paid", n=n), key), 202)
    rows = s.sql("select canonical->>'type', object_ref, key_id, address,"
                 " canonical->'subject'->>'id', canonical->>'occurred_at'"
                 " from pressgate.event where idempotency_key = 'a-6'")
    check("nothing is there yet", rows == [])
    s.post(event("a-6", post_id=17, author="ann",
                 published_at="2026-02-05T10:00:00+01:00"), "a-6")
    rows = s.sql("select canonical->>'type', object_ref, key_id, address,"
                 " canonical->'subject'->>'id', canonical->>'occurred_at',"
                 " canonical->'actor'->>'id', canonical->'data'->>'author',"
                 " encode(fingerprint, 'hex') = encode(sha256(raw), 'hex'),"
                 " serial_key from pressgate.event e left join pressgate.job"
                 " j on j.event_id = e.id where idempotency_key = 'a-6'")
    check("an event is stored in its canonical form", rows == [
        ["post.published", "17", "blog-1", "127.0.0.1", "17",
         "2026-02-05T09:00:00.000Z", "ann", "ann", "t", ""]], rows)
    check("a serial job has its key", s.value(
        "select serial_key from pressgate.job where serial_key is not null")
        == "7")


def refuse(check, s):
    before = s.events()
    good = event("r-1")
    p = s.post
    rows = [
        ("no timestamp", 400, p(good, "r-1", HTTP_X_WP_TIMESTAMP=None)),
        ("no signature", 400, p(good, "r-1", HTTP_X_WP_SIGNATURE=None)),
        ("no key", 400, p(good, "r-1", HTTP_IDEMPOTENCY_KEY=None)),
        ("a key with a blank", 400, p(good, "r 1")),
        ("a key of 129 bytes", 400, p(good, "r" * 129)),
        ("another key than the body's", 400, p(good, "r-2")),
        ("a key in the body that is a number", 400,
         p(b'{"event":"post.published","idempotency_key":5}', "5")),
        ("broken JSON", 400, p(b'{"event":', "r-1")),
        ("JSON with a key twice", 400,
         p(b'{"event":"post.published","event":"x"}', "r-1")),
        ("JSON after a byte order mark", 400, p(b"\xef\xbb\xbf" + good,
                                                "r-1")),
        ("no body", 400, p(b"", "r-1")),
        ("plain http", 403, p(good, "r-1", REMOTE_ADDR="192.0.2.1")),
        ("plain http that says it was not", 403, p(
            good, "r-1", REMOTE_ADDR="192.0.2.1",
            HTTP_X_FORWARDED_PROTO="https")),
        ("an unknown path", 404, p(good, "r-1", target="/webhooks/wp/")),
        ("a path that is ours and more", 404, p(
            good, "r-1", target="/webhooks/wp/blog/x")),
        ("an escaped path", 404, p(good, "r-1", target="/webhooks/%77p")),
        ("PUT", 405, p(good, "r-1", REQUEST_METHOD="PUT")),
        ("pOsT", 405, p(good, "r-1", REQUEST_METHOD="pOsT")),
        ("300 KB", 413, p(event("r-1", x="y" * 300000), "r-1")),
        ("300 KB of unknown length", 413, p(
            event("r-1", x="y" * 300000), "r-1", CONTENT_LENGTH=None)),
        ("text", 415, p(good, "r-1", CONTENT_TYPE="text/plain")),
        ("another charset", 415, p(
            good, "r-1", CONTENT_TYPE="application/json; charset=utf-16")),
        ("an encoded body", 415, p(good, "r-1",
                                   HTTP_CONTENT_ENCODING="gzip")),
        ("an unknown event", 422, p(event("r-1", "post.eaten"), "r-1")),
        ("no event", 422, p(b'{"idempotency_key":"r-1"}', "r-1")),
        ("no object", 422, p(b'["event"]', "r-1")),
    ]
    for what, status, a in rows:
        check(f"{what}: {status}", a.status == status and a.ended, a)
        check(f"{what}: a problem",
              a.headers.get("content-type") == "application/problem+json"
              and a.json()["status"] == status, a)
    check("405 says what is allowed", rows[16][2].headers["allow"] == "POST")
    check("nothing of all that was stored", s.events() == before)


def do_not_authenticate(check, s):
    good, ts = event("u-1"), now()
    p, other = s.post, s.secrets["shop"]
    rows = [
        ("wrong signature", p(good, "u-1", HTTP_X_WP_SIGNATURE="0" * 64)),
        ("signature of 63 digits", p(good, "u-1",
                                     HTTP_X_WP_SIGNATURE="0" * 63)),
        ("signature with 0x", p(good, "u-1",
                                HTTP_X_WP_SIGNATURE="0x" + "0" * 62)),
        ("two signatures in one", p(good, "u-1", HTTP_X_WP_SIGNATURE=", "
                                    .join([fc.sign(s.secret, ts, good)] * 2))),
        ("301 s old", p(good, "u-1", ts=now() - 302)),
        ("301 s ahead", p(good, "u-1", ts=now() + 304)),
        ("another body", p(good, "u-1", HTTP_X_WP_SIGNATURE=fc.sign(
            s.secret, ts, good + b" "), HTTP_X_WP_TIMESTAMP=str(ts))),
        ("another site's secret", p(good, "u-1", secret=other)),
        ("another site's secret by path", p(
            good, "u-1", target="/webhooks/wp/shop")),
        ("an unknown site", p(good, "u-1", target="/webhooks/wp/nobody")),
        ("an unknown key id", p(good, "u-1", HTTP_X_WP_KEY_ID="nobody-1")),
        ("another site's key id on a path", p(
            good, "u-1", secret=other, target="/webhooks/wp/blog",
            HTTP_X_WP_KEY_ID="shop-1")),
        ("a key id whose secret did not sign", p(
            good, "u-1", HTTP_X_WP_KEY_ID="blog-2")),
    ]
    for text in ("+1", " 1", "1.5", "1_0", "1e9", "-1", "9" * 12, "٣"):
        raw = text.encode().decode("latin-1")
        rows.append((f"timestamp {text!r}", p(
            good, "u-1", HTTP_X_WP_TIMESTAMP=raw)))
    bodies = set()
    for what, a in rows:
        check.status(what, a, 401)
        bodies.add(a.raw)
    check("all of them get one and the same answer", len(bodies) == 1,
          bodies)
    check.status("upper-case hex", p(
        good, "u-1", HTTP_X_WP_TIMESTAMP=str(ts),
        HTTP_X_WP_SIGNATURE=fc.sign(s.secret, ts, good).upper()), 202)
    check.status("299 s old", p(event("u-2"), "u-2", ts=now() - 298), 202)


def replay(check, s):
    body, ts = event(title="no key inside"), now()
    check.status("without a signed key", s.post(body, "p-1", ts=ts), 202,
                 "accepted")
    check.status("again", s.post(body, "p-1", ts=ts), 202, "duplicate")
    a = s.post(body, "p-2", ts=ts)
    check.status("the same signature under another key", a, 401)
    check("is not told from a wrong one", a.raw == s.post(
        body, "p-1", HTTP_X_WP_SIGNATURE="0" * 64).raw)
    check.status("signed anew it is another event", s.post(
        body, "p-2", ts=ts - 1), 202, "accepted")


def read_results(check, s):
    a = s.get("/results")
    check.status("results", a, 200)
    cursor = a.json()["next"]
    check("are private", "no-store" in a.headers["cache-control"])
    check.status("from a cursor on", s.get(f"/results?since={cursor}"), 200)
    check.status("no change", s.get(
        "/results", HTTP_IF_NONE_MATCH=a.headers["etag"]), 304)
    check.status("a cursor of nobody", s.get("/results?since=5.00000000"),
                 410)
    check("410 tells where to go on", s.get("/results?since=5.00000000")
          .json()["restart"] == cursor)
    for query in ("since=", "since=1", "since=x.00000000", "limit=0",
                  "limit=-1", "limit=x", "limit=1&limit=2",
                  "since=-1.00000000", "since=1.0000000g"):
        check.status(f"?{query}", s.get("/results?" + query), 400)
    check.status("a large limit is cut", s.get("/results?limit=1000000"),
                 200)
    check.status("unsigned", s.get("/results", HTTP_X_WP_SIGNATURE=None),
                 400)
    a = fc.get_params(s.secret, "/results")
    a = [(k, "/results?limit=5" if k == "REQUEST_URI" else v) for k, v in a]
    check.status("the query is signed", fc.ask(s.path, a), 401)
    shop = s.get("/results", secret=s.secrets["shop"],
                 HTTP_X_WP_KEY_ID="shop-1")
    check("each site has a history of its own",
          shop.status == 200 and shop.json()["next"] != cursor, shop)
    check.status("another site's cursor", s.get(
        "/results?since=" + shop.json()["next"]), 410)
    mine = s.post(event("e-1"), "e-1").json()["request_id"]
    a = s.get("/events/" + mine)
    check("an event is queued", a.status == 200 and a.says() == "queued"
          and a.json()["jobs"][0]["route"] == "summarise", a)
    check.status("another site sees none", s.get(
        "/events/" + mine, secret=s.secrets["shop"],
        HTTP_X_WP_KEY_ID="shop-1"), 404)
    check.status("an unknown event", s.get("/events/" + NOBODYS), 404)
    check.status("no id", s.get("/events/x"), 404)


# ---- FastCGI ------------------------------------------------------------

def lie_about_length(check, s):
    body = event("l-1")
    n = len(body)
    for length in (n + 1, n - 1, 1, 2 ** 31, "+3", "0x3", "3,3", " 3",
                   str(2 ** 63), str(2 ** 64 + n), "1e3", "-2", "٣"):
        a = s.post(body, "l-1", CONTENT_LENGTH=str(length).encode().decode(
            "latin-1"))
        check(f"length {length}: refused", a.status in (400, 413), a)
    for length in (None, "", "-1", f"000{n}"):
        check.status(f"length {length!r}", s.post(
            body, "l-1", CONTENT_LENGTH=length), 202)
    check.status("announced, nothing sent", fc.ask(
        s.path, fc.post_params(s.secret, body, "l-1"), b""), 400)


def repeat_params(check, s):
    body = event("d-1")
    good = fc.post_params(s.secret, body, "d-1")
    for name in ("HTTP_X_WP_SIGNATURE", "HTTP_X_WP_TIMESTAMP",
                 "HTTP_IDEMPOTENCY_KEY", "HTTP_CONTENT_TYPE",
                 "HTTP_X_FORWARDED_PROTO", "HTTP_AUTHORIZATION",
                 "HTTP_X_SIGNATURE", "HTTP_X_IDEMPOTENCY_KEY",
                 "HTTP_X_EDGE_TIMESTAMP", "HTTP_X_EDGE_NONCE",
                 "HTTP_X_EDGE_SIGNATURE", "HTTP_X_EDGE_KEY_ID"):
        value = dict(good).get(name, "x")
        base = [(k, v) for k, v in good if k != name]
        for where, params in (
                ("first", [(name, "x"), (name, value)] + base),
                ("last", base + [(name, value), (name, "x")]),
                ("the same", base + [(name, value)] * 2)):
            check.status(f"{name} twice, the other {where}",
                         fc.ask(s.path, params, body), 400)
    check.status("REQUEST_METHOD twice, the same", fc.ask(
        s.path, good + [("REQUEST_METHOD", "POST")], body), 202)
    check.status("REQUEST_METHOD twice", fc.ask(
        s.path, good + [("REQUEST_METHOD", "GET")], body), 400)
    check.status("HTTP_PROXY means nothing", fc.ask(
        s.path, good + [("HTTP_PROXY", "http://192.0.2.9/")], body), 202)
    for byte in ("\x01", "\x7f", "\t", "\n", "\r"):
        for name in ("HTTP_USER_AGENT", "HTTP_X_WP_KEY_ID", "REQUEST_URI"):
            a = fc.ask(s.path, [(k, v) for k, v in good if k != name]
                       + [(name, "a" + byte + "b")], body)
            check.status(f"{byte!r} in {name}", a, 400)
    check.status("a high byte in User-Agent", fc.ask(
        s.path, good + [("HTTP_USER_AGENT", "M\xf6ller/1")], body), 202)
    check.status("300 params", fc.ask(
        s.path, good + [(f"X{i}", "y") for i in range(300)], body), 400)
    check.status("70000 params: hung up on", fc.ask(
        s.path, good + [(f"X{i}", "y") for i in range(70000)], body), 0)
    check.status("a param of 100 KB: hung up on", fc.ask(
        s.path, good + [("HTTP_X", "y" * 100000)], body), 0)
    check.status("a signature of 2 KB", s.post(
        body, "d-1", HTTP_X_WP_SIGNATURE="0" * 2048), 400)


def split(check, s):
    body = event("s-1", title="x" * 40)
    whole = fc.request(fc.post_params(s.secret, body, "s-1"), body)
    with fc.Connection(s.path) as c:
        c.send(whole, step=1)
        check.status("byte by byte", c.answer(), 202, "accepted")
    bad = []
    for at in range(1, len(whole), 7):
        with fc.Connection(s.path) as c:
            c.send(whole[:at])
            time.sleep(0.001)
            c.send(whole[at:])
            a = c.answer()
            if a.says() != "duplicate":
                bad.append((at, a))
    check("cut anywhere", not bad, bad[:3])
    with fc.Connection(s.path) as c:
        c.send(fc.request(fc.post_params(s.secret, body, "s-1"), body,
                          padding=255))
        check.status("padded", c.answer(), 202, "duplicate")
    with fc.Connection(s.path) as c:
        c.send(fc.begin(id=513) + fc.stream(fc.PARAMS, fc.block(
            fc.post_params(s.secret, body, "s-1")), 513, size=3)
            + fc.stream(fc.STDIN, body, 513, size=5))
        check.status("in small records, another id", c.answer(), 202,
                     "duplicate")


def break_protocol(check, s):
    body = event("b-1")
    params = fc.post_params(s.secret, body, "b-1")
    whole = fc.request(params, body)
    before = s.events()
    head = fc.begin() + fc.stream(fc.PARAMS, fc.block(params))
    rows = [
        ("a body that ends early", head + fc.record(fc.STDIN, body[:9])),
        ("half a header", head[:4]),
        ("BEGIN and no more", fc.begin()),
        ("a GET whose params break off", fc.begin() + fc.record(
            fc.PARAMS, fc.block([("REQUEST_METHOD", "GET"),
                                 ("REQUEST_URI", "/livez")]))),
        ("params without end", fc.begin() + fc.record(
            fc.PARAMS, fc.block(params))),
        ("another version", fc.record(fc.BEGIN, bytes(8), version=9)),
        ("role 9", fc.begin(role=9) + whole[16:]),
        ("an aborted body", head + fc.record(fc.STDIN, body[:9])
         + fc.record(fc.ABORT)),
        ("a stream record of id 0", head + fc.record(fc.STDIN, body, id=0)),
        ("an HTTP request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("noise", bytes(range(256)) * 8),
        ("a length beyond its record", fc.begin() + fc.record(
            fc.PARAMS, struct.pack(">I", 0xffffffff) * 2 + b"AB")
         + fc.record(fc.PARAMS)),
    ]
    for what, data in rows:
        with fc.Connection(s.path) as c:
            c.send(data)
            c.hang_up()
            a = c.answer()
            check(f"{what}: no acknowledgement", a.status in (0, 400, 401),
                  a)
    for role in (fc.AUTHORIZER, fc.FILTER):
        with fc.Connection(s.path) as c:
            c.send(fc.begin(role=role) + whole[16:])
            check.status(f"role {role}", c.answer(), 400)
    with fc.Connection(s.path) as c:  # libfcgi 2.4.2 writes past its stack
        c.send(fc.record(fc.GET_VALUES, fc.pair("FCGI_MPXS_CONNS", "")
                         * 2000, id=0))
        r = c.record()
        check("GET_VALUES is answered", r == (
            fc.GET_VALUES_RESULT, 0, fc.pair("FCGI_MPXS_CONNS", "0")), r)
    with fc.Connection(s.path) as c:
        c.send(fc.record(77, b"xx", id=0))
        check("an unknown type is named", c.record()[0] == fc.UNKNOWN_TYPE)
    with fc.Connection(s.path) as c:
        c.send(head + fc.begin(id=2) + fc.stream(fc.STDIN, body))
        kind, id, content = c.record()
        check("a second request on a connection is turned away",
              kind == fc.END and id == 2 and content[4] == 1,
              (kind, id, content))
        check.status("and the first one goes on", c.answer(), 202)
    check("nothing else was stored", s.events() == before + 1)


def hang_up_early(check, s):
    body = event("h-1")
    with fc.Connection(s.path) as c:
        c.send(fc.request(fc.post_params(s.secret, body, "h-1"), body))
    wait_until("the event of a peer that did not wait", lambda: s.value(
        "select count(*) from pressgate.event where idempotency_key = 'h-1'")
        == "1")
    check.status("what nobody waited for is stored", s.post(body, "h-1"),
                 202, "duplicate")


def keep(check, s):
    with fc.Connection(s.path) as c:
        for i in range(20):
            body = event(f"k-{i}")
            c.send(fc.request(fc.post_params(s.secret, body, f"k-{i}"),
                              body, flags=fc.KEEP_CONN))
            a = c.answer()
            if a.status != 202:
                break
        check.status("twenty on a kept connection", a, 202, "accepted")
        c.send(fc.request(fc.get_params(s.secret, "/results"),
                          flags=fc.KEEP_CONN))
        check.status("then a GET", c.answer(), 200)
        c.send(fc.request([("REQUEST_METHOD", "POST"), ("REQUEST_URI", "/x")],
                          b"z" * 5000, flags=fc.KEEP_CONN))
        check.status("then a body that nobody reads", c.answer(), 404)
        c.send(fc.request(fc.get_params(s.secret, "/results"),
                          flags=fc.KEEP_CONN))
        check.status("and it is still in step", c.answer(), 200)


# ---- bad peers and one process ------------------------------------------

def timed(f):
    begun = time.monotonic()
    return f(), time.monotonic() - begun


def survive_bad_peers(check, s):
    """One process: whoever holds it holds everybody."""
    body = event("o-1")
    params = fc.post_params(s.secret, body, "o-1")
    head = fc.begin() + fc.stream(fc.PARAMS, fc.block(params))
    deadline = 6.0 - 2.5  # request_timeout less what the database may take
    for what, data, limit in (
            ("silent", b"", 2.5),
            ("stalled in its params", head[:60], deadline + 1.5),
            ("stalled in its body", head + fc.record(fc.STDIN, body[:9]),
             deadline + 1.5)):
        with fc.Connection(s.path) as c:
            c.send(data)
            time.sleep(0.05)
            a, took = timed(lambda: s.post(body, "o-1"))
            check.status(f"after a peer that is {what}", a, 202)
            check(f"within {limit:g} s ({took:.2f})", took < limit, took)
    with fc.Connection(s.path) as c:
        c.send(head)
        stop = threading.Event()

        def trickle():
            try:
                for byte in body * 10:
                    if stop.wait(0.3):
                        return
                    c.send(fc.record(fc.STDIN, bytes([byte])))
            except OSError:
                pass
        t = threading.Thread(target=trickle)
        t.start()
        a, took = timed(c.answer)
        stop.set()
        t.join()
        check.status("a body of one byte each 0.3 s is late", a, 408)
        check(f"in time ({took:.2f} s)", took < deadline + 1.5)
    with fc.Connection(s.path) as c:
        c.send(fc.request(fc.get_params(s.secret, "/livez"),
                          flags=fc.KEEP_CONN))
        c.answer()
        a, took = timed(lambda: s.post(body, "o-1"))
        check.status("beside an idle kept connection", a, 202)
        check(f"at once ({took:.2f} s)", took < 4, took)
    s.sql("insert into pressgate.result (site_id, seq, job_id, event_id,"
          " event_type, idempotency_key, route, status, output)"
          " select 1, 1, 1, gen_random_uuid(), 't', 'k', 'r', 'done',"
          " to_jsonb(repeat('x', 2000000))")
    with fc.Connection(s.path) as c:  # its answer fits no socket's buffer
        c.send(fc.request(fc.get_params(s.secret, "/results")))
        a, took = timed(lambda: s.post(body, "o-1"))
        check.status("after a peer that does not read", a, 202)
        check(f"within 8 s ({took:.2f})", took < 8, took)


def listen_to_the_end(check, s):
    """Who is refused before its body is sent may send it all the same: a
    web server takes a broken pipe for a broken responder."""
    params = fc.post_params(s.secret, b"", "l-1", CONTENT_LENGTH="2000000")
    with fc.Connection(s.path) as c:
        c.send(fc.begin() + fc.stream(fc.PARAMS, fc.block(params)))
        sent = 0
        try:
            for _ in range(10):
                c.send(fc.record(fc.STDIN, b"x" * 10000))
                sent += 1
                time.sleep(0.05)
        except OSError:
            pass
        check("a body that is refused is still taken", sent == 10, sent)
        check.status("and the answer is there", c.answer(), 413)


def pump(c, chunk):
    end = time.monotonic() + 15
    try:
        while time.monotonic() < end:
            c.send(chunk)
    except OSError:
        pass


def stay_small(check, s):
    """A body that never ends costs no memory."""
    child = s.children()[0]

    def rss():
        with open(f"/proc/{child}/statm") as f:
            return int(f.read().split()[1]) * 4
    before = rss()
    params = fc.post_params(s.secret, b"", "m-1", CONTENT_LENGTH=None)
    chunk = fc.record(fc.STDIN, b"x" * 65000) * 40
    slowest = 0.0
    for _ in range(4):
        with fc.Connection(s.path) as c:
            c.send(fc.begin() + fc.stream(fc.PARAMS, fc.block(params)))
            begun = time.monotonic()
            # Two, so that there is always something to read; where
            # they get into each other's records it is a body cut off.
            other = threading.Thread(target=pump, args=(c, chunk))
            other.start()
            pump(c, chunk)
            other.join()
            slowest = max(slowest, time.monotonic() - begun)
            a = c.answer()
    check(f"an endless body is refused and then cut off ({slowest:.1f} s)",
          slowest < 4 and a.status in (413, 400), (slowest, a))
    grown = rss() - before
    check(f"and costs little memory ({grown} KiB)", grown < 4096, grown)


def many_at_once(check, s):
    body = event("c-1")
    answers = []

    def post():
        answers.append(s.post(body, "c-1"))
    threads = [threading.Thread(target=post) for _ in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    says = [a.says() for a in answers]
    check("of fifty copies one is accepted", says.count("accepted") == 1
          and says.count("duplicate") == 49, says)
    check("all name one event", len({a.json()["request_id"]
                                     for a in answers}) == 1)
    check("and it is one job", s.value(
        "select count(*) from pressgate.job j join pressgate.event e on"
        " e.id = j.event_id where e.idempotency_key = 'c-1'") == "1")


def wake_one(check, s):
    """Of the four that wait for a connection, a connection wakes one."""
    def woken():
        total = 0
        for pid in s.children():
            with open(f"/proc/{pid}/status") as f:
                total += next(int(line.split()[1]) for line in f
                              if line.startswith("voluntary_ctxt_switches"))
        return total
    before = woken()
    for _ in range(100):
        s.get("/livez")
    n = (woken() - before) / 100
    # It sleeps once before the connection and at most once before its bytes.
    check(f"a connection wakes one child ({n:.1f} wakes)", n < 3, n)


def poke(check, s):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as d:
        path = f"{s.dir}/run/worker.sock"
        d.bind(path)
        s.own(path, 0o777)
        d.settimeout(5)
        s.post(event("w-1"), "w-1")
        check("the worker is told of an event", len(d.recv(8)) == 1)
        s.post(event("w-1"), "w-1")
        d.settimeout(0.3)
        try:
            d.recv(8)
            check("but not of a duplicate", False)
        except TimeoutError:
            check("but not of a duplicate", True)


def say_nothing(check, s):
    text = s.log()
    check("the log speaks of each request", text.count('"mod":"request"')
          > 300)
    for what, secret in (("a secret", s.secret), ("a body", "no key inside"),
                         ("a query", "since="), ("a signature", fc.sign(
                             s.secret, 1, b"")[:0] or "HTTP_X_WP")):
        check(f"no {what} in the log", secret not in text)


def main():
    check = Checks()
    with Bare() as s:
        s.start()
        for part in (accept, refuse, do_not_authenticate, replay,
                     read_results, lie_about_length, repeat_params, split,
                     break_protocol, hang_up_early, keep, many_at_once, wake_one,
                     poke, say_nothing):
            print(f"# {part.__name__}", flush=True)
            part(check, s)
        check("no child was lost", "child_" not in s.log())
        s.procs["responder"].stop()
        s.values["PROCESSES"] = 1
        s.write_conf()
        s.start_responder()
        for part in (survive_bad_peers, listen_to_the_end, stay_small):
            print(f"# {part.__name__}", flush=True)
            part(check, s)
        check("no child was lost", "child_" not in s.log())
        check("it stops when asked", s.procs["responder"].stop())
    check.exit()


main()
