#!/usr/bin/env python3
"""An event and its result through each web server that pressgate ships a
configuration for, over TLS where that configuration has TLS.

    flow_web.py [nginx-tls | apache-proxy | apache-fcgid | lighttpd | caddy]...
"""

import pathlib
import re
import socket
import ssl
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from client import Client  # noqa: E402
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack, free_port  # noqa: E402
import web  # noqa: E402

BIG = {"title": "x" * (300 << 10)}


def goes_through(check, s, big_status):
    """One event, its result, a signed GET with a query, a large body."""
    key = str(uuid.uuid4())
    answer = s.client.event(key=key, title="Round trip")
    check.status("an event is accepted", answer, 202, "accepted")
    check.status("and then a duplicate",
                 s.client.event(key=key, title="Round trip"), 202,
                 "duplicate")
    found = wait_until("the result", lambda: s.client.walk(limit=1)[0])
    check("its result comes back by GET /results",
          found[0]["request_id"] == answer.json()["request_id"]
          and found[0]["status"] == "done", found)
    check.status("GET /events/", s.client.get(
        "/events/" + found[0]["request_id"]), 200, "done")
    check.status("a wrong signature", s.client.post(
        b"{}", "k", signature="0" * 64), 401)
    check.status("a body of 300 KB", s.client.event(**BIG), big_status)
    every_door(check, s)


def every_door(check, s):
    """One event and the results by the other doors: each has headers of its
    own, and servers like to keep Authorization to themselves."""
    for kind in ("edge", "bridge-rs256"):
        client = s.by(kind)
        answer = client.event(title="Round trip")
        check.status(f"an event by {kind}", answer, 202, "accepted")
        request_id = answer.json()["request_id"]
        check(f"its Location is below {s.mount or '/'}",
              answer.headers["Location"] ==
              f"{s.mount}/events/{request_id}", answer.headers)
        check.status("results", client.results(limit=1), 200)
        check.status("the event's state", client.get(
            "/events/" + request_id), 200)
        check.status("a wrong signature", client.post(
            b"{}", client.door.key(), signature="0" * 64), 401)


def secure(check, s):
    """TLS 1.2 at least, HSTS, nothing over plain HTTP."""
    a = s.client.request("GET", "/livez")
    check("HSTS is set", "max-age=" in (
        a.headers["Strict-Transport-Security"] or ""), a.headers)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        a = Client(s.base, s.secret, context=old).request("GET", "/livez")
        check("TLS 1.1 is refused", False, a)
    except (ssl.SSLError, ConnectionError):
        check("TLS 1.1 is refused", True)
    plain = Client(f"http://127.0.0.1:{s.plain_port}", s.secret)
    check.status("an event over plain HTTP", plain.event(), 403)


def slow_senders(check, s):
    """Whoever sends no more of a body must not hold a process."""
    head = (b"POST /webhooks/wp HTTP/1.1\r\nHost: gate.example.com\r\n"
            b"Content-Type: application/json\r\nIdempotency-Key: k\r\n"
            b"X-WP-Timestamp: 1\r\nX-WP-Signature: " + b"0" * 64 + b"\r\n")
    for what, body in (
            ("with a length", b"Content-Length: 100000\r\n\r\n{"),
            ("in chunks", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
            ("of 40,000 bytes", b"Content-Length: 100000\r\n\r\n"
             + b"x" * 40000)):
        peers = [s.context.wrap_socket(socket.create_connection(
            ("127.0.0.1", s.port))) for _ in range(12)]
        for peer in peers:
            peer.sendall(head + body)
        time.sleep(0.3)
        begun = time.monotonic()
        check.status(f"an event while 12 bodies {what} stall",
                     s.client.event(), 202, "accepted")
        took = time.monotonic() - begun
        check("is accepted at once", took < 2, took)
        for peer in peers:
            peer.close()
    check.status("a body of 2 MB", s.client.event(title="x" * 2000000), 413)


def with_tls(server):
    s = Stack(server=server)
    s.plain_port = free_port()
    s.base = f"https://127.0.0.1:{s.port}"
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    s.client = Client(s.base, s.secret, context=context)
    s.context = context
    return s


def tls(check, server):
    with with_tls(server) as s:
        s.start()
        goes_through(check, s, 413)
        secure(check, s)
        slow_senders(check, s)
        if server is web.ApacheProxy:  # it would keep any length on disk
            check.status("a body in chunks", s.client.request(
                "POST", "/webhooks/wp", iter([b"{}"])), 411)


def fcgid(check, server):
    """Shared hosting: Apache starts the responder; cron runs the worker."""
    with Stack(server=server) as s:
        s.start_responder = s.start_worker = lambda: None
        s.pressgate_worker = f"{s.dir}/bin/pressgate-worker"
        s.start()
        cron = s.start_program("worker", [
            f"{s.dir}/bin/pressgate-worker", "--once", "--max-runtime",
            "20s"])
        key = str(uuid.uuid4())
        answer = s.client.event(key=key, title="From shared hosting")
        check.status("an event is accepted below a folder of the site",
                     answer, 202, "accepted")
        check("the worker of cron ends by itself", cron.wait(30))
        s.start_program("worker", [
            f"{s.dir}/bin/pressgate-worker", "--once", "--max-runtime",
            "20s"])
        found = wait_until("the result", lambda: s.client.walk()[0])
        check("its result comes back by GET /results",
              found[0]["request_id"] == answer.json()["request_id"]
              and found[0]["status"] == "done", found)
        check.status("a body of 300 KB is above mod_fcgid's 128 KiB",
                     s.client.event(**BIG), 500)
        check.status("a body of 100 KB is not", s.client.event(
            title="x" * 100000), 202, "accepted")
        counters = ""

        def started():
            nonlocal counters
            counters = s.pressgate("metrics")
            return "pressgate_worker_starts_total 2\n" in counters
        wait_until("the second worker of cron", started)
        check("pressgate metrics has what processes without a parent and "
              "workers of cron have counted",
              'outcome="accepted",status="202"} 2\n' in counters
              and re.search('pressgate_attempts_total{outcome="ok"} [12]\n',
                            counters), counters)
        every_door(check, s)
        check.status("pressgate.fcgi by its own name is no door",
                     s.client.request("GET", "/pressgate.fcgi"), 404)


WAYS = {"nginx-tls": (tls, web.NginxTls),
        "apache-proxy": (tls, web.ApacheProxy),
        "apache-fcgid": (fcgid, web.ApacheFcgid),
        "lighttpd": (tls, web.Lighttpd),
        "caddy": (tls, web.Caddy)}


def main():
    check = Checks()
    for name in sys.argv[1:] or WAYS:
        print(f"# {name}", flush=True)
        run, server = WAYS[name]
        run(check, server)
    check.exit()


main()
