#!/usr/bin/env python3
"""`pressgate metrics` tells exactly what happened: so many accepted,
duplicate and refused requests, so many calls, tries and deaths; also after
kill -9 of responder children and of the worker, after a reload, after
everything has ended, and with the database away."""

import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from exposition import Exposition  # noqa: E402
from flow import Checks  # noqa: E402
from load import Load  # noqa: E402
from proc import as_user, children, wait_until  # noqa: E402
from stack import CONF, Stack  # noqa: E402

PROCESSES = 4

ROUTE = """
	route "{name}" {{
		events = {{"{event}"}}
		urgency = "{urgency}"
		step "one" {{ service = "llm"  model = "{model}"  prompt = "p" }}
		{more}
	}}
"""
TWO = 'step "two" { service = "llm"  model = "m"  prompt = "p" }'
SITE = ("""\
site "blog" {
	url = "https://blog.example.com"
	default = true
	relay { key "k1" { secret = "file:secrets.d/relay" } }
"""
    + ROUTE.format(name="ok", event="post.published", urgency="high",
                   model="m", more="")
    + ROUTE.format(name="two", event="post.long", urgency="normal",
                   model="m", more=TWO)
    + ROUTE.format(name="flaky", event="post.flaky", urgency="high",
                   model="flaky-2", more="")
    + ROUTE.format(name="refused", event="post.refused", urgency="low",
                   model="bad-key", more="")
    + ROUTE.format(name="poor", event="post.poor", urgency="low",
                   model="no-quota", more="")
    + ROUTE.format(name="hangs", event="post.hangs", urgency="low",
                   model="hang", more="")
    + "}\n")
# Three tries, so that a call that hangs is soon given up.
POLICY = 'retry_{} {{ attempts = 3  base = "50ms"  factor = 2  cap = "1s" }}\n'


# What a reader that is to prove something must not let pass.
X = "# HELP x X.\n# TYPE x gauge\n"
H = "# HELP h H.\n# TYPE h histogram\n"
BAD = ["", "x 1\n", X + "x 1", X + "x 1\n\n", X + "x 1\n" + X + "x 2\n",
       X + "x 1\nx 1\n", X + "y 1\n", X + "x one\n", X + "x  1\n",
       X + "x{} 1\ny{}\n", X + 'x{a="1",} 1\n', X + 'x{a="1" 1\n',
       X + 'x{a="1",a="2"} 1\n', X + 'x{a="\\x"} 1\n', X + "x{a=1} 1\n",
       "# HELP x X.\nx 1\n", "# TYPE x gauge\nx 1\n",
       "# HELP x X.\n# TYPE x counter\nx 1\n", H,
       H + 'h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
       H + 'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
       H + 'h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
       H + 'h_bucket{le="+Inf"} 1\nh_count 1\n']


def is_strict(check):
    passed = []
    for text in BAD:
        try:
            Exposition(text)
            passed.append(text)
        except (ValueError, KeyError):
            pass
    good = Exposition(X + 'x{a="1",b="\\n\\"\\\\"} -1.5\n' + H + 'h_bucket'
                      '{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 0.1\n'
                      'h_count 1\n')
    check("the reader of the text is strict", not passed
          and good.get("x", a="1", b='\n"\\') == -1.5, passed)


def run(s, *args, user=None, conf=None):
    """Exit code, output and messages of `pressgate metrics`."""
    argv = [f"{s.dir}/bin/pressgate", "metrics", *args]
    if user is None:
        argv = as_user(argv)
    elif user != 0:
        argv = ["setpriv", f"--reuid={user}", f"--regid={user}",
                "--clear-groups", "--", *argv]
    env = s.environment()
    if conf:
        env["PRESSGATE_CONF"] = conf
    p = subprocess.run(argv, text=True, env=env, cwd="/",
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)
    return p.returncode, p.stdout, p.stderr


def read(s):
    code, out, err = run(s)
    if code != 0 or err:
        raise AssertionError(f"exit {code}: {err}")
    return Exposition(out)


class Ledger:
    """What must have been counted since it was made."""

    def __init__(self, s):
        self.s = s
        self.want = {}
        self.base = read(s)

    def add(self, n, name, **labels):
        key = name, frozenset(labels.items())
        self.want[key] = self.want.get(key, 0) + n

    def request(self, n, outcome, status):
        self.add(n, "pressgate_requests_total", outcome=outcome,
                 status=str(status))
        self.add(n, "pressgate_request_seconds_count")

    def difference(self):
        """What does not fit: (sample, wanted, seen), of all counters that
        depend on what was sent and not on time."""
        now = read(self.s)
        names = {name for name, _ in self.want}
        seen = {k: v - self.base.samples.get(k, 0)
                for k, v in now.samples.items() if k[0] in names}
        return [(k, self.want.get(k, 0), seen.get(k, 0))
                for k in {*self.want, *seen}
                if self.want.get(k, 0) != seen.get(k, 0)]

    def check(self, check, what):
        """The last batch is counted a moment after it is stored."""
        try:
            wait_until(what, lambda: not self.difference(), 5)
        except AssertionError:
            pass
        left = self.difference()
        return check(f"{what}: every number is exact", not left, left)


def post(s, kind, key=None):
    key = key or str(uuid.uuid4())
    return s.client.event(kind, key=key, title="T")


def expect(answer, status, says=None):
    if answer.status != status or (says and answer.says() != says):
        raise AssertionError(f"wanted {status} {says}: {answer}")


def send_all(s, book, n):
    """N of each kind of good event, duplicates and refusals."""
    for kind in ("published", "long", "flaky", "refused", "poor"):
        for _ in range(n):
            expect(post(s, "post." + kind), 202, "accepted")
            book.request(1, "accepted", 202)
    key = str(uuid.uuid4())
    expect(post(s, "post.published", key), 202, "accepted")
    book.request(1, "accepted", 202)
    for _ in range(n + 2):
        expect(post(s, "post.published", key), 202, "duplicate")
        book.request(1, "duplicate", 202)
    body = json.dumps({"event": "post.published"}).encode()
    for i in range(n):
        expect(s.client.post(body, f"s{i}", signature="0" * 64), 401)
        book.request(1, "bad_signature", 401)
    expect(s.client.post(body, "old", ts=int(time.time()) - 301), 401)
    book.request(1, "stale", 401)
    for i in range(n + 1):
        expect(s.client.post(b'{"event":', f"b{i}"), 400)
        book.request(1, "bad_json", 400)
    expect(post(s, "post.unheard"), 422)
    book.request(1, "unknown_event", 422)
    expect(s.client.post(body, "none", without=["X-WP-Timestamp"]), 400)
    book.request(1, "header_missing", 400)
    expect(s.client.request("GET", "/webhooks/wp"), 405)
    book.request(1, "bad_method", 405)
    works = [("ok", 1, n + 1 + 2 * n + n), ("retry", None, 2 * n)]
    for outcome, _, count in works:
        book.add(count, "pressgate_attempts_total", outcome=outcome)
    for cause in ("remote_4xx", "budget"):
        book.add(n, "pressgate_attempts_total", outcome="dead", cause=cause)
    book.add(4 * n + 1, "pressgate_calls_total", status="2xx")
    book.add(2 * n, "pressgate_calls_total", status="4xx")
    book.add(2 * n, "pressgate_calls_total", status="5xx")
    jobs = 8 * n + 1
    book.add(jobs, "pressgate_call_seconds_count")
    book.add(jobs, "pressgate_claimed_jobs_total")
    book.add(jobs, "pressgate_job_wait_seconds_count")
    book.add(jobs, "pressgate_finished_jobs_total")


def settle(s):
    wait_until("every job settled", lambda: s.value(
        "select count(*) from pressgate.job") == "0", 60)


def kill_children(s):
    pid = s.procs["responder"].pid
    pool = children(pid)
    for child in pool:
        os.kill(child, signal.SIGKILL)
    wait_until("new children", lambda: len(
        set(children(pid)) - set(pool)) == PROCESSES, 30)
    return len(pool)


def reload(s):
    """Both programs take the configuration anew; the responder's children
    are others then."""
    pid = s.procs["responder"].pid
    pool = set(children(pid))
    for name in ("responder", "worker"):
        os.kill(s.procs[name].pid, signal.SIGHUP)
    wait_until("new children only", lambda: len(children(pid)) == PROCESSES
               and not set(children(pid)) & pool, 30)
    log = pathlib.Path(f"{s.dir}/log/worker.log")
    wait_until("the worker's reload", lambda: '"reloaded"' in
               log.read_text())


def exact(check, s):
    """The counting part, with everything that may disturb it between."""
    book = Ledger(s)
    send_all(s, book, 5)
    settle(s)
    book.check(check, "at first")
    starts = kill_children(s)
    book.add(starts, "pressgate_fcgi_starts_total")
    book.check(check, "after kill -9 of every child")
    send_all(s, book, 3)
    settle(s)
    book.check(check, "and what the new ones do")
    reload(s)
    book.add(PROCESSES, "pressgate_fcgi_starts_total")
    send_all(s, book, 2)
    settle(s)
    book.check(check, "after a reload")
    os.kill(s.procs["worker"].pid, signal.SIGKILL)
    s.procs["worker"].popen.wait()
    book.check(check, "after kill -9 of the worker")
    check("a dead worker holds no jobs",
          read(s).get("pressgate_worker_jobs_held") == 0)
    s.start_worker()
    book.add(1, "pressgate_worker_starts_total")
    send_all(s, book, 2)
    settle(s)
    book.check(check, "and what the new one does")
    book.add(0, "pressgate_fenced_jobs_total")
    book.add(0, "pressgate_worker_database_errors_total", kind="away")
    book.add(0, "pressgate_worker_database_errors_total", kind="refused")
    book.check(check, "nothing was fenced, no error was counted")
    dead = int(s.value("select count(*) from pressgate.dead_letters"))
    check("as many dead letters as deaths",
          read(s).get("pressgate_dead_letters") == dead == 24, dead)


def timeouts(check, s):
    """A call that hangs is counted when it is cut off, by its end."""
    book = Ledger(s)
    expect(post(s, "post.hangs"), 202)
    book.add(3, "pressgate_calls_total", status="timeout")
    book.add(2, "pressgate_attempts_total", outcome="retry")
    book.add(1, "pressgate_attempts_total", outcome="dead", cause="timeout")
    wait_until("the call", lambda: read(s).get(
        "pressgate_worker_jobs_held") == 1, 5)
    settle(s)
    book.check(check, "a service that hangs")


def grows_only(check, s):
    """While senders send and children die, no number ever falls."""
    senders = Load({"blog": [s.client]}, 4).start()
    before, fallen, looks, kills = {}, [], 0, 0
    end = time.monotonic() + 4
    while time.monotonic() < end:
        now = read(s).counters()
        fallen += [(k, v, now.get(k)) for k, v in before.items()
                   if now.get(k, -1) < v]
        before = now
        looks += 1
        pool = children(s.procs["responder"].pid)
        if looks % 8 == 0 and len(pool) == PROCESSES:
            os.kill(pool[0], signal.SIGKILL)
            kills += 1
    senders.stop()
    check(f"no counter falls in {looks} looks and {kills} kills",
          looks > 20 and kills and not fallen, (looks, kills, fallen[:3]))
    settle(s)


def queue(check, s):
    """The state of the queue, by urgency and site."""
    s.procs["worker"].stop(timeout=20)
    # The one that was killed looks alive for 15 s: let them be over.
    s.sql("update pressgate.worker set beat_at = beat_at - interval '15 s'")
    for kind, n in (("published", 3), ("long", 2)):
        for _ in range(n):
            expect(post(s, "post." + kind), 202)
    wanted = {"high": 3, "normal": 2}
    time.sleep(1.1)
    m = read(s)
    for urgency, n in wanted.items():
        where = {"urgency": urgency, "site": "blog"}
        check(f"the queue's {urgency} jobs", [m.get(
            "pressgate_queue" + x, **where) for x in (
                "_jobs", "_due_jobs", "_running_jobs", "_retrying_jobs")]
            == [n, n, 0, 0] and m.get("pressgate_queue_oldest_seconds",
                                      **where) >= 1
            and m.get("pressgate_queue_overdue_seconds", **where) >= 1,
            m.samples)
    check("no worker lives, no pause, the database is there", [m.get(
        "pressgate_" + x) for x in ("workers", "pauses", "database_up")]
        == [0, 0, 1])
    s.sql("update pressgate.site set name = E'a\"b\\\\c\\nd'")
    m = read(s)
    check("a label's value is escaped", m.get(
        "pressgate_queue_jobs", urgency="high", site='a"b\\c\nd') == 3,
        m.samples)
    s.sql("update pressgate.site set name = 'blog'")
    s.start_worker()
    settle(s)
    m = read(s)
    check("an empty queue has no rows, and one worker lives",
          m.get("pressgate_workers") == 1 and not [
              k for k in m.samples if k[0] == "pressgate_queue_jobs"],
          m.samples)


def away(check, s):
    """Without the database, without the programs, without anything."""
    for name in ("web", "responder", "worker"):
        s.procs[name].stop(timeout=20)
    before = read(s)
    check("the counters outlive the programs", before.get(
        "pressgate_requests_total", outcome="accepted", status="202") > 90)
    s.stop_postgres()
    code, out, err = run(s)
    m = Exposition(out)
    check("with the database away the counters are printed",
          code == 0 and m.counters() == before.counters()
          and m.get("pressgate_database_up") == 0
          and "pressgate_dead_letters" not in m.families, (code, out[:300]))
    check("and standard error says why", err.startswith("pressgate: ")
          and "missing" in err, err)
    other = s.write("etc/other.conf", pathlib.Path(s.conf).read_text()
                    .replace("metrics = ", 'metrics = "x" #'))
    code, out, err = run(s, conf=other)
    check("exit 4 where nothing was counted", code == 4
          and 'no counters of metrics = "x"' in err, (code, err))
    s.write("etc/other.conf", pathlib.Path(s.conf).read_text()
            .replace("metrics = ", 'metrics = "" #'))
    code, out, err = run(s, conf=other)
    check("exit 4 where each process keeps its own", code == 4
          and "metrics is empty" in err, (code, err))
    check("exit 2 for --json", run(s, "--json")[0] == 2)


def spoilt(check, s):
    """A segment that is not ours to read, and one of garbage."""
    worker, = glob.glob(f"/dev/shm/{os.path.basename(s.dir)}.worker.*")
    check("the segments are closed to others",
          os.stat(worker).st_mode & 0o777 == 0o600)
    if os.getuid() == 0:
        code, out, _ = run(s, user=0)
        check("root reads them", code == 0 and Exposition(out).get(
            "pressgate_worker_starts_total") >= 1, out[:300])
        shutil.chown(worker, 0, 0)
        code, out, err = run(s)
        check("another user's is not read, the rest is printed", code == 1
              and "Permission denied" in err and Exposition(out).get(
                  "pressgate_fcgi_starts_total") > 0, (code, err))
    with open(worker, "r+b") as f:
        f.write(os.urandom(20000))
    if os.getuid() == 0:
        s.own(worker)
    code, out, err = run(s)
    m = Exposition(out)
    check("garbage is not printed, the rest is", code == 1
          and "not of this version" in err and "pressgate_claims_total"
          not in m.families and m.get("pressgate_fcgi_starts_total") > 0,
          (code, err))


def main():
    check = Checks()
    is_strict(check)
    with Stack(processes=PROCESSES, timeout="1s", site=SITE, conf=CONF,
               policies="".join(POLICY.format(u) for u in (
                   "high", "normal", "low"))) as s:
        s.start()
        exact(check, s)
        timeouts(check, s)
        grows_only(check, s)
        queue(check, s)
        away(check, s)
        spoilt(check, s)
    check.exit()


main()
