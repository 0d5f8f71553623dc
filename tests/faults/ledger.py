"""The reckoning: what senders were told, what the vendor saw and what the
tables hold, compared. Five counts, each with examples; all must be 0.

lost           acknowledged, but the event is not there, or nothing came of it;
               or acknowledged before it was committed, which would have been
               the same if something had died then; or good and refused
phantom        there or called for, though nobody sent it or it was forged;
               or called for before it was committed; or a result nobody made
doubled        two events, two acknowledged ids or two results for one key; a
               second call that no fault explains, or with another
               Idempotency-Key
stuck          not settled 45 s after the last fault
indeterminate  never acknowledged; or an answer that is not what was committed

A second call is explained if the claim under which the first one was made
came to nothing through a fault that hit the claim's worker while it was in
force, or if the first try failed and is noted as such.
"""

import json

COUNTS = ("lost", "phantom", "doubled", "stuck", "indeterminate")
CRASHES_MAX = 3  # a job that so many workers died with is buried


class Fault:
    """Something that was done. workers: pids that it hit; None: all."""

    def __init__(self, what, at, until=None, workers=None):
        self.what = what
        self.at = at
        self.until = until or at
        self.workers = workers

    def hit(self, pid, begun, ended):
        """Did it reach this worker in this time?"""
        return (self.workers is None or pid in self.workers) \
            and begun <= self.until and self.at <= ended


class Claim:
    def __init__(self, job, event, step, number, worker, pid, at):
        self.job, self.event, self.step = job, event, step
        self.number = int(number)
        self.worker = worker       # its identity; a process starts anew
        self.pid = int(pid)
        self.at = float(at)
        self.until = float("inf")  # the next claim of the job


class Outcome:
    """A try that was noted: what came of it, by whom, when."""

    def __init__(self, what, worker, at):
        self.what, self.worker, self.at = what, worker, float(at)

    def __repr__(self):
        return f"{self.what} by {self.worker} at {self.at:.3f}"


class Tables:
    """What the database holds in the end."""

    def __init__(self, stack):
        self.events = {}     # id -> (site, key, committed at)
        self.ids = {}        # (site, key) -> ids
        for i, site, key, at in stack.sql(
                "select e.id, s.name, e.idempotency_key, extract(epoch from"
                " pg_xact_commit_timestamp(e.xmin)) from pressgate.event e"
                " join pressgate.site s on s.id = e.site_id"):
            self.events[i] = site, key, float(at)
            self.ids.setdefault((site, key), []).append(i)
        self.jobs = stack.sql(
            "select event_id, step, claim_no, attempt, crashes, due_at,"
            " lease_by, last_error from pressgate.job")
        self.dead = stack.sql("select event_id, cause from pressgate.dead")
        self.enders = dict(stack.sql(
            "select job_id, worker_id from pressgate.job_done"))
        self.outcomes = {}   # (job, claim number) -> Outcomes
        for job, n, *row in stack.sql(
                "select job_id, claim_no, outcome, worker_id, extract(epoch"
                " from started_at + duration_ms * interval '1 ms')"
                " from pressgate.attempt"):
            self.outcomes.setdefault((job, int(n)), []).append(Outcome(*row))
        self.claims = {}     # (event, step) -> claims in their order
        last = {}
        for row in stack.sql(
                "select c.job_id, c.event_id, c.step, c.claim_no,"
                " c.worker, w.pid, extract(epoch from c.at) from t.claim c join"
                " pressgate.worker w on w.id = c.worker"
                " order by c.job_id, c.claim_no"):
            c = Claim(*row)
            if c.job in last:
                last[c.job].until = c.at
            last[c.job] = c
            self.claims.setdefault((c.event, c.step), []).append(c)


class Ledger:
    """load: a finished Load. sites: name -> Clients. steps: route -> its
    steps. committed: see durable()."""

    def __init__(self, stack, load, faults, sites, steps, committed=()):
        self.load = load
        self.faults = faults
        self.steps = steps
        self.tables = Tables(stack)
        self.calls = {}      # (request_id, name) -> calls
        for c in sorted(stack.calls(), key=lambda c: c["begun"]):
            self.calls.setdefault((c["request_id"], c["name"]),
                                  []).append(c)
        self.found = {name: [] for name in COUNTS}
        self.results = {name: self.read(clients[0])
                        for name, clients in sites.items()}
        self.owners = {}     # Idempotency-Key -> (request_id, name)
        self.extra = self.buried = 0
        self.doubts = [0, 0]   # tries without an answer: not stored, stored
        sent = {(e.site, e.key): e for e in load.events}
        for e in load.events:
            self.event(e)
        self.executed(sent)
        self.told(sent)
        for key in self.calls:
            self.called(key)
        self.fenced()
        self.durable(committed)
        self.add("stuck", self.tables.jobs)

    def read(self, client):
        """After the tables: a job that they have no more has a result."""
        try:
            return client.walk(limit=500)[0]
        except AssertionError as e:
            self.add("lost", [("results cannot be read", e)])
            return []

    def add(self, count, what):
        self.found[count] += what

    def count(self, name):
        return len(self.found[name])

    # ---- each event that was sent -----------------------------------------

    def event(self, e):
        ids = self.tables.ids.get((e.site, e.key), [])
        told = [t for t in e.tries if t.status == 202]
        if e.forged:
            if ids or told:
                self.add("phantom", [("forged", e.key, ids, told)])
            return
        if len(ids) > 1 or len({t.request_id for t in told}) > 1:
            self.add("doubled", [("events", e.key, ids, told)])
        if not told:
            refused = [t for t in e.tries if t.is_final()]
            self.add("lost" if refused else "indeterminate", [
                ("refused" if refused else "given up", e.key, e.tries[-2:])])
            return
        if e.request_id() not in ids:
            self.add("lost", [("no event", e.key, told[0])])
            return
        at = self.tables.events[e.request_id()][2]
        self.add("lost", [("told before the commit", e.key, t, at)
                          for t in told if t.ended < at])
        self.answers(e, told, at)

    def answers(self, e, told, at):
        """Is what was answered what was committed?"""
        new = [t for t in told if t.says == "accepted"]
        wrong = [t for t in new if not t.begun <= at <= t.ended] + new[1:]
        wrong += [t for t in told if t.says == "duplicate" and not any(
            u.begun <= at for u in e.tries if u is not t)]
        self.add("indeterminate", [("told otherwise than committed", e.key,
                                    t, at) for t in wrong])
        for t in e.tries:
            if t.is_in_doubt():
                self.doubts[t.begun <= at and not new] += 1

    # ---- what there is ----------------------------------------------------

    def executed(self, sent):
        """Events, jobs and calls: of whom?"""
        events = self.tables.events
        for i, (site, key, _) in events.items():
            if (site, key) not in sent:
                self.add("phantom", [("event nobody sent", i, key)])
        for (i, name), calls in self.calls.items():
            if i not in events:
                self.add("phantom", [("call for no event", i, name)])
            elif calls[0]["begun"] < events[i][2]:
                self.add("phantom", [("called before the commit", i, name)])

    def told(self, sent):
        """Results, as the sites read them."""
        ends = {}
        for site, rows in self.results.items():
            for r in rows:
                key = site, r["idempotency_key"]
                ends.setdefault(key, []).append(r)
                if key not in sent or sent[key].forged:
                    self.add("phantom", [("result nobody sent", key)])
                elif r["status"] == "done" and not self.is_earned(r):
                    self.add("phantom", [("result nobody made", r)])
        dead = dict(self.tables.dead)
        for e in self.load.events:
            rows = ends.get((e.site, e.key), [])
            if len({r["route"] for r in rows}) < len(rows):
                self.add("doubled", [("results", e.key, rows)])
            i = e.request_id()
            if i is None or any(j[0] == i for j in self.tables.jobs):
                continue  # not acknowledged; stuck
            if not any(r["request_id"] == i for r in rows):
                self.add("lost", [("no result", e.key, i)])
            elif any(r["status"] != "done" for r in rows) and not (
                    dead.get(i) == "poison" and self.crashed(i)):
                self.add("lost", [("died", e.key, i, dead.get(i))])

    def is_earned(self, r):
        """The vendor was asked in each step, and this is the answer."""
        return r["idempotency_key"] in json.dumps(r["output"]) and all(
            any(c["completed"] for c in self.calls.get(
                (r["request_id"], name), ()))
            for name in self.steps[r["route"]])

    def crashed(self, event):
        """Did so many workers die with it that it was to be buried?"""
        lost = sum(self.is_lost(c) for (i, _), claims in
                   self.tables.claims.items() if i == event for c in claims)
        self.buried += lost >= CRASHES_MAX
        return lost >= CRASHES_MAX

    # ---- calls --------------------------------------------------------------

    def noted(self, claim):
        return self.tables.outcomes.get((claim.job, claim.number), [])

    def is_lost(self, claim):
        """A claim that came to nothing, through a fault."""
        return not self.noted(claim) \
            and any(f.hit(claim.pid, claim.at, claim.until)
                    for f in self.faults)

    def called(self, key):
        calls = self.calls[key]
        claims = self.tables.claims.get(key, [])
        for c in calls:
            if self.owners.setdefault(c["idempotency_key"], key) != key:
                self.add("doubled", [("Idempotency-Key of another", key)])
        if len({c["idempotency_key"] for c in calls}) > 1:
            self.add("doubled", [("another Idempotency-Key", key, calls)])
        self.extra += len(calls) - 1
        explained = sum(
            self.is_lost(c) or any(o.what != "ok" for o in self.noted(c))
            for c in claims[:-1])
        if len(calls) - 1 > explained:
            self.add("doubled", [(
                "call", key, [(c["begun"], c["ended"]) for c in calls],
                [(c.at, c.pid) for c in claims])])

    def fenced(self):
        """Nobody settles what somebody else has claimed since."""
        for claims in self.tables.claims.values():
            for c in claims:
                noted = self.noted(c)
                ender = self.tables.enders.get(c.job, c.worker)
                if len(noted) > 1 or any(
                        o.worker != c.worker or o.at > c.until
                        for o in noted) or (
                            c.until == float("inf") and ender != c.worker):
                    self.add("doubled", [("settled by one who had lost it",
                                          c.event, c.step, c.worker,
                                          c.until, noted)])

    def durable(self, committed):
        """committed: (event ids, known, at): what a proxy saw of commits;
        known: True they were made, False they were undone before `at`."""
        for ids, known, at in committed:
            for i in ids:
                row = self.tables.events.get(i)
                if known and row is None:
                    self.add("lost", [("committed and gone", i)])
                if not known and row is not None and row[2] < at:
                    self.add("phantom", [("undone and there", i)])
