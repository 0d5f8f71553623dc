#!/usr/bin/env python3
"""Kills in the middle of commits, which are held there for it.

Two holds. A deferred trigger stops a transaction when its statement is over
and its commit has begun: whoever has a 202 then has it too early. A standby
that never comes stops it when the commit is on disk and nobody has been
told: after the kill it is done, and the caller does not know."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks, Senders, reckon  # noqa: E402
from proc import children, wait_until  # noqa: E402
from stack import CONF, SITE, Stack  # noqa: E402

PROCESSES = 4
HITS_MIN = 10
JOBS = 16
MODEL = "slow-0.5s"

# A worker asks a quiet lane for one job at a time: many lanes, to lose many.
ROUTES = "".join(f"""
	route "r{n}" {{
		events = {{"t.{n}"}}
		step "summary" {{
			service = "llm"
			model = "$MODEL"
			prompt = "Summarise {{{{/data/idempotency_key}}}}: {n}"
		}}
	}}""" for n in range(JOBS))

TRIGGER = """
create schema t;
grant usage on schema t to public;
create function t.hold() returns trigger language plpgsql as $$ begin
	perform pg_advisory_xact_lock_shared(42); return null; end $$;
create constraint trigger hold after insert on pressgate.event
	deferrable initially deferred for each row execute function t.hold()"""


class Scene:
    def __init__(self, stack, seed):
        self.s = stack
        self.rng = random.Random(seed)
        self.senders = Senders(stack, 0)
        self.kills = []
        self.early = 0  # acknowledgements while all commits were held

    # ---- holds ----------------------------------------------------------

    def hold_commits(self):
        """Returns what lets them go when its input is closed."""
        pg = self.s.pg
        holder = subprocess.Popen(
            ["psql", "-XAtq", "-h", pg["PGHOST"], "-p", pg["PGPORT"], "-U",
             "postgres", "-d", "pressgate"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        holder.stdin.write("select 'held' from pg_advisory_lock(42);\n")
        holder.stdin.flush()
        if holder.stdout.readline() != "held\n":
            raise AssertionError("no hold")
        return holder

    def let_go(self, holder):
        try:
            holder.stdin.close()
        except OSError:
            pass  # the server was killed under it
        holder.stdout.close()
        holder.wait(10)

    def hold_answers(self):
        """From now on commits wait for a standby; ours do not."""
        self.s.sql("alter system set synchronous_standby_names = 'nobody'")
        self.s.sql("select pg_reload_conf()")
        wait_until("the standby to be missed", lambda: self.s.value(
            "show synchronous_standby_names") == "nobody")

    def held(self, event, role, query="%"):
        return int(self.s.value(
            "select count(*) from pg_stat_activity where wait_event ="
            f" '{event}' and usename = 'pressgate_{role}'"
            f" and query ilike '{query}'"))

    # ---- kills ----------------------------------------------------------

    def kill_postgres(self):
        """All of its processes; then it is started, nothing is held."""
        self.s.sql("alter system reset synchronous_standby_names")
        postmaster = self.s.postmaster()
        os.kill(postmaster, signal.SIGSTOP)  # it makes no new ones
        for pid in [postmaster, *children(postmaster)]:
            os.kill(pid, signal.SIGKILL)
        self.kills.append(time.time())
        self.s.start_postgres()

    def full_pool(self):
        pid = self.s.procs["responder"].pid
        return wait_until("all children", lambda: (
            lambda c: c if len(c) == PROCESSES else None)(children(pid)), 30)

    # ---- the responder --------------------------------------------------

    def post_into(self, wait_event):
        """One delivery for each child; returns when all commits are held:
        the keys and the threads that wait for their acknowledgement."""
        keys = [str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
                for _ in self.full_pool()]
        threads = [threading.Thread(target=self.senders.send, args=(k,))
                   for k in keys]
        for t in threads:
            t.start()
        wait_until("the commits to be held", lambda: self.held(
            wait_event, "ingest") == len(keys), 5)
        self.early += sum(k in self.senders.acked for k in keys)
        return keys, threads

    def tries(self, keys):
        return sum(len(self.senders.tries[k]) for k in keys)

    def kill_child(self):
        """Returns how many requests the kill cut."""
        holder = self.hold_commits()
        keys, threads = self.post_into("advisory")
        os.kill(self.rng.choice(self.full_pool()), signal.SIGKILL)
        time.sleep(0.05)
        self.let_go(holder)
        for t in threads:
            t.join()
        return self.tries(keys) - len(keys) > 0

    def kill_before_commit(self):
        """Returns how many transactions were undone by the kill."""
        holder = self.hold_commits()
        keys, threads = self.post_into("advisory")
        self.kill_postgres()
        self.let_go(holder)
        for t in threads:
            t.join()
        return len(keys) - self.stored_before_kill(keys)

    def kill_after_commit(self):
        """Returns how many were stored though nobody had been told."""
        self.hold_answers()
        keys, threads = self.post_into("SyncRep")
        self.kill_postgres()
        for t in threads:
            t.join()
        return self.stored_before_kill(keys)

    def stored_before_kill(self, keys):
        return int(self.s.value(
            "select count(*) from pressgate.event where idempotency_key ="
            f" any ('{{{','.join(keys)}}}') and received_at <"
            f" to_timestamp({self.kills[-1]})"))

    # ---- the worker -----------------------------------------------------

    def log(self):
        return pathlib.Path(self.s.dir, "log/worker.log").read_text()

    def accepted(self, kind, key):
        """PostgreSQL may still be starting: a 503 is sent again."""
        def sent():
            answer = self.s.client.event(kind, key)
            if answer.status not in (202, 503):
                raise AssertionError(answer)
            return answer if answer.status == 202 else None
        return wait_until("202", sent, 10, 0.2)

    def fenced(self, ids):
        return sum('"ev":"fenced"' in line and any(i in line for i in ids)
                   for line in self.log().splitlines())

    def put_jobs(self):
        """One for each lane."""
        ids = []
        for n in range(JOBS):
            key = f"job-{uuid.UUID(int=self.rng.getrandbits(128))}"
            answer = self.accepted(f"t.{n}", key)
            self.senders.acked[key] = answer.json()["request_id"]
            ids.append(self.senders.acked[key])
        return ids

    def calls(self, ids):
        return [c for c in self.s.calls() if c["request_id"] in ids]

    def settled(self, ids, timeout=45):
        wait_until("the jobs' end", lambda: int(self.s.value(
            "select count(*) from pressgate.result where event_id = any"
            f" ('{{{','.join(ids)}}}')")) == len(ids), timeout, 0.1)

    def kill_after_finish(self, check):
        """Results are stored, and the worker does not know. Returns how
        many: the worker tells fewer at a time after each trouble."""
        vendor = self.s.procs["vendor"]
        self.s.behave(MODEL, "slow-2.5s")
        ids = self.put_jobs()
        wait_until("the calls", lambda: len(self.calls(ids)) == JOBS)
        vendor.send(signal.SIGSTOP)
        time.sleep(2.5)  # then all answers come at once
        self.hold_answers()
        vendor.send(signal.SIGCONT)
        wait_until("finish() to be held", lambda: self.held(
            "SyncRep", "worker", "%finish(%"), 5)
        self.kill_postgres()
        self.s.behave(MODEL, None)
        self.settled(ids)
        hits = int(self.s.value(
            "select count(*) from pressgate.job_done where finished_at <"
            f" to_timestamp({self.kills[-1]}) and event_id = any"
            f" ('{{{','.join(ids)}}}')"))
        wait_until("the worker to learn it", lambda: self.fenced(ids)
                   == hits, 10)
        check("no call was made again for want of an answer of the "
              "database", len(self.calls(ids)) == JOBS,
              len(self.calls(ids)))
        return hits

    def kill_after_claim(self, check):
        """Jobs are leased to a worker that does not know it has them."""
        beat = "select max(beat_at) from pressgate.worker"
        last = self.s.value(beat)
        wait_until("a beat", lambda: self.s.value(beat) != last, 10)
        worker = self.s.procs["worker"]
        worker.send(signal.SIGSTOP)
        ids = self.put_jobs()
        self.hold_answers()
        worker.send(signal.SIGCONT)
        wait_until("claim() to be held", lambda: self.held(
            "SyncRep", "worker", "%claim(%"), 4)
        self.kill_postgres()
        begun = time.monotonic()
        self.settled(ids)
        took = time.monotonic() - begun
        hits = int(self.s.value(
            "select count(*) from pressgate.job_done where attempts = 2"
            f" and event_id = any ('{{{','.join(ids)}}}')"))
        print(f"# {hits} jobs leased when the worker did not know, done "
              f"after {took:.1f} s", flush=True)
        check(f"at least {HITS_MIN} jobs were claimed by nobody",
              hits >= HITS_MIN, hits)
        check("and called for once", len(self.calls(ids)) == JOBS,
              len(self.calls(ids)))


def main():
    check = Checks()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"# seed {seed}", flush=True)
    # A long flush, so that one finish() has all jobs that end together.
    with Stack(model=MODEL, processes=PROCESSES,
               conf=CONF.replace("worker {", 'worker {\n\tflush = "300ms"'),
               site=SITE.rstrip()[:-1] + ROUTES + "\n}\n") as s:
        s.start()
        s.sql("alter role postgres set synchronous_commit = local")
        s.sql(TRIGGER)
        scene = Scene(s, seed)
        cut = sum(scene.kill_child() for _ in range(HITS_MIN))
        undone = sum(scene.kill_before_commit() for _ in range(3))
        untold = sum(scene.kill_after_commit() for _ in range(3))
        print(f"# {cut} children killed in a commit, {undone} commits "
              f"undone by kills, {untold} done that nobody was told of",
              flush=True)
        check("no 202 came before its commit", scene.early == 0,
              scene.early)
        check(f"at least {HITS_MIN} of each were hit",
              min(cut, undone, untold) >= HITS_MIN, (cut, undone, untold))
        told = 0
        for _ in range(5):
            if told < HITS_MIN:
                told += scene.kill_after_finish(check)
        print(f"# {told} results stored when the worker did not know",
              flush=True)
        check(f"at least {HITS_MIN} finished jobs were told again and "
              "refused", told >= HITS_MIN, told)
        scene.kill_after_claim(check)
        stored = int(s.value("select count(*) from pressgate.event"))
        check("one event for each key", stored == len(scene.senders.acked),
              (stored, len(scene.senders.acked)))
        reckon(check, s, scene.senders.acked, scene.kills)
    check.exit()


main()
