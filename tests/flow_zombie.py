#!/usr/bin/env python3
"""Workers that sleep (SIGSTOP) in the middle of their calls until others
have their jobs, and wake up while the others still call. What they then
want to write must be refused: retries by one whose leases ran out, results
and next steps by one that was taken over. After that they work on."""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import CONF, Stack  # noqa: E402

HITS_MIN = 10  # of each kind

# Leases of 10 s (run out) and of 90 s (only a takeover ends them in time).
SERVICES = CONF + """
service "brisk" {
	kind = "openai-chat"
	url = "$VENDOR/v1"
	timeout = "6s"
	allow_private = true
}
service "patient" {
	kind = "openai-chat"
	url = "$VENDOR/v1"
	timeout = "60s"
	allow_private = true
}
"""

SITE = """\
site "blog" {
	url = "https://blog.example.com"
	default = true
	relay { key "k1" { secret = "file:secrets.d/relay" } }
	route "brisk" {
		events = {"t.brisk"}
		step "only" { service = "brisk"  model = "m-brisk"  prompt = "x" }
	}
	route "patient" {
		events = {"t.patient"}
		step "only" { service = "patient"  model = "m-patient"  prompt = "x" }
	}
	route "chain" {
		events = {"t.chain"}
		step "first" { service = "patient"  model = "m-patient"  prompt = "x" }
		step "second" { service = "brisk"  model = "m-second"  prompt = "x" }
	}
}
"""


class Scene:
    """A stack, several workers, and the events each of them began with."""

    def __init__(self, stack):
        self.s = stack
        self.began_with = {}

    def log(self, worker):
        return pathlib.Path(self.s.dir, f"log/{worker}.log").read_text()

    def number(self, worker):
        """The identity that the database gave it."""
        line = wait_until(f"{worker} to register", lambda: [
            x for x in self.log(worker).splitlines() if '"registered"' in x])
        return line[-1].split('"worker":')[1].split(",")[0].rstrip("}")

    def begin(self, worker):
        self.s.start_program(worker, [f"{self.s.dir}/bin/pressgate-worker"])
        self.number(worker)

    def fenced(self, worker):
        return self.log(worker).count('"ev":"fenced"')

    def put(self, kinds):
        ids = []
        for kind, count in kinds.items():
            for _ in range(count):
                a = self.s.client.event(kind)
                if a.status != 202:
                    raise AssertionError(f"{kind}: {a}")
                ids.append(a.json()["request_id"])
        return ids

    def calls(self, ids):
        return [c for c in self.s.calls() if c["request_id"] in ids]

    def in_flight(self, ids):
        return [c for c in self.calls(ids) if c["ended"] is None]

    def jobs(self, ids):
        return self.s.sql(
            "select id, claim_no, attempt, due_at, lease_by, lane, step,"
            " last_error from pressgate.job where event_id = any"
            f" ('{{{','.join(ids)}}}') order by id")

    def put_to_sleep(self, worker, kinds):
        """Stops the worker while it calls for new events."""
        ids = self.put(kinds)
        wait_until(f"{worker}'s calls", lambda: len(
            self.in_flight(ids)) == len(ids))
        self.s.procs[worker].send(signal.SIGSTOP)
        held = {row[4] for row in self.jobs(ids)}
        if held != {self.number(worker)}:
            raise AssertionError(f"jobs are held by {held}")
        self.began_with[worker] = ids

    def wake(self, check, worker, other, timeout):
        """Wakes it while the other one calls, and looks what it did."""
        ids = self.began_with[worker]
        wait_until(f"{other}'s calls", lambda: len(self.calls(ids))
                   == 2 * len(ids), timeout, 0.1)
        first = [c for c in self.calls(ids)][:len(ids)]
        check(f"{worker}: its own calls had ended before it woke",
              all(c["completed"] for c in first))
        before = self.jobs(ids)
        check(f"{worker}: {other} has all its jobs by a second claim",
              len(before) == len(ids) and all(
                  row[1] == "2" and row[4] == self.number(other)
                  for row in before), before)
        self.s.procs[worker].send(signal.SIGCONT)
        try:
            wait_until("the fence", lambda: self.fenced(worker)
                       >= len(ids), 5)
        except AssertionError:
            pass  # the look below tells
        after = self.jobs(ids)
        under_way = len(self.in_flight(ids))
        print(f"# {worker}: {self.fenced(worker)} writes of {len(ids)} jobs"
              f" refused, {under_way} calls of {other} still under way",
              flush=True)
        check(f"{worker}: at least {HITS_MIN} late writes were refused",
              len(ids) >= HITS_MIN and self.fenced(worker) >= len(ids),
              self.fenced(worker))
        check(f"{worker}: while {other} was still calling",
              under_way == len(ids), under_way)
        check(f"{worker}: no job was moved by them", before == after,
              [x for x in zip(before, after) if x[0] != x[1]][:3])

    def settle(self, check, worker, other):
        ids = self.began_with[worker]
        among = f"= any ('{{{','.join(ids)}}}')"
        wait_until("the jobs' end", lambda: not self.jobs(ids), 30)
        done = self.s.sql("select event_id, count(*), min(status) from"
                          f" pressgate.result where event_id {among}"
                          " group by 1")
        check(f"{worker}: each job has one result, and that is done",
              len(done) == len(ids)
              and all(row[1:] == ["1", "done"] for row in done), done)
        for table in ("job_done", "attempt"):
            who = self.s.sql(f"select distinct worker_id from pressgate."
                             f"{table} where event_id {among}")
            check(f"{worker}: {table} knows {other} only",
                  who == [[self.number(other)]], who)
        calls = self.calls(ids)
        keys = {}
        for c in calls:
            keys.setdefault((c["request_id"], c["name"]), []).append(
                c["idempotency_key"])
        check(f"{worker}: two calls for each first step, one for the next",
              all(len(v) == (1 if k[1] == "m-second" else 2)
                  for k, v in keys.items()), keys)
        check(f"{worker}: both with the same Idempotency-Key, each job and "
              "step with its own", all(len(set(v)) == 1
                                       for v in keys.values())
              and len({v[0] for v in keys.values()}) == len(keys))

    def works_on(self, check, worker):
        def one_of_its():
            self.put({"t.brisk": 3})
            return self.s.sql("select 1 from pressgate.job_done where "
                              f"worker_id = {self.number(worker)}")
        self.s.behave("m-brisk", None)
        wait_until(f"{worker} to finish a job", one_of_its, 20, 0.1)
        check(f"{worker}: it works on", self.s.procs[worker].alive())


def main():
    check = Checks()
    with Stack(conf=SERVICES, site=SITE) as s:
        s.start()
        scene = Scene(s)
        s.behave("m-patient", "slow-12s")
        scene.put_to_sleep("worker", {"t.patient": 6, "t.chain": 6})
        slept = time.monotonic()
        s.behave("m-patient", "slow-6s")

        s.behave("m-brisk", "slow-3s")
        scene.begin("worker2")
        scene.put_to_sleep("worker2", {"t.brisk": 12})
        s.behave("m-brisk", "slow-5s")

        scene.begin("other")
        scene.wake(check, "worker2", "other", 20)
        scene.settle(check, "worker2", "other")
        scene.works_on(check, "worker2")
        check("worker2: it ends when asked", s.procs["worker2"].stop())

        scene.wake(check, "worker", "other", 45)
        print(f"# taken over {time.monotonic() - slept:.1f} s after it fell "
              "asleep", flush=True)
        scene.settle(check, "worker", "other")
        s.procs["other"].stop()
        scene.works_on(check, "worker")
        check("every job is settled", wait_until(
            "an empty queue", lambda: s.value(
                "select count(*) from pressgate.job") == "0"))
        check("nothing died", s.value(
            "select count(*) from pressgate.dead") == "0")
    check.exit()


main()
