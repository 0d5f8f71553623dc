#!/usr/bin/env python3
"""pressgate-fcgi as a process: the pool, reload and stop, the three places
where its socket can be, and a database that is away or slow."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from bare import Bare, event, fc  # noqa: E402
from flow import Checks  # noqa: E402
from proc import as_user, start_time, wait_until  # noqa: E402

PROCESSES = 3


def timed(f):
    begun = time.monotonic()
    return f(), time.monotonic() - begun


def full(s, without=()):
    """The children, once there are as many as configured."""
    def look():
        pids = s.children()
        return pids if len(pids) == PROCESSES \
            and not set(pids) & set(without) else None
    return wait_until("a full pool", look, 20)


def half_sent(s, body, key):
    """A request whose body is under way, and how to send the rest."""
    c = fc.Connection(s.path)
    c.send(fc.begin() + fc.stream(fc.PARAMS, fc.block(
        fc.post_params(s.secret, body, key))) + fc.record(
            fc.STDIN, body[:5]))
    time.sleep(0.1)
    return c, fc.record(fc.STDIN, body[5:]) + fc.record(fc.STDIN)


# ---- the pool -----------------------------------------------------------

def replace_the_dead(check, s):
    old = full(s)
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    full(s, without=old)
    check.status("after all children were killed", s.post(
        event("d-1"), "d-1"), 202)
    check("each loss is on record", s.log().count("child_killed")
          == PROCESSES)


def reload(check, s):
    old = full(s)
    body = event("r-0")
    c, rest = half_sent(s, body, "r-0")
    new = "n" * 40
    check.status("a secret that is not there yet", s.post(
        event("r-1"), "r-1", secret=new), 401)
    s.secrets["blog"] = new
    s.write_conf()
    s.procs["responder"].send(signal.SIGHUP)
    wait_until("the new secret", lambda: s.post(
        event("r-1"), "r-1", secret=new).status == 202)
    c.send(rest)
    check.status("a request in hand is finished under the old one",
                 c.answer(), 202, "accepted")
    full(s, without=old)
    check("all children are new", not set(old) & set(s.children()))
    check.status("the old secret is gone", s.post(
        event("r-2"), "r-2", secret=s.secret), 401)
    s.secret = new

    good = s.texts["sites.d/shop.conf"]
    s.texts["sites.d/shop.conf"] = good.replace("route", "rout")
    s.write_conf()
    before = full(s)
    s.procs["responder"].send(signal.SIGHUP)
    wait_until("a refusal", lambda: "reload_refused" in s.log())
    check("a bad file keeps the old configuration and its children",
          full(s) == before)
    check.status("shop goes on", s.post(
        event("r-3"), "r-3", secret=s.secrets["shop"],
        target="/webhooks/wp/shop"), 202)
    s.texts["sites.d/shop.conf"] = good
    s.write_conf()


def start_with_a_bad_site(check, s):
    good = s.texts["sites.d/shop.conf"]
    s.procs["responder"].stop()
    s.texts["sites.d/shop.conf"] = good.replace("route", "rout")
    s.write_conf()
    s.start_responder()
    check("a bad site is loud", '"mod":"conf"' in s.log())
    check.status("the good site is served", s.post(event("i-1"), "i-1"), 202)
    a = s.post(event("i-2"), "i-2", secret=s.secrets["shop"],
               target="/webhooks/wp/shop")
    check.status("the bad one is told to come back", a, 503)
    check("with a time", a.headers["retry-after"].isdigit())
    check.status("its results too", s.get(
        "/results", secret=s.secrets["shop"], HTTP_X_WP_KEY_ID="shop-1"),
        503)
    s.procs["responder"].stop()
    s.texts["sites.d/shop.conf"] = good
    s.write_conf()
    s.start_responder()


def stop(check, s):
    """Finishes what is in hand, and a second one does not take its place."""
    full(s)
    program = [f"{s.dir}/bin/pressgate-fcgi"]
    out = subprocess.run(as_user(program), env=s.environment(),
                         stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         text=True, timeout=10)
    check("a second one refuses", out.returncode != 0
          and "another" in out.stderr, out.stderr)
    check.status("and harms nobody", s.post(event("s-0"), "s-0"), 202)
    body = event("s-1")
    c, rest = half_sent(s, body, "s-1")
    p = s.procs["responder"]
    p.send(signal.SIGTERM)
    time.sleep(0.6)
    check("it waits for the request in hand", p.alive())
    c.send(rest)
    check.status("which is answered", c.answer(), 202, "accepted")
    done, took = timed(lambda: p.wait(5))
    check(f"then it ends ({took:.2f} s)", done and took < 3)
    check("its socket is gone", not os.path.exists(s.path))

    s.start_responder()
    full(s)
    _, took = timed(lambda: s.procs["responder"].stop())
    check(f"idle it ends at once ({took:.2f} s)", took < 3)

    s.start_responder()
    c, rest = half_sent(s, body, "s-1")
    p = s.procs["responder"]
    _, took = timed(p.stop)
    check(f"for a request that hangs it waits no longer than its time "
          f"({took:.2f} s)", took < 10)
    c.close()

    s.start_responder()
    children = full(s)
    s.procs["responder"].kill()
    wait_until("children of a killed parent to leave", lambda: all(
        start_time(pid) is None for pid in children), 10)
    check("children do not outlive their parent", True)
    check("a killed one leaves its socket", os.path.exists(s.path))
    s.start_responder()
    check.status("which the next one replaces", s.post(
        event("s-2"), "s-2"), 202)


def fail_slowly(check, s):
    """Children that cannot start are not started in a spin."""
    s.procs["responder"].stop()
    mark = len(s.log())
    s.values["FCGI"] = 'requests_per_child = 1'
    s.write_conf()
    s.start_responder()
    for i in range(12):
        check.status("one request a child", s.post(
            event(f"f-{i}"), f"f-{i}"), 202)
    check("a child that did its share is no failure",
          "child_" not in s.log()[mark:])
    s.values["FCGI"] = ""
    s.write_conf()
    s.procs["responder"].stop()


# ---- where the socket is ------------------------------------------------

def listening(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o777)
    listener.listen(64)
    return listener


def start_on_fd(s, name, listener, fd, env):
    """pressgate-fcgi with the socket on descriptor fd."""
    log = open(f"{s.dir}/log/{name}.log", "ab")
    how = as_user([f"{s.dir}/bin/pressgate-fcgi"])
    if fd == 0:
        return subprocess.Popen(how, stdin=listener, stderr=log,
                                env=s.environment(), cwd="/")
    # LISTEN_PID must be the program's own: the shell becomes it.
    script = ('exec "$@" <&- 3<&%d' % listener.fileno()).replace("<&- ", "")
    return subprocess.Popen(
        as_user(["sh", "-c", "export LISTEN_PID=$$; " + script, "sh",
                 f"{s.dir}/bin/pressgate-fcgi"]),
        stdin=subprocess.DEVNULL, stderr=log, cwd="/",
        pass_fds=[listener.fileno()], env={**s.environment(), **env})


def serve_alone(check, s):
    """As mod_fcgid, spawn-fcgi and lighttpd start it."""
    path = f"{s.dir}/run/alone.sock"
    with listening(path) as listener:
        s.own(path, 0o777)
        p = start_on_fd(s, "alone", listener, 0, {})
        own = s.path
        Bare.path = property(lambda _: path)
        try:
            check.status("on fd 0", s.post(event("z-1"), "z-1"), 202)
            with open(f"/proc/{p.pid}/task/{p.pid}/children") as f:
                check("it has no children", f.read() == "")
            check("one thread", len(os.listdir(f"/proc/{p.pid}/task")) == 1)
            new = "g" * 40
            check.status("a new secret is not known", s.post(
                event("z-2"), "z-2", secret=new), 401)
            s.secrets["blog"] = new
            s.write_conf()
            check.status("nor is it taken before apply says so", s.post(
                event("z-2"), "z-2", secret=new), 401)
            s.write("etc/generation", "2\n")
            check.status("then the next request is under it", s.post(
                event("z-2"), "z-2", secret=new), 202)
            check.status("and the old one is gone", s.post(
                event("z-3"), "z-3", secret=s.secret), 401)
            s.secret = new
            good = s.texts["pressgate.conf"]
            s.texts["pressgate.conf"] = good.replace("kind", "kinds")
            s.write_conf()
            s.write("etc/generation", "3 or so\n")
            check.status("a bad configuration is not taken", s.post(
                event("z-4"), "z-4"), 202)
            s.texts["pressgate.conf"] = good
            s.write_conf()
            body = event("z-5")
            c = fc.Connection(path)
            c.send(fc.begin() + fc.stream(fc.PARAMS, fc.block(
                fc.post_params(s.secret, body, "z-5"))))
            a, took = timed(c.answer)
            check.status("a body that does not come", a, 408)
            check(f"is given up within 5 s ({took:.1f})", took < 5)
            time.sleep(0.2)
            p.send_signal(signal.SIGTERM)
            check("it ends when asked", p.wait(3) == 0)
            check("and leaves the socket that is not its own",
                  os.path.exists(path))
        finally:
            p.kill()
            p.wait()
            Bare.path = property(lambda self: f"{self.dir}/run/fcgi.sock")
    check("own path is as it was", s.path == own)


def serve_for_systemd(check, s):
    path = f"{s.dir}/run/systemd.sock"
    told = f"{s.dir}/run/notify.sock"
    with listening(path) as listener, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        s.own(path, 0o777)
        notify.bind(told)
        s.own(told, 0o777)
        notify.settimeout(10)
        p = start_on_fd(s, "systemd", listener, 3, {
            "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "NOTIFY_SOCKET": told})
        try:
            check("it says READY=1", notify.recv(99) == b"READY=1")
            a = fc.ask(path, fc.post_params(s.secret, event("y-1"), "y-1"),
                       event("y-1"))
            check.status("on systemd's socket", a, 202)
            p.send_signal(signal.SIGHUP)
            check("it says RELOADING=1", notify.recv(99).startswith(
                b"RELOADING=1\nMONOTONIC_USEC="))
            check("and READY=1 again", notify.recv(99) == b"READY=1")
            p.send_signal(signal.SIGTERM)
            check("and STOPPING=1", notify.recv(99) == b"STOPPING=1")
            check("and ends", p.wait(5) == 0)
            check("and leaves systemd's socket", os.path.exists(path))
        finally:
            p.kill()
            p.wait()


# ---- the database -------------------------------------------------------

def lose_the_database(check, s):
    s.stop_postgres()
    slowest = 0
    for i in range(8):
        a, took = timed(lambda: s.post(event(f"q-{i}"), f"q-{i}"))
        slowest = max(slowest, took)
        if a.status != 503 or "retry-after" not in a.headers:
            check.status("while it is away", a, 503)
    check(f"503 with Retry-After within 3 s ({slowest:.2f})", slowest < 3)
    check.status("not ready", s.get("/readyz"), 503)
    check.status("but alive", s.get("/livez"), 200)
    check.status("a wrong signature is a 401 all the same", s.post(
        event("q-0"), "q-0", HTTP_X_WP_SIGNATURE="0" * 64), 401)
    s.start_postgres()
    wait_until("service", lambda: s.post(event("q-0"), "q-0").status == 202)
    check.status("it is back by itself", s.post(event("q-1"), "q-1"), 202)
    for _ in range(PROCESSES * 4):  # every child has a connection again
        s.post(event("q-2"), "q-2")
    s.sql("select pg_terminate_backend(pid) from pg_stat_activity"
          " where application_name = 'pressgate-fcgi'")
    answers = [s.post(event(f"t-{i}"), f"t-{i}").status
               for i in range(PROCESSES * 4)]
    check("connections that were cut while idle cost nobody a 503",
          set(answers) == {202}, answers)


def wait_for_a_lock(check, s):
    """Held longer than we wait: 503 in time, and nothing acknowledged that
    is not there."""
    holder = threading.Thread(target=s.sql, args=(
        "begin; lock table pressgate.idem in access exclusive mode;"
        " select pg_sleep(4); rollback",))
    holder.start()
    wait_until("the lock", lambda: s.sql(
        "select 1 from pg_locks where granted and mode ="
        " 'AccessExclusiveLock' and relation = 'pressgate.idem'::regclass"))
    a, took = timed(lambda: s.post(event("v-1"), "v-1"))
    check.status("behind a lock", a, 503)
    check(f"within 3 s ({took:.2f})", took < 3)
    holder.join()
    check.status("then it is taken, once", s.post(event("v-1"), "v-1"), 202)
    check("one event", s.value("select count(*) from pressgate.event where"
                               " idempotency_key = 'v-1'") == "1")


def cut_in_the_call(check, s):
    """The connection ends in the call: it is repeated with the same id."""
    holder = threading.Thread(target=s.sql, args=(
        "begin; lock table pressgate.idem in access exclusive mode;"
        " select pg_sleep(1); rollback",))
    holder.start()
    wait_until("the lock", lambda: s.sql(
        "select 1 from pg_locks where granted and mode ="
        " 'AccessExclusiveLock' and relation = 'pressgate.idem'::regclass"))
    answers = []
    t = threading.Thread(target=lambda: answers.append(s.post(
        event("x-1"), "x-1")))
    t.start()
    wait_until("the call", lambda: s.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where"
        " application_name = 'pressgate-fcgi' and wait_event_type = 'Lock'"))
    t.join()
    holder.join()
    check.status("a call that was cut is made again", answers[0], 202,
                 "accepted")
    check("one event", s.value("select count(*) from pressgate.event where"
                               " idempotency_key = 'x-1'") == "1")


def miss_a_name(check, s):
    s.sql("delete from pressgate.stream; delete from pressgate.route;"
          " delete from pressgate.site where name = 'shop'")
    s.procs["responder"].stop()
    s.start_responder()
    a = s.post(event("n-1"), "n-1")
    check.status("a route that was not applied", a, 503)
    check.status("a site that was not applied", s.post(
        event("n-2"), "n-2", secret=s.secrets["shop"],
        target="/webhooks/wp/shop"), 503)
    s.apply()
    wait_until("apply to be noticed", lambda: s.post(
        event("n-1"), "n-1").status == 202, 5)
    wait_until("apply to be noticed", lambda: s.post(
        event("n-2"), "n-2", secret=s.secrets["shop"],
        target="/webhooks/wp/shop").status == 202, 5)
    check("both are there after apply", True)
    s.sql("update pressgate.migration set version = 999 where version ="
          " (select max(version) from pressgate.migration)")
    s.procs["responder"].stop()
    begin = len(s.log())
    s.start_responder()
    wait_until("the log to tell of another schema version, unasked",
               lambda: "pressgate migrate" in s.log()[begin:])
    check.status("another schema version is our fault", s.post(
        event("n-3"), "n-3"), 500)
    check.status("not ready", s.get("/readyz"), 503)


def count(check, s):
    """What the log says of one request, for people and machines."""
    line = next(json.loads(t) for t in s.log().splitlines()
                if '"ev":"accepted"' in t)
    check("a line has what to look for", all(
        k in line for k in ("site", "status", "key_id", "latency_ms",
                            "request_id", "idempotency_key", "trace_id")),
        line)


def main():
    check = Checks()
    with Bare(processes=PROCESSES) as s:
        s.start()
        for part in (replace_the_dead, reload, start_with_a_bad_site, stop,
                     lose_the_database, wait_for_a_lock, cut_in_the_call,
                     fail_slowly, serve_alone, serve_for_systemd):
            print(f"# {part.__name__}", flush=True)
            part(check, s)
        s.start_responder()
        for part in (miss_a_name, count):
            print(f"# {part.__name__}", flush=True)
            part(check, s)
    check.exit()


main()
