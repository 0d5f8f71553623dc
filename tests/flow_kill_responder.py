#!/usr/bin/env python3
"""kill -9 of responder children in the middle of a request: while the body
is still arriving, and while PostgreSQL has not committed yet. A sender never
holds a 202 for what is not committed; what it sends again is there once."""

import json
import os
import pathlib
import random
import signal
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from fastcgi import Request  # noqa: E402
from flow import Checks, Senders, reckon  # noqa: E402
from proc import children, wait_until  # noqa: E402
from stack import Stack  # noqa: E402

ROUNDS = 6
PROCESSES = 4
HITS_MIN = 10


def body_of(key):
    return json.dumps({"event": "post.published", "idempotency_key": key,
                       "title": "T " + key}).encode()


def full_pool(s):
    """The children, once there are as many as configured."""
    pid = s.procs["responder"].pid
    return wait_until("all children", lambda: (
        lambda c: c if len(c) == PROCESSES else None)(children(pid)), 30)


def kill_while_reading(s, rng):
    """Every child has half a body; one is killed. Returns hits and keys."""
    pool = full_pool(s)
    keys = [str(uuid.UUID(int=rng.getrandbits(128), version=4))
            for _ in pool]
    requests = [Request(f"{s.dir}/run/fcgi.sock", "/webhooks/wp",
                        s.client.headers(body_of(k), k), body_of(k))
                for k in keys]
    time.sleep(0.1)
    os.kill(rng.choice(pool), signal.SIGKILL)
    answers = [r.finish() for r in requests]
    return sum(a == b"" for a in answers), keys, [
        k for k, a in zip(keys, answers) if b"202 Accepted" in a]


def kill_before_commit(s, rng, senders):
    """PostgreSQL holds every ingest; all children wait; one is killed.
    Returns hits, early answers (there must be none) and keys."""
    pool = full_pool(s)
    keys = [str(uuid.UUID(int=rng.getrandbits(128), version=4))
            for _ in pool]
    # The session's end lets go of the lock.
    holder = threading.Thread(target=s.sql, args=(
        "begin; lock table pressgate.idem in access exclusive mode;"
        " select pg_sleep(1.2); rollback",))
    holder.start()
    wait_until("the lock", lambda: s.sql(
        "select 1 from pg_locks where granted and mode ="
        " 'AccessExclusiveLock' and relation = 'pressgate.idem'::regclass"))
    answers = {}

    def post(key):
        try:
            answers[key] = s.client.post(body_of(key), key).status
        except OSError:
            answers[key] = None

    threads = [threading.Thread(target=post, args=(k,)) for k in keys]
    for t in threads:
        t.start()
    wait_until("every child waits in ingest", lambda: int(s.value(
        "select count(*) from pg_stat_activity where wait_event_type ="
        " 'Lock' and query ilike '%ingest%'")) >= len(pool), 5)
    os.kill(rng.choice(pool), signal.SIGKILL)
    time.sleep(0.1)
    early = sum(v == 202 for v in answers.values())
    for t in threads:
        t.join()
    holder.join()
    return sum(v != 202 for v in answers.values()), early, keys


def main():
    check = Checks()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"# seed {seed}", flush=True)
    rng = random.Random(seed)
    with Stack(processes=PROCESSES) as s:
        s.start()
        parent = s.procs["responder"].pid
        senders = Senders(s, 0)
        reading = committing = early = 0
        for _ in range(ROUNDS):
            hits, keys, _ = kill_while_reading(s, rng)
            reading += hits
            for k in keys:  # as a site does: until it is acknowledged
                senders.send(k)
            hits, e, keys = kill_before_commit(s, rng, senders)
            committing += hits
            early += e
            for k in keys:
                senders.send(k)
        print(f"# {reading} kills while reading, {committing} before the "
              "commit", flush=True)
        check("no 202 came before the commit", early == 0, early)
        check(f"at least {HITS_MIN} kills fell in the middle of a request",
              reading + committing >= HITS_MIN, (reading, committing))
        check("both points were hit", reading and committing,
              (reading, committing))
        check("the parent lived and keeps its pool full",
              s.procs["responder"].alive()
              and s.procs["responder"].pid == parent and full_pool(s))
        stored = int(s.value("select count(*) from pressgate.event"))
        check("one event for each key", stored == len(senders.acked),
              (stored, len(senders.acked)))
        reckon(check, s, senders.acked)
    check.exit()


main()
