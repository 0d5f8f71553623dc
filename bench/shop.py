"""What bench/drain.py and bench/claim.py work in: a private PostgreSQL
cluster, sites and routes, events and jobs by the hundred thousand, and a
vendor with TLS that can wait with thousands of calls in its hands: nginx in
front of tests/standin/vendor.py. Built on the stack of the flow tests."""

import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
SOURCE = BENCH.parent
sys.path.insert(0, str(SOURCE / "tests/lib"))
from place import commit, machine  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack, fill, free_port  # noqa: E402
import web  # noqa: E402

CONF = """\
log_level = "info"
metrics = "$METRICS"
database {
	url = "$URL"
	worker = "$URL_WORKER"
	operator = "$URL_OPERATOR"
}
worker { poke = ""  user = ""$WORKER }
limits {  # counted, and never reached
	address_rate = 1000000  address_burst = 10000
	site_rate = 1000000  site_burst = 10000
	get_rate = 1000000  get_burst = 10000
	depth = 10000000
}
"""

SERVICE = """\
service "$NAME" {
	kind = "$KIND"
	url = "$ADDRESS"
	secret = "file:secrets.d/vendor"
	timeout = "60s"
	in_flight = $IN_FLIGHT
	allow_private = true
$MORE}
"""

SITE = """\
site "$NAME" {
	url = "https://$NAME.example.com"
	relay { key "$NAME-1" { secret = "file:secrets.d/$NAME" } }
$ROUTES}
"""

PROMPT = ("Summarise {{/data/idempotency_key}} in two sentences:"
          " {{/data/title}} {{/data/excerpt}}")

CHAT = """\
	route "$NAME" {
		events = {"$NAME"}
		urgency = "$URGENCY"
		mode = "$MODE"
		step "summary" {
			service = "$SERVICE"
			model = "$MODEL"
			prompt = "$PROMPT"
		}
		result = "{\\"summary\\": {{/steps/summary/output/text|json}}}"
	}
"""

HTTP = """\
	route "$NAME" {
		events = {"$NAME"}
		urgency = "$URGENCY"
		mode = "$MODE"
		step "call" {
			service = "$SERVICE"
			body = "{\\"key\\": {{/data/idempotency_key|json}}, \\"title\\": {{/data/title|json}}}"
		}
	}
"""

# The front: TLS, and /noop, which nginx answers itself.
NGINX = """\
worker_processes 1;
worker_rlimit_nofile $FILES;
daemon off;
pid $DIR/web/nginx.pid;
error_log stderr warn;
events {
	worker_connections $FILES;
}
http {
	access_log off;
	client_body_temp_path $DIR/web/body;
	proxy_temp_path $DIR/web/proxy;
	fastcgi_temp_path $DIR/web/fastcgi;
	uwsgi_temp_path $DIR/web/uwsgi;
	scgi_temp_path $DIR/web/scgi;
	ssl_certificate $DIR/web/good.pem;
	ssl_certificate_key $DIR/web/good.key;
	ssl_protocols TLSv1.2 TLSv1.3;
	keepalive_requests 100000;
	upstream vendor { server 127.0.0.1:$VENDOR_PORT; keepalive 64; }
	server {
		listen 127.0.0.1:$PLAIN backlog=8192;
		listen 127.0.0.1:$HTTP1 ssl backlog=8192;
		listen 127.0.0.1:$HTTP2 ssl http2 backlog=8192;
		location = /noop {
			default_type application/json;
			return 200 '{"ok": true}';
		}
		location / {
			proxy_pass http://vendor;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_read_timeout 600s;
		}
	}
}
"""

# Events and jobs as ingest() writes them, but by the hundred thousand.
FILL = """\
set synchronous_commit = off;
with e as (
    insert into pressgate.event (id, site_id, source_id, type,
	idempotency_key, fingerprint, fp_version, canonical, raw, scheme,
	key_id, created_by, address, user_agent, occurred_at)
    select (left(replace(pressgate.uuid_at(clock_timestamp())::text, '-', ''),
	    12) || '70008' || lpad(to_hex(:from + n), 15, '0'))::uuid,
	s.id, 0, :'route', :'prefix' || n, sha256((:'prefix' || n)::bytea), 1,
	jsonb_build_object('tenant_id', s.name, 'source', 'relay', 'type',
	    :'route', 'data', d.body, 'occurred_at', now()),
	convert_to(d.body::text, 'UTF8'), 'relay', 'k1', 'k1', '192.0.2.1',
	'WordPress/6.6; https://blog.example.com', now()
      from generate_series(1, :count) n, pressgate.site s,
	lateral (select jsonb_build_object('event', :'route',
	    'idempotency_key', :'prefix' || n, 'title', 'A post about n = ' || n,
	    'excerpt', repeat('Words that somebody has written. ', 8)) body) d
     where s.name = :'site'
    returning id, site_id)
insert into pressgate.job (event_id, site_id, lane, route, step, mode,
    lease_s, max_attempt, window_s, queued_at, due_at)
select e.id, e.site_id, l.id, r.id, :'step', r.mode, l.lease_s,
    l.max_attempt, l.window_s, t.due, t.due
  from (select *, row_number() over () n from e) e
  join pressgate.route r on r.site_id = e.site_id and r.name = :'route'
  join pressgate.lane l on l.route = r.name and l.urgency = r.urgency
   and not l.replay,
    lateral (select clock_timestamp()
	- :spread * interval '1 s' * (1 - e.n / :count::float) due) t;
"""


class Shop(Stack):
    """services: (name, kind, address, in flight, more keys).
    sites: {name: [(template, values)]}."""

    def __init__(self, build, services, sites):
        super().__init__(server=None)
        os.environ["PRESSGATE_BIN"] = str(pathlib.Path(build).resolve())
        self.ports = {"PLAIN": free_port(), "HTTP1": free_port(),
                      "HTTP2": free_port()}
        self.services, self.sites = services, sites
        self.values["WORKER"] = ""
        self.filled = 0

    # ---- making it -------------------------------------------------------

    def texts_of(self):
        texts = {"pressgate.conf": CONF + "".join(
            fill(SERVICE, {"NAME": name, "KIND": kind, "ADDRESS": address,
                           "IN_FLIGHT": many, "MORE": more})
            for name, kind, address, many, more in self.services)}
        for name, routes in self.sites.items():
            text = "".join(fill(template, {"PROMPT": PROMPT, **values})
                           for template, values in routes)
            texts[f"sites.d/{name}.conf"] = fill(
                SITE, {"NAME": name, "ROUTES": text})
        return texts

    def start(self, vendor=True):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.values["FILES"] = min(hard, 16384)
        resource.setrlimit(resource.RLIMIT_NOFILE,
                           (self.values["FILES"], hard))
        self.make_folder()
        self.start_postgres(first=True)
        self.make_certificates()
        self.write_conf()
        if vendor:
            self.start_vendor()
            self.start_front()
        self.pressgate("migrate", "--roles")
        self.pressgate("apply")

    def make_certificates(self):
        subprocess.run([SOURCE / "tests/lib/pki.sh", f"{self.dir}/web"],
                       check=True)
        for path in pathlib.Path(self.dir, "web").iterdir():
            self.own(path)
        os.chmod(f"{self.dir}/web/ca.pem", 0o644)
        shutil.copy(f"{self.dir}/web/ca.pem", f"{self.dir}/etc/ca.pem")
        self.own(f"{self.dir}/etc/ca.pem")

    def write_conf(self):
        self.values.update(self.ports, VENDOR_PORT=self.vendor_port)
        self.texts = self.texts_of()
        super().write_conf()
        for name in self.sites:
            self.write(f"etc/secrets.d/{name}", os.urandom(32).hex())

    def configure_worker(self, keys):
        """The block worker, for those that start from now on."""
        self.values["WORKER"] = keys
        self.write("etc/pressgate.conf",
                   fill(self.texts["pressgate.conf"], self.values))

    def start_front(self):
        path = self.write("web/nginx.conf", fill(
            NGINX, {**self.values, "DIR": self.dir}))
        self.start_program("web", [
            web.program("nginx"), "-p", f"{self.dir}/web", "-c", path, "-e",
            "stderr"])

        def there():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.ports["HTTP2"])) == 0
        wait_until("nginx", there)

    def fill(self, site, route, step, count, spread_s=0):
        """count events of a route of a site, each with its job, due one
        after another over the last spread_s seconds."""
        prefix = f"{route}-{self.filled}-"
        out = subprocess.run(
            ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-h", self.pg["PGHOST"],
             "-p", self.pg["PGPORT"], "-U", "postgres", "-d", "pressgate",
             *(a for k, v in {"site": site, "route": route, "step": step,
                              "count": count, "from": self.filled,
                              "prefix": prefix,
                              "spread": spread_s}.items()
               for a in ("-v", f"{k}={v}"))],
            input=FILL, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        if out.returncode != 0:
            raise RuntimeError(out.stdout)
        self.filled += count
        return prefix

    # ---- looking at it ---------------------------------------------------

    def jobs(self):
        return int(self.value("select count(*) from pressgate.job"))

    def counters(self):
        """The worker's counters, by name and labels."""
        return {name: float(value) for name, value in re.findall(
            r"^([^#\s]+) (\S+)$", self.pressgate("metrics", check=False),
            re.M)}

    def status_kb(self, what):
        with open(f"/proc/{self.procs['worker'].pid}/status") as f:
            return int(re.search(rf"^{what}:\s+(\d+) kB", f.read(), re.M)[1])

    def cpu(self):
        """Seconds of processor time so far, by program."""
        pids = {"postgres": self.postmaster(), **{
            name: proc.pid for name, proc in self.procs.items()
            if proc.alive()}}
        return {name: sum(cpu_s(p) for p in family(pid))
                for name, pid in pids.items()}

    def stop_worker(self):
        self.procs["worker"].stop()


def family(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            children = [int(p) for p in f.read().split()]
    except OSError:
        return [pid]
    return [pid] + [p for child in children for p in family(child)]


def cpu_s(pid):
    """Of a process and of its children that are gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(int(n) for n in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class Report:
    """Rows for people as they come, one JSON file at the end."""

    def __init__(self, command, out):
        self.out = out
        self.began = time.monotonic()
        self.rows = []
        self.head = {
            "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "machine": machine(), "commit": commit(),
            "command": " ".join([command, *sys.argv[1:]])}
        print(*(f"{k}: {v}" for k, v in self.head.items()), sep="\n",
              flush=True)

    def say(self, text):
        print(text, flush=True)

    def row(self, what, seen, holds=None, **more):
        """holds None: there is no target."""
        word = {True: "PASS", False: "MISS", None: "    "}[holds]
        print(f"{word} {what}: {seen}", flush=True)
        self.rows.append({"what": what, "seen": seen, "holds": holds, **more})

    def exit(self):
        with open(self.out, "w") as f:
            json.dump({**self.head, "rows": self.rows}, f, indent=1)
        print(f"took {time.monotonic() - self.began:.0f} s; {self.out}")
        sys.exit(1 if any(r["holds"] is False for r in self.rows) else 0)
