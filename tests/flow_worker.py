#!/usr/bin/env python3
"""pressgate-worker against a real PostgreSQL and a scripted vendor, without
the rest of the stack: events are put in by the SQL functions themselves."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
import stack as stack_module  # noqa: E402
from flow import Checks  # noqa: E402
from proc import as_user, wait_until  # noqa: E402
from stack import SOURCE, Stack  # noqa: E402

SPACE = uuid.UUID("4a554dd6-1acc-4e75-b29a-03feaacb5b36")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

CONF = """\
log_level = "info"
metrics = "$METRICS"
database { url = "$URL" }
worker { poke = "$DIR/run/worker.sock"  stop = "10s" }
retry_high { attempts = 4  base = "100ms"  factor = 2  cap = "1s"
	window = "60s" }
retry_normal { attempts = 4  base = "100ms"  factor = 2  cap = "1s"
	window = "60s" }
retry_low { attempts = 4  base = "100ms"  factor = 2  cap = "1s"
	window = "60s" }
service "llm" { kind = "openai-chat"  url = "$VENDOR/v1"
	secret = "file:secrets.d/vendor"  timeout = "5s"
	allow_private = true }
service "impatient" { kind = "openai-chat"  url = "$VENDOR/v1"
	secret = "file:secrets.d/vendor"  timeout = "1s"
	allow_private = true }
service "patient" { kind = "openai-chat"  url = "$VENDOR/v1"
	secret = "file:secrets.d/vendor"  timeout = "60s"
	allow_private = true }
service "narrow" { kind = "openai-chat"  url = "$VENDOR/v1"  timeout = "5s"
	in_flight = 2  allow_private = true }
service "crm" { kind = "http"  url = "$VENDOR/crm/plain/"
	secret = "file:secrets.d/vendor"  timeout = "5s"
	allow_private = true }
service "guarded" { kind = "http"  url = "https://127.0.0.1:1/"
	timeout = "5s" }
"""

# route name -> (urgency, mode, steps); a step is (name, service, its keys)
CHAT = 'prompt = "Summarise {{/data/title}}"'
ROUTES = {
    "ok": ("high", "live", [("summary", "llm", 'model = "m-ok"  ' + CHAT)]),
    "flaky": ("high", "live",
              [("summary", "llm", 'model = "flaky-2"  ' + CHAT)]),
    "limited": ("high", "live",
                [("summary", "llm", 'model = "rate-limited-once"  ' + CHAT)]),
    "no-quota": ("high", "live",
                 [("summary", "llm", 'model = "no-quota"  ' + CHAT)]),
    "bad-key": ("high", "live",
                [("summary", "llm", 'model = "bad-key"  ' + CHAT)]),
    "garbage": ("high", "live",
                [("summary", "llm", 'model = "garbage"  ' + CHAT)]),
    "cut": ("high", "live", [("summary", "llm", 'model = "cut"  ' + CHAT)]),
    "hang": ("high", "live",
             [("summary", "impatient", 'model = "hang"  ' + CHAT)]),
    "slow": ("high", "live",
             [("summary", "llm", 'model = "m-slow"  ' + CHAT)]),
    "zombie": ("high", "live",
               [("summary", "impatient", 'model = "m-zombie"  ' + CHAT)]),
    "long": ("high", "live",
             [("summary", "patient", 'model = "m-long"  ' + CHAT)]),
    "narrow": ("high", "live",
               [("summary", "narrow", 'model = "m-narrow"  ' + CHAT)]),
    "two": ("normal", "live", [
        ("summary", "llm", 'model = "m-two"  ' + CHAT),
        ("upsert", "crm", 'method = "PUT"  url = "/{{/data/title|uri}}"  '
         'body = "{\\"text\\": {{/steps/summary/output/text|json}}, '
         '\\"key\\": {{/idempotency_key|json}}}"')]),
    "guarded": ("normal", "live", [("get", "guarded", 'method = "GET"')]),
    "dry": ("normal", "dry-run", [
        ("summary", "llm", 'model = "m-dry"  ' + CHAT),
        ("upsert", "crm", 'url = "/x"  body = '
         '"{{/steps/summary/output/text|json}}"')]),
    "mirror": ("normal", "mirror",
               [("summary", "llm", 'model = "m-mirror"  ' + CHAT)]),
    "missing": ("normal", "live", [
        ("summary", "llm", 'model = "m"  prompt = "{{/data/nowhere}}"')]),
    "low": ("low", "live", [("summary", "llm", 'model = "m-low"  ' + CHAT)]),
}
LEASES = {"impatient": 10, "patient": 90}
RESULTS = {"ok": 'result = "{\\"summary\\": '
                 '{{/steps/summary/output/text|json}}}"'}


def site_text(name, routes):
    out = [f'site "{name}" {{', 'url = "https://blog.example.com"',
           f'relay {{ key "{name}1" {{ secret = "file:secrets.d/relay" }} }}']
    for name, (urgency, mode, steps) in routes.items():
        out.append(f'route "{name}" {{ events = {{"t.{name}"}}  '
                   f'urgency = "{urgency}"  mode = "{mode}"')
        out += [f'step "{s}" {{ service = "{service}"  {keys} }}'
                for s, service, keys in steps]
        out.append(RESULTS.get(name, "") + "}")
    return "\n".join(out + ["}"]) + "\n"


class WorkerStack(Stack):
    """PostgreSQL, vendor, worker; no web server, responder or command."""

    def __init__(self):
        super().__init__(server=None, conf=CONF, name="a",
                         site=site_text("a", ROUTES))
        self.texts["sites.d/b.conf"] = site_text(
            "b", {"ok": ROUTES["ok"], "narrow": ROUTES["narrow"]})
        self.serial = 0

    def start(self):
        stack_module.PROGRAMS = ("pressgate-worker",)
        self.make_folder()
        self.start_postgres(first=True)
        self.start_vendor()
        self.write_conf()
        for path in sorted(pathlib.Path(os.environ.get(
                "PRESSGATE_SQL_DIR", SOURCE / "sql")).glob("0*.sql")):
            self.sql("set role pressgate; begin;\n" + path.read_text()
                     + "\ncommit;")
            self.sql("insert into pressgate.migration (version, name) "
                     f"values ({int(path.name[:3])}, '{path.name}')")
        self.sql("select pressgate.partitions_ahead()")
        self.apply()
        self.start_worker()

    def apply(self):
        policies = [{"urgency": u, "attempts": 4, "base_ms": 100,
                     "factor": 2, "cap_ms": 1000, "window_s": 60}
                    for u in ("high", "normal", "low")]
        routes = [{"name": n, "urgency": u, "mode": m, "lanes": [
            {"service": s, "lease_s": LEASES.get(s, 10)} for s in
            dict.fromkeys(step[1] for step in steps)]}
            for n, (u, m, steps) in ROUTES.items()]
        doc = json.dumps({"policies": policies, "sites": [
            {"name": "a", "routes": routes},
            {"name": "b", "routes": [r for r in routes
                                     if r["name"] in ("ok", "narrow")]}]})
        self.sql(f"select pressgate.apply_config('{doc}')")

    def put(self, route, title=None, site="a", count=1, mode=None,
            error=None, more=None):
        """Events of a route, in one delivery; their ids."""
        urgency, route_mode, steps = ROUTES[route]
        ids, rows = [], []
        for _ in range(count):
            self.serial += 1
            i = uuid.UUID(int=(int(time.time() * 1000) << 80) | 7 << 76
                          | 2 << 62 | self.serial)
            ids.append(str(i))
            rows.append(title or f"T{self.serial}")
        n = len(ids)

        def array(values, kind):
            return "array[" + ",".join(
                "null" if v is None else f"'{v}'" for v in values) \
                + f"]::{kind}[]"

        docs = [json.dumps({"tenant_id": site, "type": f"t.{route}",
                            "data": {"title": t, **(more or {})}})
                for t in rows]
        self.sql(f"""
            select pressgate.ingest(
              (select id from pressgate.site where name = '{site}'), 0,
              null, null, null, null, 'relay', 'k', 'k', null, null,
              '{TRACE}', null, null, 86400, 'raw', 1::smallint,
              {array(ids, 'uuid')}, {array([f't.{route}'] * n, 'text')},
              {array(['key-' + i for i in ids], 'text')},
              {array([None] * n, 'text')},
              array(select sha256(x::bytea) from
                unnest({array(ids, 'text')}) x),
              {array(['post:1'] * n, 'text')},
              {array([None] * n, 'timestamptz')}, {array(docs, 'json')},
              {array(range(1, n + 1), 'int')},
              array_fill((select id from pressgate.lane where not replay
                and urgency = '{urgency}' and route = '{route}'
                and service = '{steps[0][1]}'), array[{n}]),
              array_fill((select o.id from pressgate.route o
                join pressgate.site s on s.id = o.site_id
                where s.name = '{site}' and o.name = '{route}'),
                array[{n}]),
              {array([steps[0][0]] * n, 'text')},
              {array([mode or route_mode] * n, 'text')},
              {array([None] * n, 'text')}, {array([None] * n, 'text')},
              {array([None] * n, 'timestamptz')},
              {array([error] * n, 'text')})""")
        return ids if count > 1 else ids[0]

    def result(self, event):
        rows = self.sql(
            "select status, coalesce(output::text, 'null'), "
            "coalesce(usage::text, 'null') from pressgate.result "
            f"where event_id = '{event}' order by seq")
        return [(r[0], json.loads(r[1]), json.loads(r[2])) for r in rows]

    def dead(self, event):
        rows = self.sql("select cause, coalesce(last_error, '') from "
                        f"pressgate.dead where event_id = '{event}'")
        return tuple(rows[0]) if rows else None

    def wait_result(self, event, timeout=20):
        return wait_until(f"a result of {event}",
                          lambda: self.result(event), timeout, 0.05)

    def wait_dead(self, event, timeout=20):
        return wait_until(f"death of {event}", lambda: self.dead(event),
                          timeout, 0.05)

    def calls_of(self, event):
        return [c for c in self.calls() if c["request_id"] == event]

    def wait_call(self, event, n=1):
        return wait_until(f"{n} calls for {event}",
                          lambda: len(self.calls_of(event)) >= n, 20)

    def attempts(self, event):
        return self.sql("select outcome, coalesce(code::text, '') from "
                        f"pressgate.attempt where event_id = '{event}' "
                        "order by id")

    def jobs(self):
        return int(self.value("select count(*) from pressgate.job"))

    def once(self, *args):
        return subprocess.run(
            as_user([f"{self.dir}/bin/pressgate-worker", "--once", *args]),
            env=self.environment(), cwd=f"{self.dir}/web",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=90)

    def log(self):
        return pathlib.Path(self.dir, "log/worker.log").read_text()


def key_of(event, route, step, salt=None):
    text = "/".join([event, route, step] + ([salt] if salt else []))
    return str(uuid.uuid5(SPACE, text))


def goes_well(check, s):
    e = s.put("ok", "one good post")
    (status, output, usage), = s.wait_result(e)
    check("a job ends as a done result", status == "done", status)
    check("the result is the route's template",
          list(output) == ["summary"]
          and output["summary"].endswith("one good post"), output)
    check("usage is told", usage and usage["total_tokens"] > 0, usage)
    call, = s.calls_of(e)
    check("the key is the UUIDv5 of event, route and step",
          call["idempotency_key"] == key_of(e, "ok", "summary"), call)
    check("the secret goes with the call", call["authorization"])
    check("the trace goes on under a new span",
          call["traceparent"].split("-")[1] == TRACE.split("-")[1]
          and call["traceparent"] != TRACE, call["traceparent"])
    check("one try is written down", s.attempts(e) == [["ok", "200"]],
          s.attempts(e))
    check("one line of the log tells the try", any(
        '"ev":"done"' in line and e in line
        for line in s.log().splitlines()))


def takes_what_ingest_takes(check, s):
    deep = 1
    for _ in range(31):
        deep = [deep]
    for what, title, more in (
            ("1e300", 1e300, {}),
            ("1e-300", 1e-300, {}), ("1e20", 1e20, {}),
            ("a body of 32 levels", "deep", {"n": deep}),
            ("a body of 9,997 values", "many", {"n": [1] * 9994})):
        ids = [s.put(route, title, more=more) for route in ("ok", "two")]
        results = [s.wait_result(e)[0] for e in ids]
        check(f"an event with {what} is done",
              [r[0] for r in results] == ["done", "done"],
              [s.dead(e) for e in ids])
        if title == 1e20:
            check("and its number is as it was sent",
                  "1e+20" in json.dumps(results[0][1]), results[0])


def goes_wrong(check, s):
    cases = [("no-quota", "budget", 1), ("bad-key", "remote_4xx", 1),
             ("garbage", "remote_5xx", 4), ("cut", "remote_5xx", 4),
             ("hang", "timeout", 4), ("missing", "config", 0),
             ("guarded", "refused_address", 0)]
    ids = {route: s.put(route) for route, _, _ in cases}
    flaky, limited = s.put("flaky"), s.put("limited")
    for route, cause, calls in cases:
        e = ids[route]
        dead = s.wait_dead(e)
        check(f"{route} dies of {cause}", dead[0] == cause, dead)
        check(f"{route} made {calls} calls", len(s.calls_of(e)) == calls,
              len(s.calls_of(e)))
        (status, _, _), = s.result(e)
        check(f"{route} tells the site", status == "dead", status)
    check("a missing value is named", "/data/nowhere" in
          s.dead(ids["missing"])[1], s.dead(ids["missing"]))
    s.wait_result(flaky)
    calls = s.calls_of(flaky)
    check("a flaky vendor is tried three times", len(calls) == 3, calls)
    check("with the same key", len({c["idempotency_key"]
                                    for c in calls}) == 1)
    check("each try is written down", s.attempts(flaky) ==
          [["remote_5xx", "500"]] * 2 + [["ok", "200"]], s.attempts(flaky))
    s.wait_result(limited)
    first, second = s.calls_of(limited)
    check("Retry-After is honoured", second["begun"] - first["ended"] >= 1,
          second["begun"] - first["ended"])


def replays(check, s):
    e = s.put("bad-key", "again")
    s.wait_dead(e)
    s.behave("bad-key", "m-ok")
    job = s.value("select id from pressgate.dead where event_id = "
                  f"'{e}' and replayed_as is null")
    s.sql(f"select pressgate.replay({job}, 'test', false)")
    wait_until("its result", lambda: len(s.result(e)) == 2, 20)
    check("a replayed dead letter ends as a result",
          [r[0] for r in s.result(e)] == ["dead", "done"], s.result(e))
    check("with the key it had", {c["idempotency_key"]
          for c in s.calls_of(e)} == {key_of(e, "bad-key", "summary")})
    s.behave("bad-key", None)
    e = s.put("bad-key", "anew")
    s.wait_dead(e)
    s.behave("bad-key", "m-ok")
    job = s.value("select id from pressgate.dead where event_id = "
                  f"'{e}' and replayed_as is null")
    s.sql(f"select pressgate.replay({job}, 'test', true)")
    wait_until("its result", lambda: len(s.result(e)) == 2, 20)
    check("or with a new one where that was asked for",
          len({c["idempotency_key"] for c in s.calls_of(e)}) == 2)
    s.behave("bad-key", None)


def resumes(check, s):
    e = s.put("two", "flaky-1")
    s.wait_result(e)
    names = [c["name"] for c in s.calls_of(e)]
    check("a retry goes on at the step that failed",
          names == ["m-two", "flaky-1", "flaky-1"], names)


def pauses(check, s):
    s.sql("select pressgate.pause('a', 'ok', null, 'test')")
    time.sleep(6)
    e = s.put("ok")
    other = s.put("ok", site="b")
    s.wait_result(other)
    time.sleep(1)
    check("a paused route waits", s.calls_of(e) == [])
    s.sql("select pressgate.resume('a', 'ok', null, 'test')")
    s.wait_result(e)
    check("and goes on when resumed", len(s.calls_of(e)) == 1)


def buries_poison(check, s):
    s.procs["worker"].stop()
    e = s.put("ok")
    s.sql(f"update pressgate.job set crashes = 3 where event_id = '{e}'")
    s.start_worker()
    check("a job that killed three workers is not called again",
          s.wait_dead(e)[0] == "poison" and s.calls_of(e) == [],
          s.dead(e))


def idles(check, s):
    def cpu():
        with open(f"/proc/{s.procs['worker'].pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    time.sleep(2)
    before = cpu()
    time.sleep(5)
    check("an idle worker takes less than 2 % of a processor",
          cpu() - before < 0.1, cpu() - before)


def modes(check, s):
    two, dry, mirror = s.put("two", "t-2"), s.put("dry"), s.put("mirror")
    buried = s.put("ok", mode="bury", error="schema")
    (status, output, _), = s.wait_result(two)
    held = s.vendor("GET", "/_crm")["/crm/plain/t-2"]
    check("the second step gets the first one's output",
          held["text"].startswith("Summary: ") and held["key"] ==
          "key-" + two, held)
    check("an http step's output is status and body", status == "done"
          and output["status"] == 201 and output["body"]["created"],
          output)
    check("each step has a key of its own",
          [c["idempotency_key"] for c in s.calls_of(two)] ==
          [key_of(two, "two", "summary"), key_of(two, "two", "upsert")])
    (status, output, _), = s.wait_result(dry)
    check("a dry run is a result", status == "dry_run", status)
    check("a dry run shows the request", output["requests"][0]["body"]
          ["messages"][0]["content"].startswith("Summarise T"), output)
    check("a dry run says what it cannot know",
          "/steps/summary/output/text" in output["requests"][1]["error"],
          output)
    check("a dry run calls nobody", s.calls_of(dry) == [])
    check("a mirrored event is kept, not called",
          s.wait_dead(mirror)[0] == "mirror"
          and s.calls_of(mirror) == [] and s.result(mirror) == [])
    check("what is to be buried is buried with its cause",
          s.wait_dead(buried)[0] == "schema" and
          s.calls_of(buried) == [], s.dead(buried))


def stays_fair(check, s):
    s.behave("m-narrow", "slow-0.1s")
    s.vendor("DELETE", "/_log")
    many = s.put("narrow", count=60)
    few = s.put("narrow", site="b", count=3)
    for e in few:
        s.wait_result(e)
    left = 60 - int(s.value(
        "select count(*) from pressgate.result where event_id = "
        f"any('{{{','.join(many)}}}')"))
    check("a site with few jobs does not wait for one with many", left > 40,
          left)
    wait_until("the rest", lambda: s.jobs() == 0, 30)
    spans = [(c["begun"], c["ended"]) for c in s.calls()
             if c["name"] == "m-narrow"]
    most = max(sum(b <= t < e for b, e in spans) for t, _ in spans)
    check("a service gets no more calls at once than it takes", most <= 2,
          most)
    check("nobody is called twice", len(spans) == 63, len(spans))
    s.behave("m-narrow", None)


def poked(check, s):
    time.sleep(2.5)
    e = s.put("ok")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as k:
        k.sendto(b"!", f"{s.dir}/run/worker.sock")
    begun = time.time()
    s.wait_call(e)
    check("a poke is faster than the idle poll",
          s.calls_of(e)[0]["begun"] - begun < 0.25,
          s.calls_of(e)[0]["begun"] - begun)


def reloads(check, s):
    w = s.procs["worker"]
    path = "etc/sites.d/a.conf"
    text = pathlib.Path(s.dir, path).read_text()
    s.write(path, text + "nonsense {\n")
    w.send(signal.SIGHUP)
    wait_until("a refusal", lambda: "reload_refused" in s.log())
    e = s.put("ok", "still there")
    s.wait_result(e)
    check("a bad reload keeps the old configuration", w.alive())
    s.write(path, text.replace('"Summarise', '"Recount', 1))
    w.send(signal.SIGHUP)
    wait_until("a reload", lambda: '"reloaded"' in s.log())
    time.sleep(0.5)
    e = s.put("ok")
    s.wait_result(e)
    check("a reload comes into force",
          s.calls_of(e)[0]["prompt"].startswith("Recount"),
          s.calls_of(e)[0]["prompt"])
    s.write(path, text)
    w.send(signal.SIGHUP)


def raises_its_limit(check, s):
    path, n = "etc/pressgate.conf", 8
    text = pathlib.Path(s.dir, path).read_text()

    def said(what, how):
        before = s.log().count(what)
        how()
        wait_until(what, lambda: s.log().count(what) > before)

    s.behave("m-slow", "slow-1s")
    s.procs["worker"].stop()
    s.write(path, text.replace("worker {", "worker { in_flight = 2 "))
    said('"registered"', s.start_worker)
    s.write(path, text)
    said('"reloaded"', lambda: s.procs["worker"].send(signal.SIGHUP))
    time.sleep(0.5)
    events = s.put("slow", count=n)
    for e in events:
        s.wait_result(e)
    begun = [s.calls_of(e)[0]["begun"] for e in events]
    check("a reload raises the number of calls at once",
          max(begun) - min(begun) < 0.9, sorted(b - min(begun) for b in begun))
    s.behave("m-slow", None)


def stops(check, s):
    s.behave("m-slow", "slow-1.5s")
    e = s.put("slow")
    s.wait_call(e)
    begun = time.monotonic()
    check("TERM ends the worker", s.procs["worker"].stop())
    check("not before its calls", time.monotonic() - begun > 0.8)
    check("whose results are stored", len(s.result(e)) == 1)
    check("it says good-bye", s.value(
        "select count(*) from pressgate.worker where left_at is null")
        == "0")
    s.start_worker()
    s.behave("m-slow", "hang")
    e = s.put("slow")
    s.wait_call(e)
    w = s.procs["worker"]
    w.send(signal.SIGTERM)
    time.sleep(0.3)
    begun = time.monotonic()
    check("a second TERM ends it at once", w.stop(timeout=3)
          and time.monotonic() - begun < 2)
    row = s.sql("select attempt, lease_by is null, due_at <= now() from "
                f"pressgate.job where event_id = '{e}'")
    check("its job is given back untouched", row == [["0", "t", "t"]], row)
    s.behave("m-slow", None)
    s.start_worker()
    s.wait_result(e)


def runs_from_cron(check, s):
    s.procs["worker"].stop()
    ids = s.put("ok", count=20) + [s.put("two", "t-3"), s.put("flaky")]
    begun = time.monotonic()
    r = s.once("--max-runtime", "30s")
    took = time.monotonic() - begun
    check("a --once run ends well", r.returncode == 0, r.stderr[-500:])
    check("as soon as nothing is due", took < 10, took)
    check("with everything due done", all(s.result(e) for e in ids[:21]))
    s.behave("m-long", "hang")
    e = s.put("long")
    begun = time.monotonic()
    r = s.once("--max-runtime", "4s")
    took = time.monotonic() - begun
    check("a --once run keeps its time", r.returncode == 0 and took < 5.5,
          (r.returncode, took))
    row = s.sql("select attempt, lease_by is null, due_at <= now() from "
                f"pressgate.job where event_id = '{e}'")
    check("and gives back what has not ended", row == [["0", "t", "t"]],
          row)
    s.behave("m-long", None)
    s.start_worker()
    s.wait_result(e)
    wait_until("an empty queue", lambda: s.jobs() == 0)


def database_goes(check, s):
    s.behave("m-slow", "slow-1.0s")
    ids = s.put("slow", count=5)
    for e in ids:
        s.wait_call(e)
    s.stop_postgres("immediate")
    time.sleep(4)
    check("the worker outlives its database", s.procs["worker"].alive())
    s.start_postgres()
    for e in ids:
        s.wait_result(e)
    check("results wait for the database: no call is made twice",
          all(len(s.calls_of(e)) == 1 for e in ids),
          [len(s.calls_of(e)) for e in ids])
    e = s.put("ok")
    s.wait_result(e)
    check("and it works on", True)
    s.behave("m-slow", None)


def zombie(check, s):
    """A worker that wakes up while another one has its job must not have
    the last word."""
    s.behave("m-zombie", "slow-0.8s")
    e = s.put("zombie")
    s.wait_call(e)
    w = s.procs["worker"]
    w.send(signal.SIGSTOP)
    s.behave("m-zombie", "slow-0.9s")
    other = s.start_program("other", [f"{s.dir}/bin/pressgate-worker"])
    wait_until("the other worker's call",
               lambda: len(s.calls_of(e)) == 2, 25)
    w.send(signal.SIGCONT)
    s.wait_result(e)
    wait_until("the fence", lambda: '"fenced"' in s.log(), 10)
    check("a late result is fenced", len(s.result(e)) == 1)
    rows = s.sql("select claim_no, outcome from pressgate.attempt "
                 f"where event_id = '{e}'")
    check("the result is the later claim's", rows == [["2", "ok"]], rows)
    check("both calls had the same key", len(
        {c["idempotency_key"] for c in s.calls_of(e)}) == 1)
    check("the other worker leaves in peace", other.stop())
    s.behave("m-zombie", None)


def oversleeps(check, s):
    """Alone, it meets its own job again after its lease."""
    s.behave("m-zombie", "slow-0.8s")
    e = s.put("zombie")
    s.wait_call(e)
    w = s.procs["worker"]
    w.send(signal.SIGSTOP)
    time.sleep(11)
    w.send(signal.SIGCONT)
    s.wait_result(e)
    time.sleep(2)
    check("a worker that overslept its lease stores one result",
          len(s.result(e)) == 1 and s.jobs() == 0, s.result(e))
    check("of at most two calls with one key", len(s.calls_of(e)) <= 2
          and len({c["idempotency_key"] for c in s.calls_of(e)}) == 1,
          s.calls_of(e))
    check("and works on", s.wait_result(s.put("ok")))
    s.behave("m-zombie", None)


def older_leases(check, s):
    """A service was given more time while its jobs waited."""
    s.procs["worker"].stop()
    s.behave("m-long", "slow-6s")
    e = s.put("long")
    s.sql(f"update pressgate.job set lease_s = 3 where event_id = '{e}'")
    s.start_worker()
    s.wait_result(e)
    check("a lease shorter than the call is renewed in time",
          len(s.calls_of(e)) == 1, s.calls_of(e))
    s.behave("m-long", None)


def killed(check, s):
    """Long leases: only the takeover brings the job back in time."""
    s.behave("m-long", "hang")
    e = s.put("long")
    s.wait_call(e)
    s.procs["worker"].kill()
    begun = time.monotonic()
    s.behave("m-long", None)
    s.start_worker()
    s.wait_result(e, 60)
    took = time.monotonic() - begun
    print(f"# recovered {took:.1f} s after kill -9", flush=True)
    check("a killed worker's job is back within 45 s", took <= 45, took)
    check("there is one result", len(s.result(e)) == 1)
    check("two calls, one key", len(s.calls_of(e)) == 2 and len(
        {c["idempotency_key"] for c in s.calls_of(e)}) == 1)


def keeps_secrets(check, s):
    secret = pathlib.Path(s.dir, "etc/secrets.d/vendor").read_text()
    logs = "".join(p.read_text(errors="replace")
                   for p in pathlib.Path(s.dir, "log").iterdir())
    e = s.put("ok", f"echo of {secret}")
    (_, output, _), = s.wait_result(e)
    check("a secret that a vendor echoes is taken out",
          output["summary"].endswith("echo of ***"), output)
    check("no secret in any log", secret not in logs)
    found = s.sql("select 1 from pressgate.result r where "
                  f"r::text like '%{secret}%' union all select 1 from "
                  f"pressgate.attempt a where a::text like '%{secret}%' "
                  "union all select 1 from pressgate.dead d where "
                  f"d::text like '%{secret}%'")
    check("no secret in the database", found == [])
    check("no sanitizer has complained", "Sanitizer" not in s.log()
          and "runtime error" not in s.log())
    check("no payload in the worker's log", "Summarise" not in s.log()
          and "one good post" not in s.log())


def knows_its_schema(check, s):
    s.sql("insert into pressgate.migration (version, name) "
          "values (999, 'later')")
    r = s.once()
    check("another schema is refused with exit code 3",
          r.returncode == 3 and "schema version 999" in r.stderr,
          (r.returncode, r.stderr[-300:]))
    s.sql("delete from pressgate.migration where version = 999")
    s.sql("alter schema pressgate rename to elsewhere")
    r = s.once()
    check("so is none at all, and it says what to do",
          r.returncode == 3 and "pressgate migrate" in r.stderr,
          (r.returncode, r.stderr[-300:]))
    s.sql("alter schema elsewhere rename to pressgate")


def keeps_house(check, s):
    s.procs["worker"].stop()
    def weeks():
        return int(s.value("select weeks_ahead from pressgate.ready()"))
    s.sql("do $$ declare n text; begin for n in select name"
          " from pressgate.partition_list() offset 5 loop"
          " execute format('drop table pressgate.%I', n); end loop; end $$")
    check("partitions run out", weeks() < 5, weeks())
    s.once()
    check("a worker makes them ahead again", weeks() >= 24, weeks())


def main():
    check = Checks()
    parts = [goes_well, takes_what_ingest_takes, goes_wrong, replays,
             resumes, modes, stays_fair, pauses, poked, idles, reloads,
             raises_its_limit, stops, buries_poison, runs_from_cron, database_goes, zombie,
             oversleeps, older_leases, killed, keeps_secrets, keeps_house,
             knows_its_schema]
    wanted = sys.argv[1:]
    with WorkerStack() as s:
        s.start()
        for part in parts:
            if not wanted or part.__name__ in wanted:
                print(f"# {part.__name__}", flush=True)
                part(check, s)
    check.exit()


main()
