#!/usr/bin/env python3
"""The worker while its database is in trouble: server processes killed under
its finishes, PostgreSQL away for longer than a lease with results in memory,
TERM while it is away or silent, a claim under way when the worker stops, a
claim whose answer gets lost.

tests/flow_worker.py has the worker's life with a database that is well."""

import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from proc import as_user, children, wait_until  # noqa: E402
from stack import CONF, SITE, Stack  # noqa: E402

JOBS = 12
STOP_S = 2
AWAY_S = 20
# What README and the manual promise on top of `stop`: telling and leaving.
LEAVE_S = 8

LATER = """\
service "later" {
	kind = "openai-chat"
	url = "$VENDOR/v1"
	timeout = "40s"
	allow_private = true
}
"""
ROUTE = """
	route "later" {
		events = {"t.later"}
		step "only" { service = "later"  model = "m-later"  prompt = "x" }
	}
"""
# A worker asks a quiet lane for one job at a time.
MANY = "".join(f"""
	route "r{n}" {{
		events = {{"t.many"}}
		step "only" {{ service = "later"  model = "m-later"  prompt = "x" }}
	}}""" for n in range(JOBS)) + "\n}\n"


class Scene:
    def __init__(self, stack):
        self.s = stack

    def put(self, kind="post.published", count=JOBS):
        ids = []
        for _ in range(count):
            a = self.s.client.event(kind)
            if a.status != 202:
                raise AssertionError(a)
            ids.append(a.json()["request_id"])
        return ids

    def calls(self, ids, ended=None):
        return [c for c in self.s.calls() if c["request_id"] in ids
                and (ended is None or (c["ended"] is not None) == ended)]

    def put_and_call(self, *how):
        ids = self.put(*how)
        wait_until("the calls", lambda: len(self.calls(ids)) == len(ids))
        return ids

    def answered(self, ids):
        wait_until("the vendor's answers", lambda: len(self.calls(
            ids, True)) == len(ids))

    def results(self, ids):
        return int(self.s.value(
            "select count(*) from pressgate.result where status = 'done'"
            f" and event_id = any ('{{{','.join(ids)}}}')"))

    def settled(self, ids, timeout=30):
        wait_until("the results", lambda: self.results(ids) == len(ids),
                   timeout, 0.1)

    def leases(self):
        return int(self.s.value("select count(*) from pressgate.job"
                                " where lease_by is not null"))

    def locked(self, table, mode):
        """Holds a lock until the returned function is called."""
        pg = self.s.pg
        holder = subprocess.Popen(
            ["psql", "-XAtq", "-h", pg["PGHOST"], "-p", pg["PGPORT"], "-U",
             "postgres", "-d", "pressgate"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        holder.stdin.write(f"begin; lock table pressgate.{table} in {mode}"
                           " mode; select 'held';\n")
        holder.stdin.flush()
        if holder.stdout.readline() != "held\n":
            raise AssertionError("no lock")

        def let_go():
            try:
                holder.stdin.close()
            except OSError:
                pass  # its server process was killed
            holder.stdout.close()
            holder.wait(10)
        return let_go

    def waits(self, query):
        return [int(r[0]) for r in self.s.sql(
            "select pid from pg_stat_activity where wait_event_type = 'Lock'"
            f" and query ilike '%{query}(%'")]

    def stop_worker(self, check, what):
        worker = self.s.procs["worker"]
        worker.send(signal.SIGTERM)
        begun = time.monotonic()
        check(f"{what}: TERM ends the worker within {STOP_S} + {LEAVE_S} s",
              worker.wait(STOP_S + LEAVE_S), worker.pid)
        print(f"# {what}: ended after {time.monotonic() - begun:.1f} s",
              flush=True)
        worker.kill()


def server_processes_die(check, scene):
    """kill -9 under a finish that waits: all of them go with it."""
    s, hits = scene.s, 0
    s.behave("m-any", "slow-0.3s")
    for _ in range(3):
        let_go = scene.locked("result", "access exclusive")
        ids = scene.put_and_call()
        scene.answered(ids)
        finishing = wait_until("a finish that waits",
                               lambda: scene.waits("finish"))
        hits += len(ids)
        os.kill(finishing[0], signal.SIGKILL)
        let_go()
        wait_until("PostgreSQL to recover", lambda: not pg_is_away(s), 30)
        scene.settled(ids)
        check("results that could not be told are told again; no call is"
              " made again", len(scene.calls(ids)) == len(ids),
              len(scene.calls(ids)))
    print(f"# {hits} jobs were about to be finished at a kill", flush=True)


def pg_is_away(s):
    try:
        s.sql("select 1")
    except RuntimeError:
        return True
    return False


def away_for_long(check, scene):
    """Longer than the leases: nobody else has claimed the jobs."""
    s = scene.s
    s.behave("m-any", "slow-1s")
    told, calling = scene.put_and_call(), None
    s.behave("m-later", f"slow-{AWAY_S + 3}s")
    calling = scene.put_and_call("t.later", 3)
    s.stop_postgres("immediate")
    held = len(told) - len(scene.calls(told, True))
    time.sleep(AWAY_S)
    check("the worker lives without its database",
          s.procs["worker"].alive())
    scene.answered(told)
    s.start_postgres()
    begun = time.monotonic()
    scene.settled(told + calling)
    print(f"# {held} calls ended while PostgreSQL was away for {AWAY_S} s;"
          f" all told {time.monotonic() - begun:.1f} s after", flush=True)
    check("at least 10 calls ended meanwhile", held >= 10, held)
    check("none of them was made again", len(scene.calls(told))
          == len(told), len(scene.calls(told)))
    check("nor one that was under way all the time",
          len(scene.calls(calling)) == len(calling))


def term_with_results(check, scene):
    """PostgreSQL is away, results cannot be told: the worker goes, and what
    it had comes back."""
    s = scene.s
    s.behave("m-any", "slow-0.5s")
    ids = scene.put_and_call()
    s.stop_postgres("immediate")
    scene.answered(ids)
    scene.stop_worker(check, "away")
    check("it says what it could not tell", f'"untold":{len(ids)}' in
          pathlib.Path(s.dir, "log/worker.log").read_text())
    s.start_postgres()
    s.behave("m-any", None)
    s.start_worker()
    begun = time.monotonic()
    scene.settled(ids, 60)
    took = time.monotonic() - begun
    print(f"# recovered after {took:.1f} s", flush=True)
    check("all its jobs come back within 45 s", took <= 45, took)
    keys = {}
    for c in scene.calls(ids):
        keys.setdefault(c["request_id"], []).append(c["idempotency_key"])
    check("with one more call each, under the same key", all(
        len(v) == 2 and len(set(v)) == 1 for v in keys.values()), keys)


def term_while_silent(check, scene):
    """PostgreSQL takes connections and says nothing."""
    s = scene.s
    s.behave("m-later", "hang")
    ids = scene.put_and_call("t.later", 3)
    pids = [s.postmaster()]
    pids += children(pids[0])
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        scene.stop_worker(check, "silent")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    s.behave("m-later", None)
    s.start_worker()
    begun = time.monotonic()
    scene.settled(ids, 60)
    took = time.monotonic() - begun
    print(f"# recovered after {took:.1f} s", flush=True)
    check("its jobs come back within 45 s, before their leases end",
          took <= 45, took)


def stop_in_a_claim(check, scene):
    """A claim that is answered after TERM: its jobs go back untouched."""
    s, hits = scene.s, 0
    s.behave("m-later", "hang")
    for _ in range(2):
        s.procs["worker"].stop()
        ids = scene.put("t.many", 1)
        let_go = scene.locked("job", "share")
        s.start_worker()
        wait_until("a claim that waits", lambda: scene.waits("claim"))
        s.procs["worker"].send(signal.SIGTERM)
        time.sleep(0.5)
        let_go()
        check("the worker ends", s.procs["worker"].wait(STOP_S + LEAVE_S))
        s.procs["worker"].kill()
        check("no lease is left behind", scene.leases() == 0,
              scene.leases())
        claims = s.sql("select claim_no, attempt from pressgate.job where"
                       f" event_id = any ('{{{','.join(ids)}}}')")
        hits += sum(c == "1" for c, _ in claims)
        check("and no try is counted", all(a == "0" for _, a in claims),
              claims)
        s.sql("delete from pressgate.job")
    print(f"# {hits} jobs were claimed by a worker that was leaving",
          flush=True)
    check("at least 10 jobs were claimed by a worker that was leaving",
          hits >= 10, hits)
    s.behave("m-later", None)


class Between:
    """Stands between the worker and PostgreSQL. Once told to, it lets the
    next claim through, waits for its end and hangs up instead of telling."""

    def __init__(self, stack):
        self.pg = stack.pg
        self.folder = f"{stack.dir}/run/between"
        os.makedirs(self.folder)
        stack.own(self.folder, 0o755)
        self.path = f"{self.folder}/.s.PGSQL.{self.pg['PGPORT']}"
        self.loses = False
        self.lost = 0
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        stack.own(self.path, 0o666)
        listener.listen()
        threading.Thread(target=self.accept, args=(listener,),
                         daemon=True).start()

    def accept(self, listener):
        while True:
            worker = listener.accept()[0]
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(f"{self.pg['PGHOST']}/.s.PGSQL."
                               f"{self.pg['PGPORT']}")
            except OSError:
                worker.close()
                continue
            threading.Thread(target=self.carry, args=(worker, server),
                             daemon=True).start()

    def carry(self, worker, server):
        try:
            while True:
                ready = select.select([worker, server], [], [])[0]
                if worker in ready:
                    data = worker.recv(65536)
                    if not data:
                        break
                    server.sendall(data)
                    if self.loses and data.startswith(b"B") \
                            and b"\0claim\0" in data:
                        if self.lose(worker, server):
                            break
                elif server in ready:
                    data = server.recv(65536)
                    if not data:
                        break
                    worker.sendall(data)
        except OSError:
            pass
        worker.close()
        server.close()

    def lose(self, worker, server):
        """Waits for the end of a claim, which is after its commit. True: it
        brought rows."""
        data = b""
        while not data.endswith(b"Z\0\0\0\5I"):
            data += server.recv(65536)
        rows = re.search(rb"SELECT (\d+)\0", data)
        if rows is None or rows[1] == b"0":
            worker.sendall(data)
            return False
        self.loses = False
        self.lost += int(rows[1])
        return True


def claim_answer_lost(check, scene):
    """The database has leased jobs to the worker, who does not know."""
    s = scene.s
    s.procs["worker"].stop()
    between = Between(s)
    path = f"{s.dir}/etc/pressgate.conf"
    conf = pathlib.Path(path).read_text()
    quoted = urllib.parse.quote(s.pg["PGHOST"], safe="")
    worker = [line for line in conf.splitlines() if "worker = " in line][0]
    s.write("etc/pressgate.conf", conf.replace(worker, worker.replace(
        quoted, urllib.parse.quote(between.folder, safe=""))))
    calling = scene.put("post.published", 2)
    s.behave("m-any", "slow-3s")
    s.start_worker()
    wait_until("two calls", lambda: len(scene.calls(calling)) == 2)
    between.loses = True
    ids = scene.put("t.many", 1)
    wait_until("an answer to get lost", lambda: between.lost)
    begun = time.monotonic()
    wait_until("all jobs", lambda: s.value(
        "select count(*) from pressgate.job") == "0", 60)
    took = time.monotonic() - begun
    print(f"# {between.lost} jobs were in it; all done {took:.1f} s after",
          flush=True)
    check("a claim whose answer was lost is not waited for", took < 5, took)
    check("the worker says so", '"ev":"gave_back"' in
          pathlib.Path(s.dir, "log/worker.log").read_text())
    tries = s.sql("select distinct attempt from pressgate.attempt where"
                  f" event_id = any ('{{{','.join(ids + calling)}}}')")
    check("and no try is counted", tries == [["1"]], tries)
    check("what it had in hand was not called for again",
          len(scene.calls(calling)) == 2, len(scene.calls(calling)))
    s.behave("m-any", None)
    s.procs["worker"].stop()
    s.write("etc/pressgate.conf", conf)
    s.start_worker()


def once_in_time(check, scene):
    """Many jobs, calls that hang, five seconds: nothing is left leased."""
    s = scene.s
    s.procs["worker"].stop()
    s.behave("m-later", "hang")
    s.behave("m-any", "slow-0.7s")
    hang, slow = scene.put("t.later", 20), scene.put(count=40)
    begun = time.monotonic()
    r = subprocess.run(
        as_user([f"{s.dir}/bin/pressgate-worker", "--once",
                 "--max-runtime", "5s"]), env=s.environment(),
        cwd=f"{s.dir}/web", stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, timeout=60)
    took = time.monotonic() - begun
    check("a --once run ends well, in time", r.returncode == 0
          and took < 6.5, (r.returncode, took))
    check("it leaves no lease behind", scene.leases() == 0, scene.leases())
    check("and has done what could be done", scene.results(slow)
          == len(slow), scene.results(slow))
    row = s.sql("select distinct attempt, last_error is null, due_at <="
                " now() from pressgate.job")
    check("what hung goes back untouched", row == [["0", "t", "t"]]
          and int(s.value("select count(*) from pressgate.job"))
          == len(hang), row)


def main():
    check = Checks()
    wanted = sys.argv[1:]
    parts = [server_processes_die, away_for_long, term_with_results,
             term_while_silent, stop_in_a_claim, claim_answer_lost,
             once_in_time]
    conf = CONF.replace("worker {", f'worker {{\n\tstop = "{STOP_S}s"')
    with Stack(model="m-any", conf=conf + LATER,
               site=SITE.rstrip()[:-1] + ROUTE + MANY) as s:
        s.start()
        scene = Scene(s)
        for part in parts:
            if not wanted or part.__name__ in wanted:
                print(f"# {part.__name__}", flush=True)
                part(check, scene)
    check.exit()


main()
