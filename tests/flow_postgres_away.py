#!/usr/bin/env python3
"""PostgreSQL stopped, or silent: 503 with Retry-After within three seconds,
and service by itself when it returns."""

import os
import pathlib
import signal
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from proc import children, wait_until  # noqa: E402
from stack import Stack  # noqa: E402


def away(check, s, how, events):
    """Each event is refused in time, for later."""
    slowest = 0.0
    for _ in range(events):
        begun = time.monotonic()
        a = s.client.event(title="while it is away")
        slowest = max(slowest, time.monotonic() - begun)
        if a.status != 503 or not (a.headers["Retry-After"] or "").isdigit():
            check(f"503 with Retry-After while PostgreSQL is {how}", False,
                  (a, a.headers))
            return
    check(f"503 with Retry-After while PostgreSQL is {how}", True)
    check(f"each within 3 s (slowest {slowest:.2f} s)", slowest < 3)


def back(check, s, how):
    key = str(uuid.uuid4())
    begun = time.monotonic()
    a = wait_until("service", lambda: (
        lambda x: x if x.status == 202 else None)(
            s.client.event(key=key, title="and back")), 30)
    check(f"service is back by itself after it was {how}",
          a.says() in ("accepted", "duplicate"), a)
    print(f"# after {time.monotonic() - begun:.2f} s", flush=True)
    wait_until("the result", lambda: [
        r for r in s.client.walk()[0] if r["idempotency_key"] == key], 60)
    check("and the worker works again", True)


def main():
    check = Checks()
    with Stack() as s:
        s.start()
        check.status("before", s.client.event(), 202, "accepted")
        check.status("ready before", s.client.request("GET", "/readyz"), 200)

        s.stop_postgres("fast")
        away(check, s, "stopped", 20)
        wait_until("not ready", lambda: s.client.request(
            "GET", "/readyz").status == 503, 3)
        check.status("but alive", s.client.request("GET", "/livez"), 200)
        s.start_postgres()
        back(check, s, "stopped")

        # A server that takes connections and says nothing.
        pids = [s.postmaster()]
        pids += children(pids[0])
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            away(check, s, "silent", 6)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        back(check, s, "silent")
    check.exit()


main()
