"""kill -9 of responder children: while a body is still coming in, and at the
points of ingest(); now and then of their parent, whose children then leave.

A child that dies young makes the parent wait longer before it forks again,
so there are many of them.
"""

import re
import time

from fastcgi import Request
from load import Try
from proc import children, start_time, wait_until
from proxy import Trap
from rig import Rig
from scene import Base

SIZES = {"small": 5, "gate": 20, "long": 300}
PROCESSES = 16

POINTS = ("reading", "ingest before", "ingest executed", "ingest sent",
          "ingest answered")


def plan(rng, size):
    n = SIZES[size]
    points = []
    while len(points) < n:
        points += rng.sample(POINTS, len(POINTS))
    found = [{"acked": rng.randint(5, 40), "point": p,
              "skip": rng.randint(0, 5)} for p in points[:n]]
    for i in range(0, n, 10):  # hits nobody for sure, so it is not counted
        found.insert(rng.randint(i, min(i + 10, n)), {
            "acked": rng.randint(5, 40), "point": "parent", "skip": 0})
    return found


def rig():
    return Rig(processes=PROCESSES)


class Answered:
    """What a responder child wrote, as load.py wants an answer."""

    def __init__(self, raw):
        self.status = 202 if b"202 Accepted" in raw else 503
        self.found = dict(re.findall(rb'"(status|request_id)":"([^"]+)"',
                                     raw))

    def says(self):
        return self.found[b"status"].decode() if self.status == 202 else None

    def json(self):
        return {"request_id": self.found[b"request_id"].decode()}


class Scene(Base):
    def before(self):
        self.met = 0
        self.orphans = []

    def perform(self, fault):
        if fault["point"] == "reading":
            self.kill_while_reading()
        elif fault["point"] == "parent":
            self.kill_parent()
        else:
            statement, point = fault["point"].split()
            stop = self.trap(Trap(statement, point, fault["skip"]))
            time.sleep(0.03)  # a 202 that comes too soon comes now
            self.rig.kill(stop.client_pid)
            self.met += 1
        self.say(f"child at {fault['point']}")

    def kill_while_reading(self):
        """Every child has half a body; one is killed, until one had ours."""
        for _ in range(10):
            pool = self.rig.full_pool()
            requests = [self.half() for _ in pool]
            time.sleep(0.1)
            self.rig.kill(self.rng.choice(pool))
            hit = [self.finish(*r) for r in requests]
            if any(hit):
                self.met += 1
                return
        raise AssertionError("no child was killed while it was reading")

    def half(self):
        e = self.load.new_event(self.rng)
        return e, time.time(), Request(
            f"{self.rig.dir}/run/fcgi.sock", e.client.door.path,
            e.headers(e.body), e.body)

    def finish(self, e, begun, request):
        """True if it was cut. Either way it is sent as by a site."""
        raw = request.finish()
        e.tries.append(Try(begun, time.time(),
                           Answered(raw) if raw else None, e.body))
        self.load.send(e)
        return raw == b""

    def kill_parent(self):
        """A new one refuses the socket as long as a child listens."""
        parent = self.rig.procs["responder"]
        pool = children(parent.pid)
        self.rig.kill(parent.pid, "kill parent")
        parent.wait(10)
        try:
            wait_until("its children to leave", lambda: not any(
                start_time(p) for p in pool), 20)
        except AssertionError:
            self.orphans = [p for p in pool if start_time(p)]
            for pid in self.orphans:
                self.rig.kill(pid)
        self.rig.start_responder()

    def hits(self, ledger):
        return self.met

    def judge(self, ledger):
        ledger.add("stuck", [("a child without parent", p)
                             for p in self.orphans])
        self.rig.full_pool()
