#!/usr/bin/env python3
"""What a hostile or broken sender may try, one row each, through every web
server that pressgate ships a configuration for and through the bare FastCGI
socket. After each row nothing that was refused has changed a table, and the
responder is there and answers at once.

    flow_fronts.py [WAY]...
"""

import pathlib
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import fcgi_client as fc  # noqa: E402
from flow import Checks  # noqa: E402
from fronts import Fronts, Request  # noqa: E402
from proc import wait_until  # noqa: E402

CAP = 256 << 10
SERVERS = ("nginx", "apache", "fcgid", "lighttpd", "caddy")


class Theirs(int):
    """The server refuses by itself, and nothing reaches us."""


def T(status):
    return Theirs(status)


NOT_SAYABLE = None


class Row:
    """status: what comes back, by us unless it is T(); then, by name, what
    is otherwise in some ways."""

    def __init__(self, case, what, make, status, **other):
        self.case = case
        self.what = what
        self.make = make
        self.status = status
        self.other = other

    def expected(self, way):
        if way in self.other:
            return self.other[way]
        if way in SERVERS and "servers" in self.other:
            return self.other["servers"]
        return self.status


def only_socket(case, what, make, status):
    return Row(case, what, make, status, servers=NOT_SAYABLE)


def event(door, **members):
    """A good request at a door, with a key of its own."""
    key = door.key()
    body = door.body("post.published", key, **members)
    return Request([("Content-Type", "application/json"),
                    *door.post(body, key).items()], body, door.path)


# ---- how a good request is spoilt ----------------------------------------

def with_more(name, value, first=False):
    """One header more; one of that name may be there already."""
    more = [(name, value)]
    return lambda g: g.copy(more + g.headers if first else g.headers + more)


def set_to(**headers):
    return lambda g: g.but(**headers)


def joined(name):
    return lambda g: g.copy([(n, f"{v}, {v}" if n == name else v)
                             for n, v in g.headers])


def renamed(name, other):
    return lambda g: g.copy([(other if n == name else n, v)
                             for n, v in g.headers])


def again(name):
    return lambda g: with_more(name, g.value(name))(g)


def to(**members):
    return lambda g: g.copy(**members)


def many(n):
    return lambda g: g.copy(g.headers + [(f"X-{i}", "y") for i in range(n)])


def param(name, value):
    return to(params=[(name, value)])


def big(n, sent=None):
    return lambda g: g.copy(body=g.body + b" " * (n - len(g.body)),
                            length=str(n), sent=n if sent is None else sent)


def records(spoil):
    """spoil(head, stdin, params, body): the bytes on the bare socket."""
    def raw(p, body):
        return spoil(fc.begin() + fc.stream(fc.PARAMS, fc.block(p)),
                     fc.stream(fc.STDIN, body), p, body)
    return to(raw=raw)


def trailing_signature(g):
    return g.but(X_WP_Signature=None).copy(
        chunks=[f"{SIGNATURE}: {g.value(SIGNATURE)}"])


BAD = "0" * 64
SIGNATURE = "X-WP-Signature"
NO_BODY = {"body": b"", "sent": 0}
# The servers refuse, and how.
ALL_400 = dict.fromkeys(SERVERS, T(400))
ALL_404 = dict.fromkeys(SERVERS, T(404))
FCGID_500 = {"fcgid": T(500)}  # more than mod_fcgid's 128 KiB
NO_ANSWER = {**dict.fromkeys(SERVERS, T(0)), **FCGID_500}
# A second header is joined to the first one, and proves nothing.
JOINED_401 = dict.fromkeys(("apache", "fcgid", "lighttpd", "caddy"), 401)
# A name that is not quite the header's is another name, or is dropped.
IGNORED = dict.fromkeys(("nginx", "apache", "fcgid", "caddy"), 202)
TRIMMED = dict.fromkeys(("apache", "fcgid", "lighttpd", "caddy"), 202)
NOT_NGINX_400 = {**ALL_400, "nginx": 400}
TOO_LONG = {**ALL_400, "lighttpd": T(431), "caddy": T(431)}

ROWS = [
    Row("A1", "ten bytes announced, three sent",
        to(body=b"{} ", sent=3, length="10"), 400, **NO_ANSWER),
    Row("A1", "a body cut off in its middle",
        lambda g: g.copy(sent=len(g.body) // 2), 400, **NO_ANSWER),
    Row("A1", "one byte announced, three sent",
        to(body=b"{} ", sent=3, length="1"), 400, servers=401),
    Row("A2", "length -1, which is Caddy's for chunks", to(length="-1"),
        202, servers=T(400)),
    Row("A2", "a length with blanks", to(length="  3"), 400, servers=401),
    *[Row("A2", f"length {text!r}", to(length=text), 400, servers=T(400))
      for text in ("+3", "0x3", "3,3", "1e3", str(2 ** 63),
                   str(2 ** 64 + 3))],
    Row("A2", "length with zeros before it",
        lambda g: g.copy(length="000" + g.length), 202),
    Row("A2", "an empty length", to(length=" "), 400,
        **{**ALL_400, "lighttpd": T(411), "caddy": 400}),
    Row("A3", "no body and no length", to(**NO_BODY, length=""), 400,
        lighttpd=T(411)),
    Row("A3", "no body, length 0", to(**NO_BODY, length="0"), 400),
    Row("A4", "in chunks", to(chunks=()), 202, apache=T(411)),
    Row("A4", "in chunks, the signature in the trailer",
        trailing_signature, 400, apache=T(411)),
    Row("A4", "in chunks, and with a length", lambda g: g.copy(
        g.headers + [("Content-Length", g.length)], chunks=()), 202,
        nginx=T(400), apache=T(411), lighttpd=T(400)),
    Row("A5", "at the cap", big(CAP), 401, **FCGID_500),
    Row("A5", "one byte above the cap", big(CAP + 1), 413, **FCGID_500),
    Row("A5", "above the cap announced, nothing sent", big(CAP + 1, sent=0),
        413, **NO_ANSWER),
    Row("A5", "100 MB announced", to(length="100000000"), 413,
        **{**dict.fromkeys(SERVERS, T(413)), **FCGID_500, "caddy": T(0)}),
    Row("A6", "the signature twice, the bad one last",
        with_more(SIGNATURE, BAD), 400, **JOINED_401),
    Row("A6", "the signature twice, the bad one first",
        with_more(SIGNATURE, BAD, True), 400, **JOINED_401),
    *[Row("A6", f"a signature in x-wp-signature, {where}", with_more(
        "x-wp-signature", BAD, where == "first"), 400, **JOINED_401)
      for where in ("first", "last")],
    *[Row("A6", f"a signature in {name}, {where}",
          with_more(name, BAD, where == "first"), 400, **IGNORED)
      for name in ("X_WP_Signature", "X.WP.Signature", "X~WP~Signature",
                   "X!WP!Signature")
      for where in ("first", "last")],
    Row("A6", "the only signature in X_WP_Signature",
        renamed(SIGNATURE, "X_WP_Signature"), 400, socket=202,
        lighttpd=202),
    Row("A6", "the key twice, the same", again("Idempotency-Key"), 400),
    Row("A7", "two signatures in one", joined(SIGNATURE), 401),
    Row("A7", "two keys in one", joined("Idempotency-Key"), 400),
    Row("A7", "two timestamps in one", joined("X-WP-Timestamp"), 401),
    Row("A8", "a header Proxy", with_more(
        "Proxy", "http://CANARY.example.com/"), 202),
    *[Row("A9", f"{byte!r} in {name}", set_to(**{
        name.replace("-", "_"): f"a{byte}ECHOED"}), 400, **other)
      for name in ("User-Agent", "X-WP-Key-Id")
      for byte, other in (
          ("\x01", NOT_NGINX_400), ("\x7f", NOT_NGINX_400),
          ("\r", ALL_400), ("\0", {**ALL_400, "socket": 0}))],
    # It ends the line in nginx, and what follows is no header.
    Row("A9", "a line feed in User-Agent", set_to(User_Agent="a\nECHOED"),
        400, **{**ALL_400, "nginx": 202}),
    Row("A9", "a line feed in X-WP-Key-Id", set_to(
        X_WP_Key_Id="a\nECHOED"), 400, **{**ALL_400, "nginx": 401}),
    Row("A9", "a tab before the key id", set_to(X_WP_Key_Id="\tblog-1"),
        400, **TRIMMED),
    Row("A9", "a tab in the key id", set_to(X_WP_Key_Id="a\tECHOED"), 400),
    *[Row("A9", f"{byte!r} in {name}", set_to(**{
        name.replace("-", "_"): f"a{byte}ECHOED"}), status)
      for byte in ("\x80", "\xff")
      for name, status in (("Idempotency-Key", 400), ("X-WP-Key-Id", 401),
                           ("User-Agent", 202))],
    Row("A10", "300 headers", many(300), 400, apache=T(400), fcgid=T(400)),
    Row("A10", "70000 headers", many(70000), 0, **TOO_LONG),
    Row("A10", "a header's name of 16 MiB", with_more("x" * (16 << 20), "y"),
        0, **TOO_LONG),
    Row("A10", "'=' in a header's name", with_more(SIGNATURE + "=", "x"),
        T(400), socket=NOT_SAYABLE, nginx=202),
    Row("A10", "an empty header's name", with_more("", "x"),
        T(400), socket=NOT_SAYABLE, caddy=202),
    only_socket("A10", "'=' in a param's name", param(
        "HTTP_X_WP_KEY_ID=", "blog-1"), 0),
    only_socket("A10", "NUL in a param's value", param("X", "y\0z"), 0),
    only_socket("A10", "NUL in a param's name", param("X\0Z", "y"), 0),
    only_socket("A10", "a param without a name", param("", "x"), 0),
    only_socket("A10", "a length of 2 GiB in params", records(
        lambda h, b, p, body: fc.begin() + fc.stream(
            fc.PARAMS, b"\xff\xff\xff\xff\xff\xff\xff\xffAB") + b), 0),
    Row("A11", "a signature of 8 KB", set_to(X_WP_Signature="0" * 8000),
        400),
    Row("A11", "a signature of 16 KB", set_to(X_WP_Signature="0" * 16384),
        400, **{**TOO_LONG, "caddy": 400}),
    Row("A11", "a User-Agent of 8 KB", set_to(User_Agent="0" * 8000), 202),
    Row("A11", "a User-Agent of 16 KB", set_to(User_Agent="0" * 16384),
        400, **{**TOO_LONG, "caddy": 400}),
    Row("A11", "a User-Agent of 70 KB", set_to(User_Agent="0" * 70000),
        0, **TOO_LONG),
    only_socket("A13", "an aborted body", records(
        lambda h, b, p, body: h + fc.record(fc.STDIN, body[:9])
        + fc.record(fc.ABORT)), 400),
    only_socket("A14", "role 2 (authorizer)", records(
        lambda h, b, p, body: fc.begin(role=2) + h[16:] + b), 400),
    only_socket("A14", "role 3 (filter)", records(
        lambda h, b, p, body: fc.begin(role=3) + h[16:] + b), 400),
    only_socket("A14", "role 9", records(
        lambda h, b, p, body: fc.begin(role=9) + h[16:] + b), 0),
    only_socket("A14", "another version", records(
        lambda h, b, p, body: b"\x02" + h[1:] + b), 0),
    only_socket("A14", "a second BEGIN_REQUEST on the way", records(
        lambda h, b, p, body: h + fc.begin(id=2) + b), 202),
    only_socket("A14", "a stream record of id 0", records(
        lambda h, b, p, body: h + fc.record(fc.STDIN, b"{}", id=0) + b),
        202),
    *[only_socket("A14", f"GET_VALUES with repeated names, {where}", records(
        lambda h, b, p, body, at=at: (h + b)[:at(h)] + fc.record(
            fc.GET_VALUES, fc.pair("FCGI_MPXS_CONNS", "") * 2000, id=0)
        + (h + b)[at(h):]), 202)
      for where, at in (("before", lambda h: 0), ("within", len))],
    only_socket("A14", "an unknown type", records(
        lambda h, b, p, body: h + fc.record(77, b"xx", id=0) + b), 202),
    only_socket("A14", "every record padded", records(
        lambda h, b, p, body: fc.request(p, body, padding=255)), 202),
    *[Row("A15", method, to(method=method), 405, **other)
      for method, other in (
          ("pOsT", {"nginx": T(400), "lighttpd": T(501), "caddy": 202}),
          ("POSTS", {"lighttpd": T(501)}), ("PUT", {}), ("DELETE", {}))],
    *[Row("A15", method, to(method=method, **NO_BODY, length=""), 405,
          **other)
      for method, other in (("HEAD", {}), ("TRACE", {
          "nginx": T(405), "apache": T(405),
          # Before .htaccess: the host's TraceEnable decides.
          "fcgid": T(200)}))],
    Row("A16", "an encoded body", set_to(Content_Encoding="gzip"), 415),
    Row("A16", "utf-16", set_to(
        Content_Type="application/json; charset=utf-16"), 415),
    Row("A16", "text", set_to(Content_Type="text/plain"), 415),
    Row("A16", "no type", set_to(Content_Type=None), 415),
    *[Row("A16", f"two types, the good one {where}", with_more(
        "Content-Type", "text/plain", where == "last"), 400, apache=415,
        fcgid=415, lighttpd=T(400)) for where in ("first", "last")],
    *[Row("A17", path, to(target=path), 404, **other) for path, other in (
        ("//webhooks/wp", {}), ("/webhooks//wp", {}),
        ("/webhooks/./wp", {}), ("/webhooks/%77p", {}),
        ("/webhooks/wp/", {}), ("/x/../webhooks/wp", {}),
        ("/webhooks/wp;x=1", {}), ("/webhooks/wp/blog/../shop", {}),
        ("/a/..%2f../webhooks//wp", {
            "nginx": T(400), "apache": T(404), "fcgid": T(404)}),
        ("/webhooks/wp%2f..%2fadmin", {"apache": T(404), "fcgid": T(404)}),
        ("/webhooks/wp%00", {
            **ALL_400, "apache": T(404), "fcgid": T(404)}),
        ("/WEBHOOKS/WP", ALL_404), ("/admin", ALL_404),
        ("/webhooks\\wp", ALL_404),
        ("/pressgate.fcgi/webhooks/wp", {**ALL_404, "fcgid": 404}))],
    Row("A17", "NUL in the query", to(target="/webhooks/wp?x=%00"), 202,
        lighttpd=T(400)),
    Row("A17", "a whole address as target", to(
        target="http://127.0.0.1/webhooks/wp"), 404, nginx=202,
        lighttpd=T(400), caddy=202),
]


# ---- one row, one way -----------------------------------------------------

def try_row(check, s, way, row):
    want = row.expected(way.name)
    what = f"{row.case} {row.what}, {way.name}"
    before, come = s.tables(), s.reached()
    a = way.say(row.make(event(s.relay)))
    check(f"{what}: {int(want)}" + (
        " by the server" if isinstance(want, Theirs) else ""),
          a.status == want, a)
    ours = want != 0 and not isinstance(want, Theirs)
    check(f"{what}: {'it' if ours else 'nothing'} has reached us",
          s.reached() - come == ours, s.reached() - come)
    if want == 202:
        check(f"{what}: is one event more", s.tables() != before)
    else:
        check(f"{what}: nothing stored", s.tables() == before, s.tables())
        check(f"{what}: nothing echoed", b"ECHOED" not in a.body, a)
    if want == 405 and ours:
        check(f"{what}: Allow", a.headers["allow"] == "POST", a.headers)
    check(f"{what}: all is well", s.well())


def take_rows(check, s, ways):
    for way in ways:
        for row in ROWS:
            if row.expected(way.name) is not NOT_SAYABLE:
                try_row(check, s, way, row)
    check("A8 the header Proxy is nowhere", s.look(
        "select count(*) from pressgate.event where"
        " event::text like '%CANARY%'") == "0")
    logs = s.logs()
    check("A9 control bytes are nowhere in the log", not any(
        bytes([b]) in logs for b in [*range(10), *range(11, 32), 127]))
    check("A9 nor is what came beside them", b"ECHOED" not in logs)


def take_good_ones(check, s, ways):
    for way in ways:
        for kind in ("relay", "bridge", "edge"):
            r = event(s.door(kind))
            check.status(f"a good event by {kind}, {way.name}", way.say(r),
                         202, "accepted")
            check.status(f"and again, {way.name}", way.say(r), 202,
                         "duplicate")


# ---- A12, A13: who holds a connection, and nothing else -------------------

def half_a_head(way, r):
    c = way.connect()
    c.sendall(way.message(r)[:60])
    return c


def half_a_body(way, r):
    return way.hold(r.copy(sent=len(r.body) // 2))


def hold_on(check, s, ways):
    slow = {}
    come = s.reached()
    for way in ways:
        n = 1 if way.name == "socket" else 4  # of four processes
        slow[way.name] = [
            f(way, event(s.relay)) for f in (
                lambda w, _: w.connect(), half_a_head, half_a_body)
            for _ in range(n)]
    took = 0.0
    for _ in range(3):
        for way in ways:
            r = event(s.relay)
            for c in slow[way.name][-1:]:
                c.sendall(way.drip(r))
            begun = time.monotonic()
            a = way.say(r)
            took = max(took, time.monotonic() - begun)
            check.status(f"A12 an event beside slow ones, {way.name}", a,
                         202, "accepted")
        time.sleep(0.5)
    check("A12 at once", took < 1, took)
    for way in ways:
        if way.name == "socket":
            begun = time.monotonic()
            answers = [way.answer(c, None).status for c in slow["socket"]]
            check("A13 who is slow is let go", answers == [0, 0, 408]
                  and time.monotonic() - begun < 4, answers)
        for c in slow[way.name]:
            c.close()
    time.sleep(0.2)
    check("A12 nothing else has reached us", s.reached() - come ==
          3 * len(ways) + any(w.name == "socket" for w in ways),
          s.reached() - come)
    check("A13 no process was lost", s.well())


# ---- A5: who never ends ---------------------------------------------------

ENDLESS = {"socket": 413, "nginx": 413, "apache": 411, "fcgid": 500,
           "lighttpd": 413, "caddy": 413}


def memory(s):
    total = 0
    for pid in s.children():
        with open(f"/proc/{pid}/statm") as f:
            total += int(f.read().split()[1]) * 4
    return total


def has_answered(c):
    c.setblocking(False)
    try:
        return c.recv(4096)
    except (BlockingIOError, ssl.SSLWantReadError):
        return b""
    finally:
        c.settimeout(10)


def pour(check, s, ways):
    """What comes after the refusal is thrown away, for a while."""
    before, tables = memory(s), s.tables()
    for way, status in ((way, ENDLESS[way.name]) for way in ways):
        c = way.hold(event(s.relay).copy(chunks=(), sent=0))
        sent, answer = 0, b""
        try:
            while sent < 64 << 20 and not answer:
                c.sendall(way.piece(1 << 16))
                sent += 1 << 16
                answer = has_answered(c)
        except OSError:
            pass
        c.close()
        check(f"A5 a body without end, {way.name}: {status} or cut off",
              sent < 64 << 20 and (answer == b"" or str(status).encode()
                                   in answer[:40]), (sent, answer[:40]))
    check("A5 and costs no memory", memory(s) - before < 8192,
          (before, memory(s)))
    check("A5 nothing stored", s.tables() == tables)
    check("A5 no process was lost", s.well())


# ---- A18: who does not wait for the answer ---------------------------------

def leave_early(check, s, ways):
    for way in ways:
        r = event(s.relay)
        before = s.tables()
        s.look("begin; lock table pressgate.event in exclusive mode;"
               " select 1")
        c = way.hold(r)
        wait_until("an event that waits to be stored", lambda: s.look(
            "select count(*) from pg_locks where not granted") != "0")
        c.close()
        s.look("commit; select 1")
        wait_until(f"an event that nobody waits for, {way.name}",
                   lambda: s.tables() != before)
        check.status(f"A18 who left comes again, {way.name}", way.say(r),
                     202, "duplicate")
        check(f"A18 all is well, {way.name}", s.well())


def main():
    check = Checks()
    with Fronts() as s:
        s.start()
        s.relay = s.door("relay")
        ways = [s.ways[name] for name in sys.argv[1:] or s.ways]
        for part in (take_good_ones, take_rows, hold_on, pour, leave_early):
            print(f"# {part.__name__}", flush=True)
            part(check, s, ways)
        check("no child was lost", b"child_" not in s.logs())
    check.exit()


main()
