"""The stage for faults: the whole stack with the proxy before PostgreSQL,
two sites, a history of claims, and the ways to break things. Everything
that is broken is noted, since only that explains a second call."""

import os
import pathlib
import re
import secrets
import signal
import time

from client import Client
from doors import Bridge, Edge, Hs256, Relay
from ledger import Fault, Ledger
from load import Load
from proc import children, wait_until
from proxy import Proxy
from stack import CONF, Stack

SETTLE_S = 45
CHILD_DIED = re.compile(r'"ev":"child_(?:killed|failed|hangs)".*"child":(\d+)')
SANITIZER = re.compile("(Address|Leak)Sanitizer|runtime error:")

# A step has the name by which the vendor knows its call.
SITE = """\
site "$SITE" {
	url = "https://$SITE.example.com"
	default = $DEFAULT
	relay { key "$SITE-r" { secret = "file:secrets.d/$SITE.relay" } }
	edge { key "$SITE-e" { secret = "file:secrets.d/$SITE.edge" } }
	bridge {
		issuer = "https://$SITE.example.com"
		key "$SITE-b" { algorithm = "HS256"  secret = "file:secrets.d/$SITE.token" }
		hmac "$SITE-h" { secret = "file:secrets.d/$SITE.bridge" }
	}
	route "brief" {
		events = {"post.published"}
		urgency = "high"
		step "m-brief" {
			service = "llm"
			model = "m-brief"
			prompt = "Summarise {{/idempotency_key}}"
		}
	}
	route "chain" {
		events = {"lead.created"}
		step "m-chain" {
			service = "llm"
			model = "m-chain"
			prompt = "Summarise {{/idempotency_key}}"
		}
		step "lead" {
			service = "crm"
			body = "{\\"key\\": {{/idempotency_key|json}}}"
		}
		result = "{\\"text\\": {{/steps/m-chain/output/text|json}}}"
	}
$ROUTES
}
"""
SITES = ("blog", "shop")
KINDS = ("post.published", "post.published", "lead.created")
STEPS = {"brief": ["m-brief"], "chain": ["m-chain", "lead"],
         "patient": ["m-patient"]}

# A service whose leases outlive SETTLE_S: only a takeover ends them in time.
PATIENT_SERVICE = """
service "patient" {
	kind = "openai-chat"
	url = "$VENDOR/v1"
	timeout = "60s"
	in_flight = 1000
	allow_private = true
}
"""
PATIENT_ROUTE = """
	route "patient" {
		events = {"t.patient"}
		step "m-patient" {
			service = "patient"
			model = "m-patient"
			prompt = "Summarise {{/idempotency_key}}"
		}
	}
"""

# Every claim that was committed. The vendor's second call is explained by
# what became of the first claim.
HISTORY = """
create schema t;
grant usage on schema t to public;
create table t.claim (job_id bigint, event_id uuid, step text, claim_no int,
    worker bigint, at timestamptz);
grant insert on t.claim to public;
create function t.note() returns trigger language plpgsql as $$ begin
	insert into t.claim values (new.id, new.event_id, new.step,
	    new.claim_no, new.lease_by, clock_timestamp());
	return null; end $$;
create trigger note after update on pressgate.job for each row
	when (new.claim_no > old.claim_no) execute function t.note()"""


def site(name, default="false", routes=""):
    text = SITE
    for hole, value in (("$SITE", name), ("$DEFAULT", default),
                        ("$ROUTES", routes)):
        text = text.replace(hole, value)
    return text


class Rig(Stack):
    """calls: how the vendor answers the first steps; network: the worker
    reaches PostgreSQL over loopback instead of the Unix socket; routes: of
    the first site, beside SITE's, with their steps."""

    def __init__(self, calls="slow-0.2s", network=False, routes="",
                 conf=CONF, steps=STEPS, **how):
        super().__init__(
            conf=conf, site=site("blog", "true", routes),
            postgres="track_commit_timestamp = on\n", **how)
        self.how_calls_go = calls
        self.steps = steps
        self.network = network
        self.texts["sites.d/shop.conf"] = site("shop")
        for name in SITES:
            for secret in ("relay", "edge", "bridge", "token"):
                self.secrets[f"{name}.{secret}"] = secrets.token_hex(32)
        self.sites = {name: [Client(self.base, None, door=door)
                             for door in self.doors(name)]
                      for name in SITES}
        self.faults = []
        self.killed = set()            # pids
        self.last = time.monotonic()   # when something was broken last
        self.load = None

    def doors(self, name):
        """All three of a site."""
        relay, edge, bridge, token = (
            self.secrets[f"{name}.{x}"]
            for x in ("relay", "edge", "bridge", "token"))
        return [Relay(relay, name + "-r"), Edge(edge, name + "-e"),
                Bridge(bridge, f"https://{name}.example.com",
                       Hs256(token, name + "-b"))]

    # ---- up and down ----------------------------------------------------

    def start_postgres(self, first=False):
        super().start_postgres(first)
        if first:
            os.mkdir(f"{self.dir}/proxy")
            self.own(f"{self.dir}/proxy", 0o700)
            self.proxy = Proxy(f"{self.dir}/proxy",
                               (self.pg["PGHOST"], self.pg["PGPORT"]),
                               self.network).start()

    def url(self, role):
        if role == "pressgate_worker" and self.network:
            return (f"postgresql://{role}:{self.reader_password}@127.0.0.1:"
                    f"{self.proxy.port}/pressgate")
        if role in ("pressgate_ingest", "pressgate_worker"):
            return super().url(role).replace(
                "%2Frun&", "%2Fproxy&")
        return super().url(role)

    def prepare(self):
        self.sql(HISTORY)
        if self.network:
            self.sql("alter role pressgate_worker password "
                     f"'{self.reader_password}'")
        for name in ("m-brief", "m-chain"):
            self.behave(name, self.how_calls_go)

    def stop(self):
        if getattr(self, "proxy", None):
            self.proxy.stop()
        super().stop()

    # ---- what goes on ---------------------------------------------------

    def begin(self, seed, count=8, **how):
        self.load = Load(self.sites, count, seed=seed, kinds=KINDS,
                         forged=0.03, **how)
        return self.load

    def after(self, acked, timeout=60):
        """Waits for so many more acknowledgements."""
        n = self.load.count_acked + acked
        wait_until(f"{acked} acknowledgements", lambda: self.load.errors
                   or self.load.count_acked >= n, timeout, 0.002)
        if self.load.errors:
            raise self.load.errors[0]

    def calls_open(self):
        return self.vendor("GET", "/_open")["calls"]

    def full_pool(self, timeout=30):
        """The responder's children, once there are as many as configured."""
        pid = self.procs["responder"].pid
        return wait_until("all children", lambda: (
            lambda c: c if len(c) == self.values["PROCESSES"] else None)(
                children(pid)), timeout)

    def fenced(self):
        """What `pressgate metrics` counts as refused by the fence."""
        for line in self.pressgate("metrics").splitlines():
            if line.startswith("pressgate_fenced_jobs_total "):
                return int(line.split()[1])
        return 0

    # ---- what breaks ----------------------------------------------------

    def broke(self, what, at, until=None, workers=None):
        self.faults.append(Fault(what, at, until or time.time(), workers))
        self.last = time.monotonic()
        if self.load:
            self.load.disturbed = self.last

    def kill(self, pid, what="kill", worker=False):
        """kill -9, by pid."""
        at = time.time()
        self.killed.add(pid)
        os.kill(pid, signal.SIGKILL)
        self.broke(what, at, workers={pid} if worker else set())

    def restart_worker(self, name="worker"):
        self.procs[name].kill()
        self.add_worker(name)

    def add_worker(self, name):
        self.start_program(name, [f"{self.dir}/bin/pressgate-worker"])

    def kill_postgres(self, how, backend=None):
        """how: all (of its processes at once), postmaster (its children go
        when they have nothing in hand), immediate (as an administrator may
        do it), backend (one process: then PostgreSQL throws out all
        sessions and recovers by itself)."""
        at = time.time()
        postmaster = self.postmaster()
        if how == "immediate":
            self.stop_postgres("immediate")
        elif how == "backend":
            os.kill(backend, signal.SIGKILL)
        else:
            victims = [postmaster]
            if how == "all":
                os.kill(postmaster, signal.SIGSTOP)  # it makes no new ones
                victims += children(postmaster)
            for pid in victims:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.broke("kill-postgres " + how, at)

    def bring_back_postgres(self, how):
        """After kill_postgres, once what stands is let go."""
        at = self.faults[-1].at
        if how != "backend":
            self.start_postgres()
        wait_until("PostgreSQL", self.postgres_is_up, 60, 0.05)
        self.broke("PostgreSQL away", at)

    def postgres_is_up(self):
        try:
            return self.value("select not pg_is_in_recovery()") == "t"
        except RuntimeError:
            return False

    # ---- the end ----------------------------------------------------------

    def settle(self):
        """Senders have been told everything, or gave up; every job is
        settled, or SETTLE_S have passed since the last fault. Seconds."""
        self.load.stop()
        end = self.last + SETTLE_S
        while time.monotonic() < end:
            try:
                if self.value("select count(*) from pressgate.job") == "0":
                    break
            except RuntimeError:
                pass
            time.sleep(0.1)
        return time.monotonic() - self.last

    def died_unasked(self):
        """Programs that ended though nobody killed them; reports of
        sanitizers, which a restart would cover."""
        found = [name for name in ("responder", "worker")
                 if not self.procs[name].alive()]
        for path in pathlib.Path(self.dir, "log").glob("*.log"):
            for line in path.read_text(errors="replace").splitlines():
                child = CHILD_DIED.search(line)
                if SANITIZER.search(line) or (
                        child and int(child[1]) not in self.killed):
                    found.append(line)
        return found

    def reckon(self, committed=()):
        return Ledger(self, self.load, self.faults, self.sites, self.steps,
                      committed)
