"""Connections to PostgreSQL that break around COMMIT, or go silent there: of
the responder's ingest(), of the worker's claim() and finish(), and of what
else a worker asks. Each is one statement in a transaction of its own that
Sync commits, so this is where it can break:

before      nothing has reached the server
executed    executed and not committed; the client has nothing
complete!   the same, but the client has the rows and CommandComplete, as from
            a server that dies in its commit after it has sent a full buffer
sent        all has reached the server; the answer is still to come
answered    committed; the client has nothing
middle      committed; the client has a part of the rows
complete    committed; the client has all but ReadyForQuery
ready       committed; the client has half of ReadyForQuery

The responder comes over a Unix socket, the worker over loopback. No second
call is explained here: the worker lives, and its leases last.
"""

import threading

from proxy import Trap
from rig import CONF, Rig
from scene import Base

SIZES = {"small": 30, "gate": 200, "long": 3000}

# Where it breaks: the proxy's point, and what the client still gets.
POINTS = {
    "before": ("before", "nothing"),
    "executed": ("executed", "nothing"),
    "complete!": ("executed", "complete"),
    "sent": ("sent", "nothing"),
    "answered": ("answered", "nothing"),
    "middle": ("answered", "middle"),
    "complete": ("answered", "complete"),
    "ready": ("answered", "ready"),
}
# A claim that brings nothing has no work to lose, and only its answer tells.
BLIND = ("before", "sent")
# Others of a worker's are broken, too, but do not count.
STATEMENTS = ("ingest",) * 6 + ("finish",) * 3 + ("claim", "other")
HOLDS = 0.1         # the share of breaks that are silence
CLAIMS_UNTIL = 0.5  # of the schedule: a lost claim comes back by its lease


def plan(rng, size):
    n = SIZES[size]
    points, found = [], []
    while sum(f["statement"] != "other" for f in found) < n:
        points = points or rng.sample(sorted(POINTS), len(POINTS))
        point, statement = points.pop(), rng.choice(STATEMENTS)
        if statement == "claim" and (point in BLIND
                                     or len(found) > CLAIMS_UNTIL * n):
            statement = "finish"
        found.append({
            "acked": 0, "point": point, "statement": statement,
            "how": "hold" if rng.random() < HOLDS else "cut",
            "share": rng.random(), "skip": rng.randint(0, 4)})
    return found


def rig():
    return Rig(processes=8, network=True, timeout="10s",
               conf=CONF.replace("database {", 'database {\n\t'
                                 'call_timeout = "1500ms"'))


class Scene(Base):
    senders = 6
    pause = 0.06

    def before(self):
        self.met = 0
        self.seen = []   # for committed()
        self.lock = threading.Lock()
        self.errors = []

    def work_off(self, plan):
        """The responder's and the worker's, side by side."""
        mine = [f for f in plan if f["statement"] == "ingest"]
        others = [f for f in plan if f["statement"] != "ingest"]
        side = threading.Thread(target=self.perform_all, args=(others,))
        side.start()
        self.perform_all(mine)
        side.join()
        if self.errors:
            raise self.errors[0]

    def perform_all(self, plan):
        try:
            for fault in plan:
                self.perform(fault)
        except AssertionError as e:
            self.errors.append(e)

    def perform(self, fault):
        point, part = POINTS[fault["point"]]
        statement = fault["statement"]
        if part == "middle":
            part = part, fault["share"]
        stop = self.trap(Trap(
            None if statement == "other" else statement, point,
            fault["skip"], action=(fault["how"], part),
            rows=statement in ("claim", "finish")
            and point in ("executed", "answered"),
            role=None if statement == "ingest" else "pressgate_worker"))
        with self.lock:
            self.rig.broke("commit " + fault["how"], stop.at, workers=set())
            self.met += statement != "other"
            if statement == "ingest" and point in ("executed", "answered"):
                self.seen.append((stop.new_events(), point == "answered",
                                  stop.at))
            self.done += 1
            if self.done % 20 == 0 or fault["how"] == "hold":
                print(f"# {self.done}: {fault['how']} {stop.statement} "
                      f"{fault['point']}", flush=True)

    def committed(self):
        return self.seen

    def hits(self, ledger):
        return self.met
