#!/usr/bin/env python3
"""kill -9 of the worker in the middle of its calls, again and again: no
accepted event is lost, none has two results, and only calls that were in
flight or unflushed at a kill are made twice, with the same key.

Then a worker that is not dead but stopped for so long that its jobs went to
another one, and wakes while the other one is at them: it may settle none."""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks, Senders, reckon  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402

KILLS = 12
HITS_MIN = 10
JOBS = 12


def in_flight(s):
    return [c for c in s.calls() if c["ended"] is None]


def kills(check):
    with Stack(model="slow-0.4s") as s:
        s.start()
        senders = Senders(s, 4, pause=0.3).start()
        killed, hits, cut = [], 0, 0
        for _ in range(KILLS):
            wait_until("calls in flight", lambda: in_flight(s), 60)
            before = {c["n"] for c in in_flight(s)}
            s.procs["worker"].kill()
            killed.append(time.time())
            ended = wait_until("the vendor to notice", lambda: (
                lambda c: c if all(x["ended"] for x in c) else None)([
                    c for c in s.calls() if c["n"] in before]))
            n = sum(c["hung_up"] for c in ended)
            hits, cut = hits + (n > 0), cut + n
            s.start_worker()
            time.sleep(0.5)
        senders.stop()
        last = time.monotonic()
        found = reckon(check, s, senders.acked, killed)
        took = time.monotonic() - last
        print(f"# {len(killed)} kills, {hits} of them in the middle of "
              f"calls, {cut} calls cut, {len(found)} results, recovered "
              f"{took:.1f} s after the last kill", flush=True)
        check(f"at least {HITS_MIN} kills fell in the middle of a call",
              hits >= HITS_MIN, hits)
        check("all came back within 45 s", took <= 45, took)


def zombie(check):
    """The lease of a call of at most 6 s is 10 s."""
    with Stack(model="slow-4s", timeout="6s") as s:
        s.start()
        senders = Senders(s, 0)
        for n in range(JOBS):
            senders.send(f"zombie-{n}")
        wait_until("the first worker's calls",
                   lambda: len(in_flight(s)) == JOBS)
        first = s.procs["worker"]
        first.send(signal.SIGSTOP)
        stopped = time.time()
        s.start_worker()
        wait_until("the second worker's calls", lambda: sum(
            c["begun"] > stopped and c["ended"] is None
            for c in s.calls()) == JOBS, 40)
        first.send(signal.SIGCONT)
        reckon(check, s, senders.acked, [stopped])
        fenced = pathlib.Path(s.dir, "log/worker.log").read_text().count(
            '"ev":"fenced"')
        print(f"# {fenced} of {JOBS} jobs came late to the fence",
              flush=True)
        check(f"at least {HITS_MIN} jobs came late to the fence",
              fenced >= HITS_MIN, fenced)
        first.stop()


def main():
    check = Checks()
    kills(check)
    zombie(check)
    check.exit()


main()
