"""The whole of pressgate on loopback: a private PostgreSQL cluster, the
stand-in vendor, responder, worker and a web server, in one folder that one
unprivileged user owns. The flow tests and `quickstart.sh up` use the same.

    with Stack() as s:
        s.start()
        s.client.event("post.published", title="Hello")

Programs come from the current folder (where make runs) or $PRESSGATE_BIN;
they are copied, since the unprivileged user may not get into a checkout.
"""

import glob
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

from client import Client
from doors import Bridge, Edge, Hs256, Relay, Rs256
from proc import Proc, UNPRIVILEGED, as_user, save, wait_until
import web

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = SOURCE / "tests/lib/pg_cluster.sh"
VECTORS = SOURCE / "tests/vectors"
PROGRAMS = ("pressgate", "pressgate-fcgi", "pressgate-worker")

CONF = """\
log_level = "info"
endpoint = "$BASE$MOUNT"
metrics = "$METRICS"

database {
	url = "$URL"
	ingest = "$URL_INGEST"
	worker = "$URL_WORKER"
	operator = "$URL_OPERATOR"
}

fcgi {
	listen = "$DIR/run/fcgi.sock"
	processes = $PROCESSES
	mount = "$MOUNT"
	user = ""
}

worker {
	poke = "$DIR/run/worker.sock"
	user = ""
}

$LIMITS
$POLICIES

service "llm" {
	kind = "openai-chat"
	url = "$VENDOR/v1"
	secret = "file:secrets.d/vendor"
	timeout = "$TIMEOUT"
	allow_private = true
}

service "crm" {
	kind = "http"
	url = "$VENDOR/crm/idem/lead"
	secret = "file:secrets.d/vendor"
	timeout = "$TIMEOUT"
	allow_private = true
}
"""

# Quick tries, many of them: a test that waits out hours proves no more.
POLICIES = """\
retry_high { attempts = 12  base = "200ms"  factor = 2  cap = "2s" }
retry_normal { attempts = 12  base = "200ms"  factor = 2  cap = "2s" }
retry_low { attempts = 12  base = "200ms"  factor = 2  cap = "2s" }
"""

# All that a test sends comes from one address.
NO_LIMITS = "limits { address_rate = 0  site_rate = 0  get_rate = 0 }"

SITE = """\
site "blog" {
	url = "https://blog.example.com"
	default = true
	relay {
		key "k1" { secret = "file:secrets.d/relay" }
	}
	edge {
		key "k1" { secret = "file:secrets.d/edge" }
	}
	bridge {
		issuer = "https://blog.example.com"
		key "hs" { algorithm = "HS256"  secret = "file:secrets.d/token" }
		key "rs" { algorithm = "RS256"  public = "file:secrets.d/rs.pem" }
		hmac "k1" { secret = "file:secrets.d/hmac" }
	}
	route "summarise" {
		events = {"post.published"}
		urgency = "high"
		step "summary" {
			service = "llm"
			model = "$MODEL"
			prompt = "Summarise {{/data/idempotency_key|default:none}}: {{/data/title|default:untitled}}"
		}
		result = "{\\"summary\\": {{/steps/summary/output/text|json}}}"
	}
}
"""


def free_port():
    """One that no client of another test gets meanwhile: the kernel gives
    those from 32768 on."""
    while True:
        port = secrets.choice(range(10000, 32768))
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def fill(text, values):
    for name in sorted(values, key=len, reverse=True):
        text = text.replace("$" + name, str(values[name]))
    return text


class Stack:
    """How it is made: model (of the route of SITE), processes (of the
    responder), timeout (of a call), site, conf (configuration files with
    $NAMES), limits (a block of pressgate.conf), server (a class of web.py or None), port (of the web server),
    postgres (lines for postgresql.conf), keep_running (leave everything
    running when this program ends)."""

    def __init__(self, model="gpt-4o-mini", processes=4, timeout="5s",
                 site=SITE, conf=CONF, policies=POLICIES,
                 server=web.Nginx, port=None, keep_running=False,
                 name="blog", postgres="", limits=NO_LIMITS):
        self.dir = None
        self.procs = {}
        self.keep_running = keep_running
        self.name = name
        self.postgres = postgres
        self.secret = secrets.token_hex(32)  # the relay's
        self.secrets = {k: secrets.token_hex(32) 
                        for k in ("edge", "hmac", "token")}
        self.reader_password = secrets.token_hex(16)
        self.port = port or free_port()
        self.vendor_port = free_port()
        self.vendor_url = f"http://127.0.0.1:{self.vendor_port}"
        self.server_class = server
        self.mount = getattr(server, "MOUNT", "")
        self.texts = {"pressgate.conf": conf, f"sites.d/{name}.conf": site}
        self.values = {"MODEL": model, "PROCESSES": processes,
                       "TIMEOUT": timeout, "VENDOR": self.vendor_url,
                       "MOUNT": self.mount, "POLICIES": policies, "LIMITS": limits}
        self.base = f"http://127.0.0.1:{self.port}"
        self.client = Client(self.base, self.secret, self.mount)

    def by(self, kind):
        """A client of the site at that door: relay, edge, bridge (tokens
        by HS256), bridge-rs256 (by openssl)."""
        issuer = f"https://{self.name}.example.com"
        doors = {
            "relay": lambda: Relay(self.secret),
            "edge": lambda: Edge(self.secrets["edge"]),
            "bridge": lambda: Bridge(self.secrets["hmac"], issuer, Hs256(
                self.secrets["token"], "hs")),
            "bridge-rs256": lambda: Bridge(
                self.secrets["hmac"], issuer, Rs256(
                    VECTORS / "test-key-rs256.private.pem", "rs"))}
        return Client(self.base, None, self.mount,
                      context=self.client.context, door=doors[kind]())

    # ---- folder and life ------------------------------------------------

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda n, _: sys.exit(128 + n))
        return self

    def __exit__(self, kind, _value, _trace):
        if kind not in (None, SystemExit, KeyboardInterrupt):
            self.show_logs()
        self.stop()

    def start(self):
        self.make_folder()
        self.start_postgres(first=True)
        self.start_vendor()
        self.write_conf()
        self.pressgate("migrate", "--roles")
        self.sql("alter role pressgate_reader password "
                 f"'{self.reader_password}'")
        self.pressgate("apply")
        self.prepare()
        self.start_responder()
        self.start_worker()
        if self.server_class:
            self.start_web()

    def prepare(self):
        """For whoever builds on this: the schema is there, nothing runs."""

    def stop(self):
        """Stops everything and removes the folder."""
        if self.dir is None:
            return
        for name in ("web", "responder", "worker", "vendor"):
            if name in self.procs:
                self.procs[name].stop(timeout=8)
        subprocess.run([CLUSTER, "stop", self.dir, "immediate"],
                       check=False, stdin=subprocess.DEVNULL)
        for left in glob.glob(f"/dev/shm/{os.path.basename(self.dir)}.*"):
            os.unlink(left)
        if os.environ.get("PRESSGATE_KEEP"):
            print(f"kept: {self.dir}", file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = None

    def show_logs(self, lines=25):
        if self.dir is None:
            return
        for path in sorted(pathlib.Path(self.dir, "log").iterdir()):
            tail = path.read_text(errors="replace").splitlines()[-lines:]
            print(f"---- {path.name}", *(t[:400] for t in tail), sep="\n",
                  file=sys.stderr)

    def make_folder(self):
        out = subprocess.run([CLUSTER, "dir"], check=True, text=True,
                             stdout=subprocess.PIPE)
        self.dir = out.stdout.strip()
        for sub in ("bin", "etc/sites.d", "etc/secrets.d", "web"):
            os.makedirs(f"{self.dir}/{sub}")
        source = pathlib.Path(os.environ.get("PRESSGATE_BIN", "."))
        for program in PROGRAMS:
            if not (source / program).exists():
                sys.exit(f"{source / program}: not built")
            self.own(shutil.copy(source / program, f"{self.dir}/bin/"))
        shutil.copytree(os.environ.get("PRESSGATE_SQL_DIR", SOURCE / "sql"),
                        f"{self.dir}/sql")
        for path in [f"{self.dir}/bin", f"{self.dir}/sql",
                     *pathlib.Path(self.dir, "sql").iterdir()]:
            self.own(path)

    def own(self, path, mode=None):
        """Gives a file or folder below ours to the unprivileged user."""
        if mode is not None:
            os.chmod(path, mode)
        if os.getuid() == 0:
            shutil.chown(path, UNPRIVILEGED, "nogroup")

    def write(self, name, text, mode=0o600):
        path = f"{self.dir}/{name}"
        with open(path, "w") as f:
            f.write(text)
        self.own(path, mode)
        return path

    # ---- PostgreSQL -----------------------------------------------------

    def start_postgres(self, first=False):
        if first:
            out = subprocess.run([CLUSTER, "init", self.dir], text=True,
                                 stdout=subprocess.PIPE)
            if out.returncode == 77:
                sys.exit(77)
            out.check_returncode()
            self.pg = dict(line.split("=", 1)
                           for line in out.stdout.splitlines())
            with open(f"{self.dir}/pg/postgresql.conf", "a") as f:
                f.write(self.postgres)
        subprocess.run([CLUSTER, "start", self.dir], check=True,
                       stdin=subprocess.DEVNULL)
        if first:
            self.sql("create role pressgate login createrole", database="postgres")
            self.sql("create database pressgate owner pressgate",
                     database="postgres")

    def stop_postgres(self, mode="fast"):
        subprocess.run([CLUSTER, "stop", self.dir, mode], check=True,
                       stdin=subprocess.DEVNULL)

    def postmaster(self):
        with open(f"{self.dir}/pg/postmaster.pid") as f:
            return int(f.readline())

    def url(self, role):
        """A connection string for a role, over the Unix socket."""
        host = urllib.parse.quote(self.pg["PGHOST"], safe="")
        return (f"postgresql://{role}@/pressgate?host={host}"
                f"&port={self.pg['PGPORT']}")

    def reader_url(self):
        """May read everything; by the loopback port, with a password."""
        return (f"postgresql://pressgate_reader:{self.reader_password}"
                f"@127.0.0.1:{self.pg['PGPORT']}/pressgate")

    def sql(self, text, database="pressgate"):
        """Runs SQL as superuser; the rows as lists of strings."""
        out = subprocess.run(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\x1f",
             "-h", self.pg["PGHOST"], "-p", self.pg["PGPORT"],
             "-U", "postgres", "-d", database],
            input=text, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        if out.returncode != 0:
            raise RuntimeError(out.stderr.strip())
        return [line.split("\x1f") for line in out.stdout.splitlines()]

    def value(self, text):
        return self.sql(text)[0][0]

    # ---- pressgate ------------------------------------------------------

    def write_conf(self):
        self.values.update({
            "DIR": self.dir, "BASE": self.base, "METRICS": os.path.basename(self.dir),
            "URL": self.url("pressgate"),
            **{"URL_" + role.upper(): self.url("pressgate_" + role)
               for role in ("ingest", "worker", "operator")}})
        for sub in ("etc", "etc/sites.d", "etc/secrets.d", "web"):
            self.own(f"{self.dir}/{sub}", 0o700)
        for name, text in self.texts.items():
            self.write("etc/" + name, fill(text, self.values))
        self.write("etc/secrets.d/relay", self.secret + "\n")
        for name, secret in self.secrets.items():
            self.write(f"etc/secrets.d/{name}", secret + "\n")
        self.write("etc/secrets.d/rs.pem", (
            VECTORS / "test-key-rs256.public.pem").read_text(), 0o644)
        self.write("etc/secrets.d/vendor", "sk-" + secrets.token_hex(24))
        for path in (SOURCE / "conf/schemas").glob("*/*.json"):
            folder = f"{self.dir}/etc/schemas/{path.parent.name}"
            os.makedirs(folder, exist_ok=True)
            for name in os.path.dirname(folder), folder:
                self.own(name, 0o755)
            self.write(f"etc/schemas/{path.parent.name}/{path.name}",
                       path.read_text(), 0o644)
        self.conf = f"{self.dir}/etc/pressgate.conf"

    def environment(self):
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "LANG": "C.UTF-8", "PRESSGATE_CONF": self.conf,
                "PRESSGATE_SQL_DIR": f"{self.dir}/sql",
                **{k: v for k, v in os.environ.items()
                   if k.endswith("SAN_OPTIONS")}}

    def pressgate(self, *args, check=True, text=None):
        """Runs the operator's command; its output."""
        out = subprocess.run(
            as_user([f"{self.dir}/bin/pressgate", *args]), text=True,
            env=self.environment(), cwd=f"{self.dir}/web", input=text or "",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and out.returncode != 0:
            raise RuntimeError(f"pressgate {' '.join(args)}: exit "
                               f"{out.returncode}: {out.stderr.strip()}")
        return out.stdout

    def start_program(self, name, argv, env=None):
        self.procs[name] = Proc.start(
            name, argv, f"{self.dir}/log/{name}.log",
            env=env or self.environment(), cwd=f"{self.dir}/web",
            die_with_us=not self.keep_running)
        return self.procs[name]

    def start_responder(self):
        p = self.start_program("responder",
                               [f"{self.dir}/bin/pressgate-fcgi"])
        self.wait_for_unix(p, f"{self.dir}/run/fcgi.sock")

    def start_worker(self):
        self.start_program("worker", [f"{self.dir}/bin/pressgate-worker"])

    def wait_for_unix(self, proc, path):
        def there():
            if not proc.alive():
                raise AssertionError(f"{proc.name} has ended")
            with socket.socket(socket.AF_UNIX) as s:
                return s.connect_ex(path) == 0
        wait_until(f"a listener at {path}", there)

    def start_web(self):
        self.web = self.server_class(self)
        self.web.prepare()
        self.start_program("web", self.web.argv())
        wait_until(f"200 from {self.base}/readyz", self.ready)

    def ready(self):
        if not self.procs["web"].alive():
            raise AssertionError("the web server has ended")
        try:
            return self.client.request("GET", "/readyz").status == 200
        except OSError:
            return False

    # ---- the vendor -----------------------------------------------------

    def start_vendor(self):
        script = shutil.copy(SOURCE / "tests/standin/vendor.py",
                             f"{self.dir}/bin/")
        self.own(script)
        self.procs["vendor"] = Proc.start(
            "vendor", [sys.executable, script, str(self.vendor_port),
                       f"{self.dir}/log/vendor.jsonl"],
            f"{self.dir}/log/vendor.log",
            die_with_us=not self.keep_running)
        wait_until("the vendor", lambda: self.vendor_up())

    def vendor_up(self):
        try:
            return self.calls() is not None
        except OSError:
            return False

    def vendor(self, method, path, doc=None):
        r = urllib.request.Request(
            self.vendor_url + path, method=method,
            data=None if doc is None else json.dumps(doc).encode())
        with urllib.request.urlopen(r, timeout=10) as answer:
            return json.load(answer)

    def calls(self):
        """What the vendor saw; see standin/vendor.py."""
        return self.vendor("GET", "/_log")["calls"]

    def behave(self, name, behaviour):
        self.vendor("PUT", "/_behaviour/" + name, {"behaviour": behaviour})

    def save(self):
        save(f"{self.dir}/run/stack.json", self.procs.values())
