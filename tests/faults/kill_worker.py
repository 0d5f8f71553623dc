"""kill -9 of one of two workers: while it calls, and at the points of its
claims and finishes. It is started again at once.

The jobs of a call of 5 s are leased for 10 s. The last one that dies, but at
small size, calls a patient service, whose leases are so long that only the
other worker's takeover brings its jobs back in time.
"""

from proc import wait_until
from proxy import Trap
from rig import CONF, PATIENT_ROUTE, PATIENT_SERVICE, Rig
from scene import Base

SIZES = {"small": 4, "gate": 20, "long": 200}

# A statement of a worker and where it is when the worker dies.
POINTS = ("calling", "claim executed", "claim answered", "finish before",
          "finish executed", "finish sent", "finish answered", "calling")


def plan(rng, size):
    """Each point in turn, in an order that the seed decides."""
    n = SIZES[size]
    points = []
    while len(points) < n:
        points += rng.sample(POINTS, len(POINTS))
    if size != "small":
        points[n - 1] = "patient"
    return [{"acked": rng.randint(10, 30), "point": p,
             "skip": rng.randint(0, 3)} for p in points[:n]]


def rig():
    return Rig(calls="slow-0.4s", conf=CONF + PATIENT_SERVICE,
               routes=PATIENT_ROUTE)


class Scene(Base):
    senders = 6
    pause = 0.1

    def before(self):
        self.kills = []   # (fault, does it need a look whether it hit)
        self.rig.add_worker("worker2")

    def names(self):
        return {self.rig.procs[n].pid: n for n in ("worker", "worker2")}

    def holders(self, route):
        """pids of living workers that have jobs of a route in hand."""
        there = self.names()
        return [pid for pid in sorted(int(r[0]) for r in self.rig.sql(
            "select distinct w.pid from pressgate.job j join"
            " pressgate.worker w on w.id = j.lease_by join pressgate.route o"
            f" on o.id = j.route and o.name like '{route}'"
            " where w.left_at is null and j.due_at > now()"))
            if pid in there]

    def perform(self, fault):
        pid, stop = None, None
        if fault["point"] == "calling":
            pid = self.who_calls(fault["skip"])
        elif fault["point"] == "patient":
            pid = self.who_is_patient()
        else:
            statement, point = fault["point"].split()
            stop = self.trap(Trap(statement, point, fault["skip"],
                                  rows=point in ("executed", "answered")))
            pid = stop.client_pid
        name = self.names()[pid]
        self.rig.kill(pid, "kill-worker", worker=True)
        self.kills.append((self.rig.faults[-1], stop is None))
        self.rig.restart_worker(name)
        self.say(f"{name} at {fault['point']}")

    def who_calls(self, which):
        def pids():
            return self.rig.calls_open() and self.holders("%")
        found = wait_until("a worker that calls", pids, 30, 0.005)
        return found[which % len(found)]

    def who_is_patient(self):
        self.rig.behave("m-patient", "slow-2s")
        for _ in range(4):
            self.load.send(self.load.new_event(self.rng, "t.patient",
                                               "blog"))
        return wait_until("a patient worker", lambda: [
            c for c in self.rig.calls_open() if c["name"] == "m-patient"]
            and self.holders("patient"), 30)[0]

    def hits(self, ledger):
        """A worker killed while it called has left claims behind."""
        claims = [c for of_step in ledger.tables.claims.values()
                  for c in of_step]
        return sum(not look or any(
            ledger.is_lost(c) and f.hit(c.pid, c.at, c.until)
            for c in claims) for f, look in self.kills)
