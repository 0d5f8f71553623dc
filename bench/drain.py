"""bench/drain.sh's driver. See bench/README.md."""

import argparse
import statistics
import time

from shop import CHAT, HTTP, Report, Shop
from proc import wait_until

MEMORY_KB = 64 * 1024
LONGEST_S = 300


def options():
    p = argparse.ArgumentParser(prog="bench/drain.sh")
    p.add_argument("--build", default=".", help="folder of the programs")
    p.add_argument("--jobs", type=int, help="that call nobody, each round")
    p.add_argument("--calls", type=int, default=2000, help="under way at once")
    p.add_argument("--wait", type=float, default=1, help="seconds of a call")
    p.add_argument("--rounds", type=int)
    p.add_argument("--quick", action="store_true", help="about a minute")
    p.add_argument("--smoke", action="store_true",
                   help="a few seconds, judged by counts only")
    p.add_argument("--out", default="bench-drain.json")
    o = p.parse_args()
    if o.smoke:
        o.calls, o.wait = 200, 0.3
    o.jobs = o.jobs or (500 if o.smoke else 10000 if o.quick else 50000)
    o.rounds = o.rounds or (1 if o.smoke else 2 if o.quick else 5)
    return o


def shop_of(o):
    ca = '\tca = "file:ca.pem"\n'
    chat = {"URGENCY": "high", "MODE": "live",
            "MODEL": f"gather-{o.calls}-{o.wait:g}s"}
    http = {"URGENCY": "high", "SERVICE": "fast"}
    return Shop(
        o.build,
        services=[
            ("fast", "http", "http://127.0.0.1:$PLAIN/noop", 64, ""),
            ("http1", "openai-chat", "https://localhost:$HTTP1/v1",
             o.calls, ca),
            ("http2", "openai-chat", "https://localhost:$HTTP2/v1",
             o.calls, ca)],
        sites={"blog": [
            (HTTP, {**http, "NAME": "dry", "MODE": "dry-run"}),
            (HTTP, {**http, "NAME": "fast", "MODE": "live"}),
            (CHAT, {**chat, "NAME": "http1", "SERVICE": "http1"}),
            (CHAT, {**chat, "NAME": "http2", "SERVICE": "http2"})]})


class Drain:
    """Starts a worker, waits until no job is left: took, peak_kb, and what
    it cost: "worker 0.5, postgres 0.8 ... s of CPU; 40 claims, ..."."""

    def __init__(self, shop):
        before = shop.counters()
        cpu = shop.cpu()
        began = time.monotonic()
        shop.start_worker()
        worker = shop.procs["worker"]
        wait_until("every job settled", lambda: shop.jobs() == 0
                   or not worker.alive(), LONGEST_S, 0.02)
        self.took = time.monotonic() - began
        self.peak_kb = shop.status_kb("VmHWM")
        used = {k: v - cpu.get(k, 0) for k, v in shop.cpu().items()}
        counted = shop.counters()
        shop.stop_worker()
        self.cost = "CPU: " + ", ".join(
            f"{k} {v:.2f} s" for k, v in used.items()) + "; " + ", ".join(
            f"{counted[n] - before.get(n, 0):.0f} {what}" for n, what in (
                ("pressgate_claims_total", "claims"),
                ("pressgate_finishes_total", "finishes")))


def outcome(shop, prefix, status):
    """Of the events with that prefix: events, results, distinct ones with
    that status, tries of the job with most."""
    return [int(n) for n in shop.sql(
        "select count(distinct e.id), count(r.seq), count(distinct e.id)"
        f" filter (where r.status = '{status}'),"
        " coalesce(max((select attempts from pressgate.job_done d"
        "  where d.event_id = e.id)), 0)"
        " from pressgate.event e left join pressgate.result r"
        " on r.event_id = e.id"
        f" where e.idempotency_key like '{prefix}%'")[0]]


def no_ops(shop, report, route, what, status, o):
    rates = []
    for _ in range(o.rounds):
        prefix = shop.fill("blog", route, "call", o.jobs)
        d = Drain(shop)
        rates.append(o.jobs / d.took)
        report.say(f"     {what}: {o.jobs} jobs in {d.took:.2f} s;"
                   f" {d.cost}; peak {d.peak_kb / 1024:.1f} MB")
        seen = outcome(shop, prefix, status)
        if seen != [o.jobs, o.jobs, o.jobs, 1]:
            report.row(f"{what}: each job once", seen, False)
    report.row(f"{what}: jobs/s, from start to the last result stored",
               f"{statistics.median(rates):.0f} ({min(rates):.0f} to"
               f" {max(rates):.0f})", rates=rates)


def most_open(calls):
    """The most calls that the vendor had in its hands at one time."""
    ends = sorted([(c["begun"], 1) for c in calls]
                  + [(c["ended"], -1) for c in calls])
    most = now = 0
    for _, step in ends:
        now += step
        most = max(most, now)
    return most


def waits(shop, report, route, what, o):
    """Calls that wait, all under way at once."""
    shop.vendor("DELETE", "/_log")
    prefix = shop.fill("blog", route, "summary", o.calls)
    d = Drain(shop)
    calls = shop.calls()
    keys = {c["idempotency_key"] for c in calls}
    prompts = {c["prompt"].split()[1] for c in calls}
    seen = outcome(shop, prefix, "done")
    at_once = most_open(calls)
    begun = [c["begun"] for c in calls]
    report.say(f"     {what}: all begun within {max(begun) - min(begun):.2f}"
               f" s; {d.cost}; {at_once} at once, peak"
               f" {d.peak_kb / 1024:.1f} MB")
    agree = (seen == [o.calls, o.calls, o.calls, 1]
             and len(calls) == len(keys) == len(prompts) == o.calls
             and all(c["status"] == 200 and c["completed"] for c in calls))
    report.row(f"{what}: events, results, done, tries; calls and keys of the"
               " vendor's log", (seen, len(calls), len(keys)), agree)
    return d.took, d.peak_kb, at_once


def main():
    o = options()
    report = Report("bench/drain.sh", o.out)
    with shop_of(o) as shop:
        shop.start()
        no_ops(shop, report, "dry", "nobody called (dry run)", "dry_run", o)
        no_ops(shop, report, "fast", "HTTP answered at once", "done", o)
        shop.configure_worker(f"  in_flight = {o.calls}")
        rounds = range(1 if o.smoke else o.rounds)
        for route, what in (("http1", "HTTP/1.1 with TLS"),
                            ("http2", "HTTP/2")):
            found = [waits(shop, report, route, what, o) for _ in rounds]
            took, peak, at_once = (
                statistics.median(column) for column in zip(*found))
            report.row(f"{what}: {o.calls} calls of {o.wait:g} s, all at once",
                       f"{at_once:g} at once",
                       None if o.smoke else at_once == o.calls)
            report.row(f"{what}: peak memory < 64 MB", f"{peak / 1024:.1f} MB",
                       None if o.smoke else peak < MEMORY_KB)
            report.row(f"{what}: from start to the last result stored",
                       f"{took:.2f} s")
    report.exit()


main()
