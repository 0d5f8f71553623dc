#!/usr/bin/env python3
"""kill -9 of PostgreSQL's postmaster under load: what was acknowledged is
there and done once; senders and worker go on by themselves.

Without its postmaster a server process ends when it has nothing in hand, so
a statement that runs still commits. Every second time all of them are killed
together, which cuts statements in the middle, commits too."""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks, Senders, reckon  # noqa: E402
from proc import children, wait_until  # noqa: E402
from stack import Stack  # noqa: E402

KILLS = 11
HITS_MIN = 10


def main():
    check = Checks()
    with Stack(model="slow-0.2s", processes=8) as s:
        s.start()
        senders = Senders(s, 12, pause=0.002).start()
        kills = []
        hits = cut = 0
        requests = failed = 0  # that a kill fell into
        for _ in range(KILLS):
            n = len(senders.acked)
            wait_until("load", lambda: len(senders.acked) > n + 50, 60)
            postmaster = s.postmaster()
            wait_until("requests under way", lambda: senders.open >= 4,
                       step=0.0005)
            victims = [postmaster]
            if len(kills) % 2:
                os.kill(postmaster, signal.SIGSTOP)  # it makes no new ones
                victims += children(postmaster)
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
            killed = time.time()
            kills.append(killed)
            # Its children go when they notice; a new server waits for it.
            s.start_postgres()
            n = len(senders.acked)
            wait_until("acknowledgements again",
                       lambda: len(senders.acked) > n + 5, 60)
            with senders.lock:
                hit = [t for tries in senders.tries.values() for t in tries
                       if t[0] <= killed <= t[1]]
            hits += bool(hit)
            requests += len(hit)
            failed += sum(t[2] != 202 for t in hit)
            cut += bool(len(victims) > 1 and any(t[2] != 202 for t in hit))
        senders.stop()
        found = reckon(check, s, senders.acked, kills, unflushed_s=1.0)
        print(f"# {len(kills)} kills, {hits} of them with requests under "
              f"way: {requests} requests, {failed} of which failed and were "
              f"sent again; {len(found)} results", flush=True)
        check(f"at least {HITS_MIN} kills fell under load",
              hits >= HITS_MIN, hits)
        check("some of them cut a statement in the middle", cut > 0)
        check("the worker lived through all of them",
              s.procs["worker"].alive())
        check("so did the responder", s.procs["responder"].alive())
    check.exit()


main()
