#!/usr/bin/env python3
"""kill -9 of PostgreSQL's postmaster under load: what was acknowledged is
there and done once; senders and worker go on by themselves."""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks, Senders, reckon  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402

KILLS = 11
HITS_MIN = 10


def main():
    check = Checks()
    with Stack(model="slow-0.2s", processes=8) as s:
        s.start()
        senders = Senders(s, 8, pause=0.005).start()
        kills, hits = [], 0
        for _ in range(KILLS):
            n = len(senders.acked)
            wait_until("load", lambda: len(senders.acked) > n + 20, 60)
            wait_until("requests under way", lambda: senders.open)
            os.kill(s.postmaster(), signal.SIGKILL)
            killed = time.time()
            kills.append(killed)
            # Its children go when they notice; a new server waits for it.
            s.start_postgres()
            n = len(senders.acked)
            wait_until("acknowledgements again",
                       lambda: len(senders.acked) > n + 5, 60)
            with senders.lock:
                cut = [t for tries in senders.tries.values() for t in tries
                       if t[0] <= killed <= t[1] and t[2] != 202]
            hits += bool(cut)
        senders.stop()
        found = reckon(check, s, senders.acked, kills, unflushed_s=1.0)
        print(f"# {len(kills)} kills, {hits} with requests under way that "
              f"failed, {len(found)} results", flush=True)
        check(f"at least {HITS_MIN} kills fell under load",
              hits >= HITS_MIN, hits)
        check("the worker lived through all of them",
              s.procs["worker"].alive())
        check("so did the responder", s.procs["responder"].alive())
    check.exit()


main()
