"""bench/accept.sh's driver: rounds, table, verdict. See bench/README.md."""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

from lab import BENCH, Lab
from place import commit, machine

CONNECTIONS = 32
FIRST_EVENTS = 40000  # made ahead for a second of an unknown rate
KINDS = ("pgbench", "no_db", "bare", "pressgate")
PEAK = 0.8  # of the closed loop's rate: above it every stall makes a queue
OPEN_SHARES = (PEAK / 2, PEAK)

PGBENCH = """\
\\set n :n + 1
\\set k :n + :client_id * 1000000000
\\set h hash_murmur2(:k)
select pressgate.ingest_plain(array[row(:site, :zero, null, null, null, null,
	:scheme, :key, :key, :address, :agent, :trace, :signed, :ttl, :raw,
	:version, :prefix || :k, :type, :h || '-' || :k, :print, :ref,
	:occurred, :canonical, :lane, :route, :step, :mode
	)::pressgate.plain_event], false);
"""


# ---- one run ------------------------------------------------------------

class Run:
    """How many answers, how long, what it cost."""

    def __init__(self, lab, variant, table):
        self.lab, self.variant, self.table = lab, variant, table

    def __enter__(self):
        self.rows = self.lab.rows(self.table) if self.table else 0
        self.wal = self.lab.wal_bytes()
        self.cpu = self.lab.cpu(self.variant)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        self.lab.settle()
        cpu = self.lab.cpu(self.variant)
        self.cpu = {k: cpu[k] - self.cpu[k] for k in cpu}
        self.wal = self.lab.wal_bytes() - self.wal
        if self.table:
            self.rows = self.lab.rows(self.table) - self.rows

    def result(self, answers, rate, latencies_ms, slack):
        """slack: requests that were under way when the sender stopped."""
        per_1000 = {k: 1000 * v / max(answers, 1)
                    for k, v in self.cpu.items()}
        return {
            "rate": rate, "answers": answers, **latencies_ms,
            "cpu": {**per_1000, "all": sum(per_1000.values())},
            "wal": self.wal / max(answers, 1),
            "rows": self.rows if self.table else None,
            "counts_agree": not self.table or
            answers <= self.rows <= answers + slack}


def closed_loop(lab, variant, seconds, connections):
    path = f"{lab.dir}/web/events"
    count = int(FIRST_EVENTS if variant.rate is None
                else 3 * variant.rate * seconds)
    with open(path, "wb") as f:
        subprocess.run([lab.tool("events"), lab.secret_file, str(count)],
                       stdout=f, check=True)
    with Run(lab, variant, variant.table) as run:
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s",
             str(BENCH / "accept.lua"), variant.url, "--", path],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    os.unlink(path)
    m = re.search(r"^DONE (.*)$", out, re.M)
    if m is None:
        raise AssertionError(f"wrk: {out}")
    d = {k: float(v) for k, v in
         (word.split("=") for word in m[1].split())}
    r = run.result(int(d["requests"] - d["status"]),
                   1e6 * d["requests"] / d["us"],
                   {k + "_ms": d[k] / 1000
                    for k in ("p50", "p95", "p99", "max")}, connections)
    r["refused"] = int(d["status"] + d["other"])
    variant.rate = max(r["rate"], variant.rate or 0)
    return r


def pgbench_values(lab):
    """What a real event was stored with, for pgbench to send again."""
    names = ("site", "address", "agent", "trace", "signed", "raw", "type",
             "print", "ref", "occurred", "canonical", "lane", "route")
    rows = lab.sql(
        "select e.site_id, address, user_agent, traceparent,"
        " signed_headers, raw, type, fingerprint, object_ref, occurred_at,"
        " canonical, j.lane, j.route from pressgate.event e"
        " join pressgate.job j on j.event_id = e.id"
        " where length(raw) > 300 limit 1")
    if not rows:
        raise AssertionError("nothing of what was answered is stored")
    now = lab.value("select left(pressgate.uuid_at(now())::text, 14)")
    return {**dict(zip(names, rows[0])), "prefix": now + "7000-8000-",
            "n": "100000000000", "zero": "0", "scheme": "relay",
            "key": "k1", "ttl": "2592000", "version": "1",
            "step": "summary", "mode": "live"}


def pgbench(lab, clients, seconds, state):
    """The same function with the same kind of arguments, from the shortest
    possible way."""
    state["n"] = str(int(state["n"]) + 10000000)
    script = f"{lab.dir}/web/ingest.pgbench"
    with open(script, "w") as f:
        f.write(PGBENCH)
    define = [a for k, v in state.items() for a in ("-D", f"{k}={v}")]
    log = f"{lab.dir}/web/pgbench"
    with Run(lab, None, "pressgate.event") as run:
        out = subprocess.run(
            [lab.pgbench, "-n", "-M", "prepared", "-c", str(clients), "-j",
             "2", "-T", str(seconds), "-f", script, "-l", "--log-prefix",
             log, *define, lab.url("pressgate_ingest")],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if out.returncode != 0:
        raise AssertionError(f"pgbench: {out.stdout}")
    times = []
    for path in pathlib.Path(lab.dir, "web").glob("pgbench.*"):
        times += [int(line.split()[2]) / 1000
                  for line in path.read_text().splitlines()]
        path.unlink()
    times.sort()
    done = int(re.search(r"actually processed: (\d+)", out.stdout)[1])
    rate = float(re.search(r"^tps = ([\d.]+)", out.stdout, re.M)[1])
    marks = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1}
    return run.result(done, rate, {k: times[min(int(len(times) * q),
                                                len(times) - 1)]
                                   for k, q in marks.items()}, 0)


def open_loop(lab, variant, rate, seconds):
    with Run(lab, variant, variant.table) as run:
        out = subprocess.run(
            [lab.tool("sender"), str(variant.port), str(rate), str(seconds),
             lab.secret_file], check=True, text=True,
            stdout=subprocess.PIPE).stdout
    d = json.loads(out)
    r = run.result(d["accepted"], d["accepted"] / (
        seconds + max(d["tail_ms"], 0) / 1000),
        {k: d[k] for k in ("p50_ms", "p95_ms", "p99_ms", "max_ms")}, 0)
    r["sender"] = d
    return r


# ---- all runs -----------------------------------------------------------

def measure(lab, kind, processes, seconds, state):
    if kind == "pgbench":
        return pgbench(lab, processes, seconds, state)
    return closed_loop(lab, variant_of(lab, kind, processes), seconds,
                       CONNECTIONS)


def variant_of(lab, kind, processes):
    return next(v for v in lab.variants
                if (v.kind, v.processes) == (kind, processes))


def say(group, kind, r):
    print(f"{group:>14} {kind:9} {r['rate']:8.0f}/s  p50 {r['p50_ms']:6.2f}"
          f"  p95 {r['p95_ms']:6.2f}  p99 {r['p99_ms']:6.2f} ms  CPU s/1000:"
          f" {r['cpu']['all']:.3f} (nginx {r['cpu']['nginx']:.3f} responder"
          f" {r['cpu']['responder']:.3f} postgres"
          f" {r['cpu']['postgres']:.3f})  WAL {r['wal']:5.0f} B"
          + ("" if r["counts_agree"] else "  COUNTS DIFFER"), flush=True)


def all_rounds(lab, o):
    """{group: {kind: [result of each round]}}"""
    found = {}
    state = pgbench_values(lab)
    for n in range(o.rounds):
        order = KINDS if n % 2 == 0 else KINDS[::-1]
        for processes in o.processes:
            for kind in order:
                r = measure(lab, kind, processes, o.seconds, state)
                group = f"{processes} responders"
                say(group, kind, r)
                found.setdefault(group, {}).setdefault(kind, []).append(r)
        for kind in [k for k in order if k in ("bare", "pressgate")
                     and not o.smoke]:
            r = closed_loop(lab, variant_of(lab, kind, o.processes[0]),
                            o.seconds, 1)
            say("one connection", kind, r)
            found.setdefault("one connection", {}).setdefault(
                kind, []).append(r)
    return found


def open_loops(lab, o, found):
    processes = o.processes[-1]
    peak = statistics.median(
        r["rate"] for r in found[f"{processes} responders"]["pressgate"])
    variant = variant_of(lab, "pressgate", processes)
    for n in range(o.open_rounds):
        for share in OPEN_SHARES[:1 if o.smoke else None]:
            r = open_loop(lab, variant, max(int(peak * share), 1),
                          o.open_seconds)
            group = f"open loop {share:g}"
            say(group, "pressgate", r)
            s = r["sender"]
            print(f"{'':24} offered {s['rate']}/s; left late {s['late']}"
                  f" (at most {s['late_max_ms']:.1f} ms); unanswered"
                  f" {s['unanswered']}", flush=True)
            found.setdefault(group, {}).setdefault("pressgate", []).append(r)
            if s["accepted"] != s["rate"] * o.open_seconds:
                r["counts_agree"] = False


# ---- verdict ------------------------------------------------------------

def spread(values, digits=2):
    return (f"{statistics.median(values):.{digits}f}"
            f" ({min(values):.{digits}f} to {max(values):.{digits}f})")


def ratios(group, of, to, figure):
    return [figure(a) / figure(b) for a, b in zip(group[of], group[to])]


def verdicts(o, found):
    """(target, seen, holds)"""
    rows = []
    for n in o.processes:
        group = found[f"{n} responders"]
        rate = ratios(group, "pressgate", "bare", lambda r: r["rate"])
        cpu = ratios(group, "pressgate", "bare", lambda r: r["cpu"]["all"])
        rows += [(f"{n} responders: events/s, of bare: >= 0.8",
                  spread(rate), statistics.median(rate) >= 0.8),
                 (f"{n} responders: CPU an event, of bare: <= 1.3",
                  spread(cpu), statistics.median(cpu) <= 1.3)]
    p99 = [r["p99_ms"] for r in found["one connection"]["pressgate"]]
    rows.append(("one connection: p99 < 5 ms", spread(p99),
                 statistics.median(p99) < 5))
    for share, limit in zip(OPEN_SHARES, (50, 100)):
        p99 = [r["p99_ms"]
               for r in found[f"open loop {share:g}"]["pressgate"]]
        rows.append((f"open loop at {share:g} of the closed loop's rate:"
                     f" p99 < {limit} ms", spread(p99, 1),
                     statistics.median(p99) < limit))
    return rows


def other_ratios(o, found):
    for n in o.processes:
        group = found[f"{n} responders"]
        for to, what in (("pgbench", "pgbench, the same function"),
                         ("no_db", "without its database call")):
            yield (f"{n} responders: events/s, of {what}", spread(
                ratios(group, "pressgate", to, lambda r: r["rate"])))


def distinct(lab):
    """All rows of the run: as many keys as events, keys and jobs."""
    seen = lab.sql(
        "select (select count(*) from pressgate.event),"
        " (select count(distinct idempotency_key) from pressgate.event),"
        " (select count(*) from pressgate.idem),"
        " (select count(*) from pressgate.job),"
        " (select count(*) from bare.event), (select count(distinct"
        " body->>'idempotency_key') from bare.event),"
        " (select count(*) from bare.job)")[0]
    return (len(set(seen[:4])) == 1 and len(set(seen[4:])) == 1), seen


def options():
    p = argparse.ArgumentParser(prog="bench/accept.sh")
    p.add_argument("--build", default=".", help="folder of the programs")
    p.add_argument("--seconds", type=int, default=4, help="of a run")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--quick", action="store_true",
                   help="about a minute: short runs, two rounds")
    p.add_argument("--smoke", action="store_true",
                   help="a second of each, judged by counts only")
    p.add_argument("--out", default="bench-accept.json")
    o = p.parse_args()
    o.processes, o.open_rounds = (8, 16), 2
    if o.quick:
        o.seconds, o.rounds, o.open_rounds = 1, 2, 1
    if o.smoke:
        o.processes, o.seconds, o.rounds, o.open_rounds = (2,), 1, 1, 1
    o.open_seconds = o.seconds if o.smoke else 2 * o.seconds
    return o


def main():
    o = options()
    began = time.monotonic()
    head = {"date": datetime.datetime.now().astimezone().isoformat(
        timespec="seconds"), "machine": machine(), "commit": commit(),
        "command": "bench/accept.sh " + " ".join(sys.argv[1:])}
    print(*(f"{k}: {v}" for k, v in head.items()), sep="\n", flush=True)
    with Lab(o.build, o.processes) as lab:
        lab.start()
        # To warm up, and to learn how fast it is.
        for v in lab.variants[:1] if o.smoke else lab.variants:
            closed_loop(lab, v, 1, CONNECTIONS)
        found = all_rounds(lab, o)
        open_loops(lab, o, found)
        agree, seen = distinct(lab)
    runs = [r for g in found.values() for k in g.values() for r in k]
    agree = agree and all(r["counts_agree"] for r in runs)
    refused = sum(r.get("refused", 0) for r in runs)
    rows = [] if o.smoke else verdicts(o, found)
    with open(o.out, "w") as f:
        json.dump({**head, "rounds": found, "verdict": rows}, f, indent=1)
    print()
    for what, ratio in other_ratios(o, found):
        print(f"     {what}: {ratio}")
    for what, ratio, holds in rows:
        print(f"{'PASS' if holds else 'MISS'} {what}: {ratio}")
    print(f"{'PASS' if agree and not refused else 'MISS'} rows in the tables"
          f" are what was answered, each key once: {' '.join(seen)}"
          f" refused {refused}")
    print(f"took {time.monotonic() - began:.0f} s")
    sys.exit(0 if agree and not refused and all(h for _, _, h in rows)
             else 1)


main()
