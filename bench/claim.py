"""bench/claim.sh's driver. See bench/README.md."""

import argparse
import json
import os
import random
import re
import statistics
import time

from shop import HTTP, SOURCE, Report, Shop
from pq import Connection, array
from proc import wait_until

SMALL = 19          # sites beside the hog, each with a job to claim; and
QUIET = "quiet"     # one that has none
TOTAL = 64          # jobs of a claim, as the worker's default
HOG = TOTAL - SMALL
SLACK_US = 5000000  # as worker/lanes.h: LANES_SLACK_US
FACTOR = 2          # of the time with an empty table
AT_ONCE_S = 1.0     # poll_max: as long as an idle worker may take
SITES = ["hog"] + [f"small{n + 1}" for n in range(SMALL)] + [QUIET]


def options():
    p = argparse.ArgumentParser(prog="bench/claim.sh")
    p.add_argument("--build", default=".", help="folder of the programs")
    p.add_argument("--jobs", type=int, help="that wait")
    p.add_argument("--drain", type=int, help="done while rows are kept")
    p.add_argument("--hold", type=float, help="seconds that rows are kept")
    p.add_argument("--claims", type=int, help="timed for each figure")
    p.add_argument("--quick", action="store_true", help="about a minute")
    p.add_argument("--smoke", action="store_true",
                   help="a few seconds, judged by counts only")
    p.add_argument("--out", default="bench-claim.json")
    o = p.parse_args()
    sizes = {"jobs": 1000000, "drain": 100000, "hold": 300.0, "claims": 500}
    if o.quick:
        sizes = {"jobs": 200000, "drain": 20000, "hold": 30.0, "claims": 300}
    if o.smoke:
        sizes = {"jobs": 2000, "drain": 300, "hold": 1.0, "claims": 5}
    for name, size in sizes.items():
        if getattr(o, name) is None:
            setattr(o, name, size)
    return o


def shop_of(o):
    """Two routes: in one a million jobs wait, in the other none."""
    return Shop(o.build,
                services=[("fast", "http", "http://127.0.0.1:$PLAIN/noop",
                           64, "")],
                sites={site: [(HTTP, {
                    "NAME": route, "URGENCY": "normal", "MODE": "live",
                    "SERVICE": "fast"}) for route in ("full", "trap")]
                    for site in SITES})


def claim_statement():
    """The worker's own, out of its source."""
    text = (SOURCE / "worker/queue.c").read_text()
    found = re.search(r'\{"claim",((?:\s*"[^"]*")+),', text)
    return "".join(re.findall(r'"([^"]*)"', found[1]))


def url(shop, role, database):
    return shop.url(role).replace("/pressgate?", f"/{database}?")


class Claimer:
    """Claims one route's jobs as worker/lanes.c does: with marks, or
    without for a sweep."""

    def __init__(self, shop, route, top_up=None, database="pressgate"):
        self.top_up = top_up
        self.db = Connection(url(shop, "pressgate_worker", database))
        self.db.prepare("claim", claim_statement())
        self.db.prepare("finish",
                        "select id, settled from pressgate.finish($1, $2)")
        self.worker = int(self.db.run(
            "select pressgate.worker_start('bench', 1, 'bench')")[0]
            ["worker_start"])
        rows = shop.sql(
            "select s.name, l.id, s.id from pressgate.site s,"
            f" pressgate.lane l where l.route = '{route}' and not l.replay")
        places = {name: (lane, site) for name, lane, site in rows}
        self.lanes, self.sites = zip(*(places[name] for name in SITES))
        self.quotas = [HOG] + [1] * (len(SITES) - 1)
        self.marks = [0] * len(SITES)

    def claim(self, sweep=False):
        """(rows, ms). A full house: each pair gives its quota."""
        rows, took = self.db.execute(
            "claim", self.worker, array(self.lanes), array(self.sites),
            array([0] * len(SITES) if sweep else self.marks), array(self.quotas),
            TOTAL)
        first = {}
        for r in rows:
            n, due = int(r["pair"]) - 1, int(r["due_us"])
            first[n] = min(due, first.get(n, due))
            now = int(r["now_us"])
        if rows:
            self.marks = [first.get(n, now) - SLACK_US
                          for n in range(len(SITES))]
        return rows, 1000 * took

    def start(self):
        """A worker's first claim has no marks."""
        self.finish(self.claim(sweep=True)[0])

    def finish(self, rows):
        items = [{"id": int(r["id"]), "claim_no": int(r["claim_no"]),
                  "site_id": int(r["site_id"]), "serial_key": None,
                  "route_id": int(r["route_id"]), "to": "done",
                  "output": {"ok": True}, "result": {"ok": True},
                  "status": "done",
                  "try": {"step": r["step"], "service": "fast",
                          "duration_ms": 1, "outcome": "ok", "code": 200}}
                 for r in rows]
        self.db.execute("finish", self.worker, json.dumps(items))

    def time(self, sweep=False):
        """ms of a claim of TOTAL jobs; finishes what it brought."""
        if self.top_up:
            self.top_up()
        rows, ms = self.claim(sweep)
        if len(rows) != TOTAL:
            raise AssertionError(f"a claim brought {len(rows)} jobs")
        self.finish(rows)
        return ms


# One job for each unit of quota, each with an event of its own.
TOP_UP = """
with n as (select s.id site_id, {base} + row_number() over () n
    from pressgate.site s, generate_series(1, case s.name when 'hog' then {hog}
	when 'quiet' then 0 else 1 end) k),
e as (insert into pressgate.event (id, site_id, source_id, type,
    idempotency_key, fingerprint, fp_version, canonical, scheme)
  select (left(replace(pressgate.uuid_at(clock_timestamp())::text, '-', ''),
      12) || '70009' || lpad(to_hex(n), 15, '0'))::uuid, site_id, 0,
      '{route}', 'top-' || n, ''::bytea, 1, '{{"data": {{"title": "t"}}}}',
      'relay'
    from n returning id, site_id)
insert into pressgate.job (event_id, site_id, lane, route, step, mode,
    lease_s, max_attempt, window_s)
select e.id, e.site_id, l.id, r.id, 'call', 'live', l.lease_s, l.max_attempt,
    l.window_s
  from e join pressgate.route r on r.site_id = e.site_id
   and r.name = '{route}'
  join pressgate.lane l on l.route = r.name and not l.replay
"""


class TopUp:
    """Puts there what the next claim takes, and no more. Vacuums now and
    then, as autovacuum would."""

    def __init__(self, shop, route, database="pressgate"):
        self.db = Connection(url(shop, "postgres", database))
        self.route = route
        self.n = 0

    def __call__(self):
        self.db.run(TOP_UP.format(
            base=int(1000 * time.time()) * 100, hog=HOG, route=self.route))
        self.n += 1
        if self.n % 25 == 0:
            self.db.run("vacuum pressgate.job")


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * q), len(ordered) - 1)]


def say(values):
    return (f"p50 {quantile(values, 0.5):.2f}  p99"
            f" {quantile(values, 0.99):.2f}  max {max(values):.2f} ms"
            f" ({len(values)} claims)")


def compare(report, o, what, empty, claimer):
    """Claims of the same size, in turn with claims of an empty table."""
    pairs = [(empty.time(), claimer.time()) for _ in range(o.claims)]
    base, values = zip(*pairs)
    p50, p99 = (quantile(values, q) / quantile(base, q) for q in (0.5, 0.99))
    report.say(f"     empty table: {say(base)}")
    report.row(f"{what}: claim of {TOTAL} jobs, p99 <= {FACTOR} x empty",
               f"{say(values)}; p50 {p50:.2f} x, p99 {p99:.2f} x",
               None if o.smoke else p99 <= FACTOR, pairs_ms=pairs)


def sweeps(report, claimer, count):
    report.row("    the same without marks, as every 15 s",
               say([claimer.time(sweep=True) for _ in range(count)]))


def pending(shop, report, o, hog):
    """So many jobs of the hog, and enough of each small site to have one
    in each claim, queued over the last hour."""
    began = time.monotonic()
    small = o.claims + 50
    for site in SITES[:-1]:
        shop.fill(site, "full", "call", hog if site == "hog" else small,
                  spread_s=3600)
    shop.sql("analyze pressgate.event; vacuum pressgate.job; checkpoint")
    report.say(f"     filled in {time.monotonic() - began:.0f} s:"
               f" {shop.jobs()} jobs, at least {small} of each small site")


class Hold:
    """A transaction that read once and keeps its snapshot."""

    def __init__(self, shop):
        self.db = Connection(shop.url("postgres"))
        self.db.run("begin isolation level repeatable read")
        self.db.run("select count(*) from pressgate.site")
        self.began = time.monotonic()

    def age(self):
        return time.monotonic() - self.began


def dead_rows(shop):
    return int(shop.value("select n_dead_tup from pg_stat_user_tables"
                          " where relid = 'pressgate.job'::regclass"))


class ServerLog:
    """What PostgreSQL says that the worker's claims took."""

    def __init__(self, shop):
        shop.sql("alter role pressgate_worker"
                 " set log_min_duration_statement = 0;"
                 " alter role pressgate_worker"
                 " set log_parameter_max_length = 0")
        self.path = f"{shop.dir}/log/postgresql.log"
        self.at = 0

    def size(self):
        return os.path.getsize(self.path)

    def claims(self):
        """ms of those that ended since the last call."""
        with open(self.path) as f:
            f.seek(self.at)
            text = f.read()
            self.at = f.tell()
        return [float(ms) for ms in re.findall(
            r"duration: ([0-9.]+) ms  execute claim:", text)]


def probes(shop, count):
    """Seconds from a new job of the quiet site to its call, while the
    worker is busy with the hog's."""
    found = []
    for _ in range(count):
        prefix = shop.fill(QUIET, "full", "call", 1)
        event = ("(select id from pressgate.event"
                 f" where idempotency_key = '{prefix}1')")
        wait_until("the quiet site's job", lambda: shop.value(
            "select exists (select from pressgate.job_done where event_id ="
            f" {event})") == "t", 60, 0.02)
        found.append(float(shop.value(
            "select extract(epoch from a.started_at - d.queued_at)"
            " from pressgate.job_done d join pressgate.attempt a"
            f" using (job_id) where d.event_id = {event}")))
        time.sleep(random.uniform(0.05, 0.25))
    return found


def done(shop):
    return int(shop.value("select count(*) from pressgate.job_done"))


def at_once(shop, report, o, what, count):
    seen = probes(shop, count)
    report.row(f"{what}: a quiet site's new job is called for within"
               f" {AT_ONCE_S:g} s", f"median"
               f" {1000 * statistics.median(seen):.0f} ms, max"
               f" {1000 * max(seen):.0f} ms",
               None if o.smoke else max(seen) <= AT_ONCE_S, seconds=seen)


def million(shop, report, o, empty, full):
    pending(shop, report, o, o.jobs)
    full.start()
    compare(report, o, f"{o.jobs} jobs wait", empty, full)
    sweeps(report, full, max(o.claims // 20, 5))
    shop.start_worker()
    at_once(shop, report, o, f"{o.jobs} jobs wait", 2 if o.smoke else 20)
    shop.stop_worker()


def held(shop, report, o, empty, full, trap):
    """Everything again, behind a snapshot that is held."""
    log = ServerLog(shop)
    hold = Hold(shop)
    before, log.at = done(shop), log.size()
    shop.start_worker()
    wait_until("jobs done", lambda: done(shop) >= before + o.drain
               or shop.jobs() == 0, 300, 0.2)
    own = log.claims()
    part = max(len(own) // 5, 1)
    report.row(f"snapshot held: the worker's own claims while it did"
               f" {o.drain} jobs", say(own))
    report.row("    the last fifth of them, of the first",
               f"p50 {quantile(own[-part:], 0.5) / quantile(own[:part], 0.5):.2f} x,"
               f" p99 {quantile(own[-part:], 0.99) / quantile(own[:part], 0.99):.2f} x")
    at_once(shop, report, o, "snapshot held", 1 if o.smoke else 10)
    shop.stop_worker()

    # The same many jobs through a route that is empty then.
    shop.fill("hog", "trap", "call", o.drain)
    claimed = 0
    while claimed < o.drain:
        rows, _ = trap.claim()
        trap.finish(rows)
        claimed += len(rows)
    time.sleep(max(0, o.hold - hold.age()))
    report.say(f"     snapshot held for {hold.age():.0f} s,"
               f" {dead_rows(shop)} dead rows that nobody may remove")
    # Fair as it is, the worker has done the small sites' jobs.
    pending(shop, report, o, o.jobs if o.smoke else 0)
    full.start()
    compare(report, o, f"snapshot held, {shop.jobs()} jobs wait", empty, full)
    sweeps(report, full, 5)
    compare(report, o, f"snapshot held, {o.drain} jobs done before", empty,
            trap)
    sweeps(report, trap, 5)


def main():
    o = options()
    report = Report("bench/claim.sh", o.out)
    with shop_of(o) as shop:
        shop.start()
        shop.sql("create database empty template pressgate",
                 database="postgres")
        empty = Claimer(shop, "trap", TopUp(shop, "trap", "empty"), "empty")
        full = Claimer(shop, "full")
        trap = Claimer(shop, "trap", TopUp(shop, "trap"))
        for _ in range(10):  # plans are made
            empty.time()
            trap.time()
        million(shop, report, o, empty, full)
        held(shop, report, o, empty, full, trap)
    report.exit()


main()
