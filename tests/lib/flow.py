"""What the flow tests share: one line for each thing that was looked at, and
the reckoning that every test of faults ends with."""

import json
import random
import sys
import threading
import time
import uuid

from proc import wait_until


class Checks:
    """Prints `ok` or `NOT OK` for each look; exit() is the verdict."""

    def __init__(self):
        self.failed = 0
        self.count = 0

    def __call__(self, what, ok, seen=""):
        self.count += 1
        if not ok:
            self.failed += 1
        print(f"{'ok' if ok else 'NOT OK'} - {what}"
              + (f": {seen}" if seen != "" and not ok else ""), flush=True)
        return ok

    def status(self, what, answer, status, says=None):
        return self(what, answer.status == status
                    and (says is None or answer.says() == says), answer)

    def exit(self):
        print(f"{self.count - self.failed} of {self.count} hold", flush=True)
        sys.exit(1 if self.failed or not self.count else 0)


class Senders:
    """Threads that send events as a careful site does: each event again
    with the same key and body until it is acknowledged."""

    def __init__(self, stack, count=8, pause=0.02, seed=1):
        self.stack = stack
        self.pause = pause
        self.lock = threading.Lock()
        self.acked = {}       # key -> request_id
        self.tries = {}       # key -> list of (begun, ended, status or None)
        self.open = 0         # requests under way
        self.errors = []
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=self.run, args=(seed * 1000 + n,),
                             daemon=True) for n in range(count)]

    def start(self):
        for t in self.threads:
            t.start()
        return self

    def stop(self):
        """No new events; those under way are sent until acknowledged."""
        self.stopping.set()
        for t in self.threads:
            t.join(60)
        if any(t.is_alive() for t in self.threads):
            raise AssertionError("a sender gets no answer")
        if self.errors:
            raise self.errors[0]
        return self

    def run(self, seed):
        rng = random.Random(seed)
        while not self.stopping.is_set():
            try:
                self.send(str(uuid.UUID(int=rng.getrandbits(128),
                                        version=4)))
            except AssertionError as e:
                self.errors.append(e)
                return
            time.sleep(self.pause * rng.uniform(0.5, 1.5))

    def send(self, key):
        body = json.dumps({"event": "post.published",
                           "idempotency_key": key,
                           "title": "T " + key}).encode()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            begun = time.time()
            with self.lock:
                self.open += 1
            try:
                answer = self.stack.client.post(body, key)
                status = answer.status
            except OSError:
                answer, status = None, None
            with self.lock:
                self.open -= 1
                self.tries.setdefault(key, []).append(
                    (begun, time.time(), status))
            if status == 202:
                with self.lock:
                    self.acked[key] = answer.json()["request_id"]
                return
            if status is not None and 400 <= status < 500:
                raise AssertionError(f"a good event was refused: {answer}")
            time.sleep(0.05)
        raise AssertionError(f"no acknowledgement for {key}: "
                             f"{self.tries[key][-3:]}")


def reckon(check, stack, acked, kills=(), unflushed_s=0.5, timeout=90,
           only_acked=True):
    """Compares the client's acknowledgements, the tables and the vendor's
    log. acked: key -> request_id. kills: when something was killed, seconds
    since 1970. A vendor call may be repeated only if a kill fell between
    its beginning and the time by which its result must have been flushed."""
    def results():
        found, _ = stack.client.walk(limit=500)
        return found

    def settled():
        return int(stack.value("select count(*) from pressgate.job")) == 0

    try:
        wait_until("every job settled", settled, timeout, 0.2)
    except AssertionError:
        check("every job is settled", False, stack.sql(
            "select id, step, attempt, crashes, due_at, last_error"
            " from pressgate.job limit 5"))
    found = results()
    by_key = {}
    for r in found:
        by_key.setdefault(r["idempotency_key"], []).append(r)
    check(f"all {len(acked)} acknowledged events have a result",
          not set(acked) - set(by_key), list(set(acked) - set(by_key))[:5])
    check("each result has the request_id that was acknowledged",
          all(by_key[k][0]["request_id"] == acked[k]
              for k in acked if k in by_key))
    check("no event has two results",
          all(len(v) == 1 for v in by_key.values()),
          [k for k, v in by_key.items() if len(v) > 1][:5])
    check("no result is dead", all(r["status"] == "done" for r in found),
          [r for r in found if r["status"] != "done"][:3])
    if only_acked:
        check("no event was executed that nobody sent or that was given up",
              not set(by_key) - set(acked),
              list(set(by_key) - set(acked))[:5])

    calls = {}
    for c in stack.calls():
        calls.setdefault(c["prompt"].split()[1].rstrip(":"), []).append(c)
    check("each event's calls carry one Idempotency-Key of its own",
          all(len({c["idempotency_key"] for c in v}) == 1
              for v in calls.values())
          and len({v[0]["idempotency_key"] for v in calls.values()})
          == len(calls))
    check("each event with a result was called for",
          not set(by_key) - set(calls))
    extra, wrong, late = 0, [], []
    for key, list_of_calls in calls.items():
        list_of_calls.sort(key=lambda c: c["begun"])
        for c in list_of_calls[:-1]:
            extra += 1
            end = (c["ended"] or time.time()) + unflushed_s
            late += [k - c["ended"] for k in kills
                     if c["ended"] <= k <= end and c["completed"]]
            if not any(c["begun"] <= k <= end for k in kills):
                wrong.append((key, c["begun"], c["ended"]))
    if late:
        print(f"# {len(late)} results were answered but not yet stored at a "
              f"kill, the oldest for {1000 * max(late):.0f} ms", flush=True)
    check(f"each of the {extra} extra vendor calls had its job in flight or "
          "unflushed at a kill", not wrong, wrong[:5])
    return found
