#!/usr/bin/env python3
"""Limits as senders meet them, through nginx: too many of one address or one
site, addresses that may not come, a queue that is too deep. What was counted
outlives children, reloads and the whole program. The clients' addresses are
what a trusted proxy says, that is, this test."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fcgi_client as fc  # noqa: E402
from flow import Checks  # noqa: E402
from client import Client  # noqa: E402
from doors import Relay  # noqa: E402
from proc import as_user, children, wait_until  # noqa: E402
from stack import CONF, SITE, Stack  # noqa: E402

# A token comes back after ten seconds, longer than any part here takes.
LIMITS = """\
limits {
	address_rate = 6  address_burst = 5
	site_rate = 6  site_burst = 8
	get_rate = 6  get_burst = 4
	depth = $DEPTH
}
"""

SHOP = """\
site "shop" {
	url = "https://shop.example.com"
	allow = { "203.0.113.0/24", "2001:db8::/32" }
	rate = 0
	busy_policy = "accept"
	relay { key "shop-1" { secret = "file:secrets.d/relay" } }
	route "later" {
		events = {"post.published"}
		step "summary" { service = "llm"  model = "m"  prompt = "p" }
	}
}
"""


class Sender(Client):
    """One that has an address: the proxy in front says which."""

    def __init__(self, s, address, site="blog", **proxy):
        super().__init__(s.base, None, door=Relay(s.secrets[site], {
            "shop": "shop-1", "second": "k2"}.get(site)))
        self.more = {"X-Forwarded-For": address, **proxy}

    def request(self, method, target, body=None, headers=None):
        return super().request(method, target, body,
                               {**(headers or {}), **self.more})

    def forged(self):
        key = self.door.key()
        return self.post(self.door.body("post.published", key), key,
                         signature="0" * 64)


class LimitStack(Stack):
    def __init__(self):
        conf = CONF.replace('\tuser = ""\n}\n\nworker', '\tuser = ""\n'
                            '\ttrusted_proxies = "127.0.0.1"\n}\n\nworker')
        assert conf != CONF
        super().__init__(conf=conf, limits=LIMITS, processes=3)
        self.values["DEPTH"] = "0"
        key = 'key "k1" { secret = "file:secrets.d/relay" }'
        self.texts["sites.d/blog.conf"] = SITE.replace(
            key, key + ' key "k2" { secret = "file:secrets.d/second" }')
        self.secrets["second"] = "second".ljust(40, "s")
        self.texts["sites.d/shop.conf"] = SHOP.replace("/relay", "/shop")
        self.secrets["shop"] = "shop".ljust(40, "s")
        self.secrets["blog"] = self.secret

    def responder(self):
        return self.procs["responder"]

    def reload(self):
        """All children are new ones afterwards."""
        before = set(children(self.responder().pid))
        self.responder().send(signal.SIGHUP)
        wait_until("new children", lambda: (now := set(children(
            self.responder().pid))) and not now & before)


def says(answer, policy, quota):
    wait = answer.headers["Retry-After"]
    return (wait is not None and 0 < int(wait) <= 60
            and answer.headers["RateLimit-Policy"] == f'"{policy}";q={quota}'
            and answer.headers["RateLimit"] == f'"{policy}";r=0;t={wait}')


def by_address(check, s):
    a = Sender(s, "198.51.100.1")
    got = [a.forged().status for _ in range(5)]
    check("five forged events are looked at", got == [401] * 5, got)
    answer = a.forged()
    check.status("the sixth is not", answer, 429, 429)
    check("and it is told when to come again",
          says(answer, "address", "6;w=60"), answer.headers)
    check.status("nor is a good one of that address", a.event(), 429)
    check.status("another address sends", Sender(s, "198.51.100.2").event(),
                 202)
    check.status("its GETs are counted apart", a.results(), 200)
    six = [Sender(s, f"2001:db8:1:2::{n:x}") for n in range(1, 8)]
    got = [x.forged().status for x in six]
    check("an IPv6 network of 64 bits is one sender",
          got == [401] * 5 + [429] * 2, got)
    check.status("its neighbour is another", Sender(
        s, "2001:db8:1:3::1").forged(), 401)
    got = {a.request("GET", "/livez").status for _ in range(8)}
    check("probes are not counted", got == {200}, got)
    return a


def outlives(check, s, a):
    """Nothing gives a sender its tokens back but time."""
    for pid in children(s.responder().pid):
        os.kill(pid, signal.SIGKILL)
    wait_until("new children", lambda: s.ready() and len(
        children(s.responder().pid)) == 3)
    check.status("after kill -9 of all children", a.forged(), 429)
    s.reload()
    check.status("after a reload", a.forged(), 429)
    left = children(s.responder().pid)
    s.responder().kill()
    wait_until("its children have followed", lambda: not any(
        os.path.exists(f"/proc/{pid}") for pid in left))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{s.dir}/run/fcgi.sock")
    s.start_responder()
    check.status("after kill -9 of the parent and a start", a.forged(), 429)


def by_site(check, s):
    got = [Sender(s, f"198.51.101.{n}", ("blog", "second")[n % 2])
           .event().status for n in range(9)]
    left = got.index(429) if 429 in got else 9
    check("a site's events are counted over all addresses and keys",
          0 < left < 9 and got == [202] * left + [429] * (9 - left), got)
    answer = Sender(s, "198.51.101.99").event()
    check("and it is told so", says(answer, "site", "6;w=60"),
          answer.headers)
    tokens = [s.by("bridge") for _ in range(2)]
    for n, c in enumerate(tokens):
        c.door.token = lambda audience, n=n, own=c.door.token, **how: own(
            audience, sub=f"user-{n}", **how)
    got = []
    for n in range(9):
        key = tokens[0].door.key()
        body = tokens[0].door.body("post.published", key)
        headers = {**tokens[0].headers(body, key),
                   "X-Forwarded-For": f"198.51.102.{n}"}
        got.append(tokens[0].request("POST", "/ingest", body,
                                     headers).status)
    check("a token's subject has a limit of its own",
          got == [202] * 8 + [429], got)
    key = tokens[1].door.key()
    body = tokens[1].door.body("post.published", key)
    check.status("another subject, too", tokens[1].request(
        "POST", "/ingest", body, {**tokens[1].headers(body, key),
                                  "X-Forwarded-For": "198.51.102.77"}), 202)
    got = [Sender(s, "203.0.113.%d" % n, "shop").event().status
           for n in range(12)]
    check("rate = 0 is no limit", got == [202] * 12, got)


def by_poller(check, s):
    p = Sender(s, "198.51.103.1")
    got = [p.get("/results", signature="0" * 64).status for _ in range(5)]
    check("GETs of an address have a limit", got == [401] * 4 + [429], got)
    check("which is told", says(p.results(), "address", "6;w=60"))
    got = [Sender(s, f"198.51.104.{n}").results() for n in range(5)]
    check("those of a site, too", got[-1].status == 429 and says(
        got[-1], "site", "6;w=60"), got)


def by_list(check, s):
    inside = ["203.0.113.200", "::ffff:203.0.113.201", "2001:db8:ffff::1"]
    for n, address in enumerate(inside):
        check.status(f"{address} may come",
                     Sender(s, address, "shop").event(), 202)
    outside = Sender(s, "203.0.114.7", "shop")
    check.status("another may not", outside.event(), 403, 403)
    check.status("nor fetch results", outside.results(), 403)
    check.status("an address in front of it changes nothing", Sender(
        s, "203.0.113.7, 203.0.114.7", "shop").event(), 403)
    check.status("noise is on no list", Sender(
        s, "noise", "shop").event(), 403)
    check.status("what came to the proxy without TLS is refused", Sender(
        s, "203.0.113.202", "shop",
        **{"X-Forwarded-Proto": "http"}).event(), 403)
    text = s.texts["pressgate.conf"]
    s.texts["pressgate.conf"] = text.replace(
        '"127.0.0.1"', '"127.0.0.99"')
    s.write_conf()
    s.reload()
    check.status("who is no trusted proxy says where it comes from in vain",
                 Sender(s, "203.0.113.203", "shop").event(), 403)
    s.texts["pressgate.conf"] = text
    s.write_conf()
    s.reload()


def alone(check, s):
    """As mod_fcgid starts them: two programs, no parent, one limit."""
    programs, paths, got = [], [], []
    try:
        for n in range(2):
            path = f"{s.dir}/run/alone-{n}.sock"
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen(16)
            s.own(path, 0o777)
            paths.append(path)
            programs.append(subprocess.Popen(
                as_user([f"{s.dir}/bin/pressgate-fcgi"], True),
                stdin=listener, env=s.environment(), cwd="/",
                stderr=open(f"{s.dir}/log/alone.log", "ab")))
            listener.close()
        for n in range(8):
            body = b"{}"
            got.append(fc.ask(paths[n % 2], fc.post_params(
                "x" * 40, body, "k", REMOTE_ADDR="198.51.105.1",
                HTTPS="on"), body).status)
    finally:
        for p in programs:
            p.terminate()
            p.wait()
    check("two processes without a parent share it",
          got == [401] * 5 + [429] * 3, got)


def counted(check, s):
    text = s.pressgate("metrics")
    check("metrics count them", all(
        any(line.startswith("pressgate_requests_total")
            and f'outcome="{name}"' in line and not line.endswith(" 0")
            for line in text.splitlines())
        for name in ("rate", "bad_address")), text)
    s.reload()  # children that leave write down what they refused
    wait_until("rejections", lambda: s.value(
        "select count(*) from pressgate.rejection") != "0")
    rows = {tuple(r) for r in s.sql(
        "select distinct site, source, reason from pressgate.rejection")}
    want = {("blog", "relay", "rate/site"), ("shop", "relay", "bad_address"),
            ("blog", "relay", "rate/address"),
            ("blog", "bridge", "rate/site")}
    check("and so does the database, by site, door and reason",
          want <= rows, rows)


def by_depth(check, s):
    s.procs["worker"].stop()
    s.values.update(DEPTH="3")
    text = s.texts["pressgate.conf"]
    s.values["LIMITS"] = "limits { site_rate = 0  depth = 3 }"
    s.write_conf()
    s.reload()
    shop = Sender(s, "203.0.113.9", "shop")
    blog = Sender(s, "198.51.106.1")
    for _ in range(4):
        check.status("accepted", shop.event(), 202)
    answer = wait_until("429", lambda: (a := blog.event()).status == 429
                        and a, timeout=8, step=0.3)
    check("past the depth a site is told to come later",
          says(answer, "queue", "3"), answer.headers)
    check.status("one whose sender would not is not", shop.event(), 202)
    check.status("results are there all the same", blog.results(), 200)
    calls = int(s.value("select calls from pg_stat_user_functions "
                        "where funcname = 'depth'"))
    start = time.monotonic()
    while time.monotonic() < start + 1.5:
        blog.event()
    more = int(s.value("select calls from pg_stat_user_functions "
                       "where funcname = 'depth'")) - calls
    check("the host counts every two seconds, not each request",
          more <= 2, more)
    s.start_worker()
    wait_until("202", lambda: blog.event().status == 202, timeout=15,
               step=0.3)
    check("when the queue is shorter it is accepted again", True)
    s.texts["pressgate.conf"] = text


def main():
    check = Checks()
    with LimitStack() as s:
        s.postgres = "track_functions = all\n"
        s.start()
        a = by_address(check, s)
        outlives(check, s, a)
        by_site(check, s)
        by_poller(check, s)
        by_list(check, s)
        alone(check, s)
        counted(check, s)
        by_depth(check, s)
    check.exit()


main()
