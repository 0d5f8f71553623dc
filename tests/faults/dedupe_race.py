"""Many copies of one event at once, over all children and many connections,
and in each fourth race something breaks under the copy that is first: its
child is killed, or its server process, or its connection is cut, while its
transaction is open and the others wait for it, or when it is committed and
nobody has been told. In some races two contents fight for one key.
"""

import concurrent.futures
import time

from proxy import Trap
from rig import Rig
from scene import Base

# Races in which something breaks, and how many copies each has.
SIZES = {"small": 4, "gate": 50, "long": 1000}
RACES_EACH = 4
COPIES = {"small": 20, "gate": 50, "long": 50}
THREADS = 24
ANOTHER = "another content"

BREAKS = ("kill executed", "kill answered", "cut executed", "cut answered",
          "kill executed", "cut complete!", "kill answered",
          "backend executed")


def plan(rng, size):
    n, breaks = SIZES[size], []
    while len(breaks) < n:
        breaks += rng.sample(BREAKS, len(BREAKS))
    races = breaks[:n] + [None] * n * (RACES_EACH - 1)
    rng.shuffle(races)
    return [{"break": b, "copies": COPIES[size],
             "contents": 2 if rng.random() < 0.2 else 1} for b in races]


def rig():
    return Rig(processes=12)


class Scene(Base):
    senders = 0

    def before(self):
        self.met = 0

    def work_off(self, plan):
        self.overlaps = 0
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            for race in plan:
                self.race(pool, race)
        print(f"# {len(plan)} races; in {self.overlaps} of them a copy came "
              "while the first was being stored", flush=True)

    def race(self, pool, race):
        event = self.load.new_event(self.rng, "post.published")
        other = event.client.door.body("post.published", event.key,
                                       meta=ANOTHER)
        self.load.events.append(event)
        trap = race["break"] and self.rig.proxy.set(Trap(
            "ingest", race["break"].split()[1].replace(
                "complete!", "executed"), key=event.key))
        copies = [pool.submit(self.load.insist, event,
                              other if n % race["contents"] else None)
                  for n in range(race["copies"])]
        if trap:
            self.break_first(trap, race["break"])
        for c in copies:
            c.result()
        stored = [t for t in event.tries if t.says == "accepted"]
        self.overlaps += bool(stored) and sum(
            t.begun < stored[0].ended and t.ended > stored[0].begun
            for t in event.tries) > 1

    def break_first(self, trap, what):
        stop = trap.wait(30)
        if stop is None:
            raise AssertionError("no copy came to the database")
        time.sleep(0.05)  # for others to come and wait
        how = what.split()[0]
        if how == "kill":
            self.rig.kill(stop.client_pid)
        elif how == "cut":
            stop.cut("complete" if what.endswith("!") else "nothing")
            self.rig.broke("cut", stop.at, workers=set())
        else:
            self.rig.kill_postgres("backend", stop.backend_pid)
            self.rig.bring_back_postgres("backend")
        self.met += 1
        self.say(what)

    def judge(self, ledger):
        """One content for each key, and only the other one is refused."""
        stored = {(site, key): text for site, key, text in self.rig.sql(
            "select s.name, e.idempotency_key, e.canonical from"
            " pressgate.event e join pressgate.site s on s.id = e.site_id")}
        for e in self.load.events:
            told = {t.body for t in e.tries if t.status == 202}
            refused = {t.body for t in e.tries if t.status == 422}
            if len(told) > 1:
                ledger.add("doubled", [("contents", e.key, e.tries)])
            if told & refused:
                ledger.add("lost", [("refused", e.key, e.tries)])
            if told and (ANOTHER in told.pop().decode()) != (
                    ANOTHER in stored.get((e.site, e.key), "")):
                ledger.add("phantom", [("content", e.key, e.tries)])

    def hits(self, ledger):
        return self.met
