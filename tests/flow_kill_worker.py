#!/usr/bin/env python3
"""kill -9 of the worker in the middle of its calls, again and again: no
accepted event is lost, none has two results, and only calls that were in
flight or unflushed at a kill are made twice, with the same key."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks, Senders, reckon  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402

KILLS = 12
HITS_MIN = 10


def in_flight(s):
    return [c for c in s.calls() if c["ended"] is None]


def main():
    check = Checks()
    with Stack(model="slow-0.4s") as s:
        s.start()
        senders = Senders(s, 4, pause=0.3).start()
        kills, hits, cut = [], 0, 0
        for _ in range(KILLS):
            wait_until("calls in flight", lambda: in_flight(s), 60)
            before = {c["n"] for c in in_flight(s)}
            s.procs["worker"].kill()
            kills.append(time.time())
            hung_up = wait_until("the vendor to notice", lambda: [
                c for c in s.calls() if c["n"] in before
                and c["ended"] is not None])
            n = sum(c["hung_up"] for c in hung_up)
            hits, cut = hits + (n > 0), cut + n
            s.start_worker()
            time.sleep(0.5)
        senders.stop()
        last = time.monotonic()
        found = reckon(check, s, senders.acked, kills)
        took = time.monotonic() - last
        print(f"# {len(kills)} kills, {hits} of them in the middle of "
              f"calls, {cut} calls cut, {len(found)} results, recovered "
              f"{took:.1f} s after the last kill", flush=True)
        check(f"at least {HITS_MIN} kills fell in the middle of a call",
              hits >= HITS_MIN, hits)
        check("all came back within 45 s", took <= 45, took)
    check.exit()


main()
