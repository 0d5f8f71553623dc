"""Sites read their results by cursor while senders post, two workers finish
out of order, and children, workers and PostgreSQL are killed in the middle
of reading and of finishing: each reader gets each of its site's results
once, in order, and nobody else's.

Between a result's number and its commit lies a pause of random length here:
without the lock on the stream, numbers would collide or be seen too late.
"""

import pathlib
import random
import threading
import time

from proxy import Trap
from rig import Rig
from scene import Base

SIZES = {"small": 4, "gate": 20, "long": 300}
# What dies, and of which statement where.
POINTS = ("child results_since executed", "child results_since answered",
          "worker finish executed", "worker finish answered",
          "backend finish executed", "all finish answered",
          "child results_since executed", "worker finish executed")

SLOW_COMMIT = """
create function t.pause() returns trigger language plpgsql as $$ begin
	if random() < 0.3 then perform pg_sleep(random() * 0.01); end if;
	return null; end $$;
create constraint trigger pause after insert on pressgate.result
	deferrable initially deferred for each row execute function t.pause()"""


def plan(rng, size):
    n, points = SIZES[size], []
    while len(points) < n:
        points += rng.sample(POINTS, len(POINTS))
    return [{"acked": rng.randint(10, 40), "point": p,
             "skip": rng.randint(0, 5)} for p in points[:n]]


def rig():
    return Rig(calls="slow-0.05s")


class Reader(threading.Thread):
    """Walks one site's results with pages of changing size, as the site
    does: where it got no answer, it asks again with the same cursor."""

    def __init__(self, site, client, seed):
        super().__init__(daemon=True)
        self.site, self.client = site, client
        self.rng = random.Random(seed)
        self.seen = []
        self.wrong = []
        self.failed = 0         # requests without a page
        self.stopping = threading.Event()

    def run(self):
        cursor = None
        while True:
            last = self.stopping.is_set()
            page = self.page(cursor)
            if page is None:
                self.failed += 1
                time.sleep(0.05)
                continue
            if not page["results"]:
                if cursor not in (None, page["next"]):
                    self.wrong.append("an empty page moved the cursor")
                if last:
                    return
                time.sleep(self.rng.uniform(0, 0.02))
            self.seen += page["results"]
            cursor = page["next"]

    def page(self, cursor):
        """None: no answer, or one that says to ask again."""
        try:
            a = self.client.results(cursor, self.rng.choice((1, 3, 7, 50)))
        except OSError:
            return None
        if a.status == 200:
            return a.json()
        if a.status < 500:
            self.wrong.append(f"{cursor}: {a}")
            self.stopping.set()
            return {"results": [], "next": cursor}
        return None


class Scene(Base):
    pause = 0.03

    def before(self):
        self.rig.sql(SLOW_COMMIT)
        self.rig.add_worker("worker2")
        self.readers = [
            Reader(name, client, f"{self.seed} {name} {n}")
            for name, clients in self.rig.sites.items()
            for n, client in enumerate(clients)]
        for r in self.readers:
            r.start()

    def perform(self, fault):
        who, statement, point = fault["point"].split()
        stop = self.trap(Trap(statement, point, fault["skip"], rows=1))
        time.sleep(0.05)  # readers and the other worker go on meanwhile
        if who == "child":
            self.rig.kill(stop.client_pid)
        elif who == "worker":
            name = {self.rig.procs[n].pid: n for n in
                    ("worker", "worker2")}[stop.client_pid]
            self.rig.kill(stop.client_pid, "kill-worker", worker=True)
            self.rig.restart_worker(name)
        else:
            self.rig.kill_postgres(who, stop.backend_pid)
            self.rig.bring_back_postgres(who)
        self.say(fault["point"])

    def judge(self, ledger):
        """All is settled: what did each reader get on its way?"""
        for r in self.readers:
            r.stopping.set()
        for r in self.readers:
            r.join(30)
            if r.is_alive():
                ledger.add("stuck", [f"a reader of {r.site}"])
            there = {x["seq"]: x for x in ledger.results[r.site]}
            numbers = [x["seq"] for x in r.seen]
            ledger.add("indeterminate", [(r.site, w) for w in r.wrong])
            ledger.add("lost", [("not read", r.site, n)
                                for n in sorted(set(there) - set(numbers))])
            ledger.add("phantom", [("not there", r.site, x) for x in r.seen
                                   if there.get(x["seq"]) != x])
            ledger.add("doubled", [
                ("read twice or out of order", r.site, a, b)
                for a, b in zip(numbers, numbers[1:]) if b <= a])
        for site, rows in ledger.results.items():
            numbers = [x["seq"] for x in rows]
            if numbers != list(range(1, len(numbers) + 1)):
                ledger.add("lost", [("a hole in the numbers", site)])
            if numbers != self.in_table(site):
                ledger.add("lost", [("the table has others", site)])
            self.restart(ledger, site, rows)
        log = pathlib.Path(self.rig.dir, "log/postgresql.log").read_text()
        ledger.add("doubled", [("a number was taken", x) for x in
                               log.splitlines() if "duplicate key" in x])
        if len({c.worker for claims in ledger.tables.claims.values()
                for c in claims}) < 2:
            ledger.add("stuck", ["one worker did nothing"])
        print(f"# {len(self.readers)} readers got "
              f"{sum(len(r.seen) for r in self.readers)} results; "
              f"{sum(r.failed for r in self.readers)} times none came",
              flush=True)

    def in_table(self, site):
        return [int(r[0]) for r in self.rig.sql(
            "select seq from pressgate.result r join pressgate.site s on"
            f" s.id = r.site_id where s.name = '{site}' order by seq")]

    def restart(self, ledger, site, rows):
        """A cursor past the end says where all can be read again."""
        client = self.rig.sites[site][0]
        a = client.results(f"{len(rows) + 1000}.00000000")
        if a.status != 410 or client.walk(a.json()["restart"])[0] != rows:
            ledger.add("lost", [("no restart", site, a)])
