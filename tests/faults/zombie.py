"""Workers that are stopped (SIGSTOP) in the middle of their calls until
another one has their jobs, and that wake up while it calls. What they then
want to write must be refused: tries that failed while they slept, by those
whose leases ran out; results and next steps, by those that were taken over.
Afterwards they work on.

A call of 6 s is leased for 10 s; that of a patient service for 90 s, which
only a takeover ends in time.
"""

import signal
import time

from proc import wait_until
from proxy import LATE_S
from rig import CONF, PATIENT_ROUTE, PATIENT_SERVICE, STEPS, Rig
from scene import Base

# Late writes that must have been refused. A takeover takes 30 s.
SIZES = {"small": 10, "gate": 100, "long": 1000}
TAKEOVERS_FROM = 100

SERVICES = CONF.replace("\tallow_private", "\tin_flight = 1000\n"
                        "\tallow_private") + PATIENT_SERVICE
ROUTES = PATIENT_ROUTE + """
	route "journey" {
		events = {"t.journey"}
		step "m-journey" {
			service = "patient"
			model = "m-journey"
			prompt = "Summarise {{/idempotency_key}}"
		}
		step "lead" {
			service = "crm"
			body = "{\\"key\\": {{/idempotency_key|json}}}"
		}
		result = "{\\"text\\": {{/steps/m-journey/output/text|json}}}"
	}
"""
BRISK = ("post.published", "lead.created")
PATIENT = ("t.patient", "t.journey")
MODELS = {BRISK: ("m-brief", "m-chain"), PATIENT: ("m-patient", "m-journey")}
# How long the vendor takes: before they sleep, and for the one who rescues.
SLOW = {BRISK: ("slow-3s", "slow-5s"), PATIENT: ("slow-12s", "slow-6s")}
ROUND_MAX = 120  # jobs of a round


def plan(rng, size):
    """Rounds of workers, each with so many jobs of a kind."""
    n = SIZES[size]
    rounds = []
    while n > 0:
        sleepers, jobs = [], 0
        while jobs < min(n, ROUND_MAX):
            many = rng.randint(8, 14)
            # Patient ones first: they have to sleep for longer.
            kind = PATIENT if n >= TAKEOVERS_FROM and len(sleepers) < 5 \
                else BRISK
            sleepers.append((kind, many))
            jobs += many
        rounds.append(sleepers)
        n -= jobs
    return rounds


def rig():
    return Rig(conf=SERVICES, timeout="6s", routes=ROUTES,
               steps={**STEPS, "journey": ["m-journey", "lead"]})


class Sleeper:
    """A worker and what it began with."""

    def __init__(self, name, proc, kind):
        self.name, self.proc, self.kind = name, proc, kind
        self.events = []

    def ids(self):
        return {e.request_id() for e in self.events}


class Scene(Base):
    senders = 0

    def before(self):
        self.late = 0

    def work_off(self, plan):
        for sleepers in plan:
            self.round(sleepers)

    def round(self, wanted):
        self.round_no = getattr(self, "round_no", 0) + 1
        self.rig.procs["worker"].stop()  # it would take what is theirs
        asleep = []
        for kind in (PATIENT, BRISK):
            self.behave(kind, 0)
            for i, (_, jobs) in enumerate(w for w in wanted if w[0] == kind):
                name = f"{kind[0][2:5]}{self.round_no}.{i}".replace("st.", "")
                asleep.append(self.put_to_sleep(name, kind, jobs))
            self.behave(kind, 1)
        self.rig.add_worker("other")
        for kind in (BRISK, PATIENT):
            of_kind = [s for s in asleep if s.kind == kind]
            if of_kind:
                self.wake(of_kind)
        for s in asleep:
            s.events = []
        self.works_on(asleep)

    def behave(self, kind, which):
        for model in MODELS[kind]:
            self.rig.behave(model, SLOW[kind][which])

    def open_calls(self, ids, since=0.0):
        return [c for c in self.rig.calls_open()
                if c["request_id"] in ids and c["begun"] > since]

    def put_to_sleep(self, name, kind, jobs):
        """Stops a worker while it calls for new events."""
        self.rig.add_worker(name)
        s = Sleeper(name, self.rig.procs[name], kind)
        for n in range(jobs):
            s.events.append(self.load.send(self.load.new_event(
                self.rng, kind[n % len(kind)], "blog")))
        wait_until(f"{name}'s calls", lambda: len(
            self.open_calls(s.ids())) == jobs, 30)
        s.proc.send(signal.SIGSTOP)
        s.at = time.time()
        # A claim that is on its way would take the next one's first jobs.
        time.sleep(5 * LATE_S)
        return s

    def wake(self, sleepers):
        """All of them, while the other one calls for all they had."""
        ids = set().union(*(s.ids() for s in sleepers))
        slept = max(s.at for s in sleepers)
        wait_until("the other one's calls", lambda: ids <= {
            c["request_id"] for c in self.rig.calls()
            if c["begun"] > slept}, 60, 0.1)
        before = self.rig.fenced()
        for s in sleepers:
            s.proc.send(signal.SIGCONT)
            self.rig.broke("zombie", s.at, workers={s.proc.pid})
        try:
            wait_until("the fence", lambda: self.rig.fenced()
                       >= before + len(ids), 10, 0.1)
        except AssertionError:
            pass  # the counts tell
        refused = self.rig.fenced() - before
        still = len(self.open_calls(ids, slept))
        self.late += min(refused, still)
        self.say(f"{len(sleepers)} workers woke after "
                 f"{time.time() - sleepers[0].at:.0f} s with {len(ids)} jobs "
                 f"({', '.join(sleepers[0].kind)}): {refused} refused while "
                 f"{still} were still called for")

    def works_on(self, sleepers):
        """They end jobs of their own again, and when they are asked."""
        self.rig.procs["other"].stop()
        for kind in (BRISK, PATIENT):
            for model in MODELS[kind]:
                self.rig.behave(model, None)
        for s in sleepers:
            def finished():
                self.load.send(self.load.new_event(self.rng))
                return self.rig.sql(
                    "select 1 from pressgate.job_done d join"
                    " pressgate.worker w on w.id = d.worker_id"
                    f" where w.pid = {s.proc.pid} limit 1")
            wait_until(f"{s.name} to finish a job", finished, 45, 0.05)
            if not s.proc.stop():
                raise AssertionError(f"{s.name} does not end when asked")
        self.rig.add_worker("worker")

    def hits(self, ledger):
        return self.late
