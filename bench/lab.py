"""What bench/accept.py measures: several responders behind one nginx and one
private PostgreSQL cluster, all of them there all the time, so that they can
be measured in turn. Built on the stack of the flow tests."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "tests/lib"))
from proc import wait_until  # noqa: E402
from stack import CLUSTER, Stack, fill, free_port  # noqa: E402
import web  # noqa: E402

CONF = """\
log_level = "info"
metrics = "$METRICS-$NAME"
database { url = "$URL"  ingest = "$URL_INGEST" }
fcgi {
	listen = "$DIR/run/$NAME.sock"
	processes = $PROCESSES
	user = ""
}
worker { poke = "$DIR/run/worker.sock"  user = "" }
limits {  # counted, and never reached
	address_rate = 1000000  address_burst = 10000
	site_rate = 1000000  site_burst = 10000
	get_rate = 1000000  get_burst = 10000
	depth = 10000000
}
service "llm" { kind = "openai-chat"  url = "https://llm.example.com/v1" }
"""

SITE = """\
site "blog" {
	url = "https://blog.example.com"
	default = true
	relay { key "k1" { secret = "file:secrets.d/relay" } }
	route "summarise" {
		events = {"post.published"}
		urgency = "low"
		step "summary" { service = "llm"  model = "m"  prompt = "p" }
	}
}
"""

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """CPU time of a process and all its descendants, dead ones included."""
    total = 0
    for p in [pid, *descendants(pid)]:
        try:
            with open(f"/proc/{p}/stat", encoding="latin-1") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue  # gone: its parent counts it now
        total += sum(int(n) for n in fields[11:15])
    return total / TICKS


def descendants(pid):
    """Zombies too: their time is their own until they are reaped."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            found = [int(p) for p in f.read().split()]
    except OSError:
        return []
    return found + [p for child in found for p in descendants(child)]


class Nginx(web.Nginx):
    """One server for each variant, each with the routes that are shipped."""

    def site(self):
        return "".join(f"""\
	upstream {v.name} {{ server unix:$DIR/run/{v.name}.sock; }}
	server {{
		listen 127.0.0.1:{v.port};
		include snippets/{v.name}.conf;
	}}
""" for v in self.stack.variants)

    def prepare(self):
        super().prepare()
        for v in self.stack.variants:
            self.stack.write(f"web/snippets/{v.name}.conf", web.shipped(
                "nginx/pressgate-routes.conf",
                {"fastcgi_pass pressgate;": f"fastcgi_pass {v.name};"}))


class Variant:
    """A program behind nginx, with so many processes."""

    def __init__(self, kind, processes):
        self.kind = kind  # pressgate, bare or no_db
        self.processes = processes
        self.name = f"{kind}{processes}"
        self.port = free_port()
        self.rate = None  # the best seen so far
        self.table = {"bare": "bare.event",
                      "pressgate": "pressgate.event"}.get(kind)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


class Lab(Stack):
    """kinds x processes; build: the folder with the programs."""

    def __init__(self, build, processes):
        super().__init__(server=Nginx, site=SITE, conf=CONF)
        self.build = pathlib.Path(build).resolve()
        self.variants = [Variant(kind, n) for n in processes
                         for kind in ("pressgate", "bare", "no_db")]
        self.texts = {"sites.d/blog.conf": SITE}
        os.environ["PRESSGATE_BIN"] = str(self.build)

    def make_folder(self):
        super().make_folder()
        for name in ("bare", "no_db"):
            self.own(shutil.copy(self.build / "bench" / name,
                                 f"{self.dir}/bin/"))

    @property
    def pgbench(self):
        out = subprocess.run(
            ["sh", "-c", '. "$1"; pg_bindir', "sh", CLUSTER], check=True,
            text=True, stdout=subprocess.PIPE)
        return out.stdout.strip() + "/pgbench"

    def tool(self, name):
        return str(self.build / "bench" / name)

    def etc(self, variant):
        return f"{self.dir}/etc/{variant.name}"

    def write_conf(self):
        super().write_conf()
        for v in self.variants:
            for sub in ("", "/sites.d", "/secrets.d"):
                os.makedirs(self.etc(v) + sub)
                self.own(self.etc(v) + sub, 0o700)
            values = {**self.values, "NAME": v.name,
                      "PROCESSES": v.processes}
            self.write(f"etc/{v.name}/pressgate.conf", fill(CONF, values))
            self.write(f"etc/{v.name}/sites.d/blog.conf", SITE)
            self.write(f"etc/{v.name}/secrets.d/relay", self.secret + "\n")
        self.conf = self.etc(self.variants[0]) + "/pressgate.conf"

    def start(self):
        self.make_folder()
        self.start_postgres(first=True)
        self.write_conf()
        self.pressgate("migrate", "--roles")
        self.pressgate("apply")
        self.sql((BENCH / "bare.sql").read_text())
        self.sql("grant usage on schema bare to pressgate_ingest; grant"
                 " insert, select on all tables in schema bare to"
                 " pressgate_ingest")
        for v in self.variants:
            self.start_variant(v)
        self.web = Nginx(self)
        self.web.prepare()
        self.start_program("web", self.web.argv())
        self.secret_file = f"{self.dir}/etc/secrets.d/relay"
        if os.getuid() == 0:
            os.chown(self.secret_file, 0, 0)
        for v in self.variants:
            self.client.port = v.port
            wait_until(f"an answer of {v.name}", self.answers)

    def start_variant(self, v):
        path = f"{self.dir}/run/{v.name}.sock"
        if v.kind == "bare":
            argv = [f"{self.dir}/bin/bare", path, str(v.processes),
                    self.url("pressgate_ingest"), f"{self.etc(v)}/secrets.d/relay"]
        else:
            program = "no_db" if v.kind == "no_db" else "pressgate-fcgi"
            argv = [f"{self.dir}/bin/{program}", "--config",
                    f"{self.etc(v)}/pressgate.conf"]
        p = self.start_program(v.name, argv)
        self.wait_for_unix(p, path)

    def answers(self):
        try:
            return self.client.event("post.published").status == 202
        except OSError:
            return False

    def stop(self):
        if self.dir is not None:
            for v in self.variants:
                if v.name in self.procs:
                    self.procs[v.name].stop(timeout=8)
            for left in pathlib.Path("/dev/shm").glob(
                    os.path.basename(self.dir) + "-*"):
                left.unlink()
        super().stop()

    def show_logs(self, lines=3):
        super().show_logs(lines)

    # ---- what is measured -----------------------------------------------

    def cpu(self, variant):
        """CPU seconds so far: nginx, responder, PostgreSQL. Only one
        variant is busy at a time."""
        return {"nginx": cpu_seconds(self.procs["web"].pid),
                "responder": cpu_seconds(self.procs[variant.name].pid)
                if variant else 0.0,
                "postgres": cpu_seconds(self.postmaster())}

    def rows(self, table):
        return int(self.value(f"select count(*) from {table}"))

    def wal_bytes(self):
        return int(self.value(
            "select pg_current_wal_lsn() - '0/0'::pg_lsn").split(".")[0])

    def settle(self):
        """Until no statement is under way any more."""
        wait_until("idle connections", lambda: self.value(
            "select count(*) from pg_stat_activity where state = 'active'"
            " and pid <> pg_backend_pid() and backend_type ="
            " 'client backend'") == "0")
        time.sleep(0.05)
