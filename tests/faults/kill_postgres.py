"""kill -9 of PostgreSQL: of one process, after which it recovers by itself,
of its postmaster, of all its processes, and an immediate shutdown; at the
points of ingest(), claim() and finish(), and right after an acknowledgement.
"""

import signal
import time

from proxy import Trap
from rig import Rig
from scene import Base

SIZES = {"small": 4, "gate": 20, "long": 150}

# What stands where; after an acknowledgement nothing stands.
POINTS = ("ingest executed", "ingest sent", "ingest answered",
          "claim executed", "claim answered", "finish executed",
          "finish sent", "finish answered", "acknowledged", "acknowledged")
HOW = ("all", "postmaster", "backend", "immediate", "all", "backend")


def plan(rng, size):
    """All points before one comes again; so with the ways to kill."""
    n = SIZES[size]
    points, how = ["acknowledged"], []
    while len(points) < n:
        points += rng.sample(POINTS, len(POINTS))
    while len(how) < n:
        how += rng.sample(HOW, len(HOW))
    return [{"acked": rng.randint(20, 60), "point": p,
             # An acknowledgement has no process that could be named.
             "how": "all" if p == "acknowledged" else h,
             "skip": rng.randint(0, 5)}
            for p, h in zip(points[:n], how)]


def rig():
    return Rig(processes=8)


class Scene(Base):
    senders = 12
    pause = 0.005

    def perform(self, fault):
        stop = None
        if fault["point"] == "acknowledged":
            # Its commits would carry the others' to the disk.
            self.rig.procs["worker"].send(signal.SIGSTOP)
            self.rig.after(5 + fault["skip"])
        else:
            statement, point = fault["point"].split()
            stop = self.trap(Trap(statement, point, fault["skip"],
                                  rows=point in ("executed", "answered")))
            time.sleep(0.03)  # a 202 that comes too soon comes now
        self.rig.kill_postgres(fault["how"], stop and stop.backend_pid)
        self.rig.procs["worker"].send(signal.SIGCONT)
        self.rig.bring_back_postgres(fault["how"])
        self.say(f"{fault['how']} at {fault['point']}")
