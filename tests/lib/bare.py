"""The responder and its database, and nothing else: for tests that talk
FastCGI to it themselves."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import fcgi_client as fc  # noqa: E402
import proc  # noqa: E402
from doors import Bridge, Edge, Hs256, Relay  # noqa: E402
from stack import CLUSTER, SOURCE, Stack  # noqa: E402

CONF = """\
log_level = "info"
metrics = ""
database { url = "$URL_INGEST" }
fcgi {
	listen = "$DIR/run/fcgi.sock"
	processes = $PROCESSES
	request_timeout = "$TIMEOUT"
	$FCGI
}
worker { poke = "$DIR/run/worker.sock" }
$LIMITS
service "llm" { kind = "openai-chat"  url = "https://llm.example.com/v1" }
"""

SITE = """\
site "$NAME" {
	url = "https://$NAME.example.com"
	default = $DEFAULT
	relay {
		key "$NAME-1" { secret = "file:secrets.d/$NAME" }
		key "$NAME-2" { secret = "file:secrets.d/$NAME.next" }
	}
	edge {
		key "$NAME-1" { secret = "file:secrets.d/$NAME.edge" }
		key "$NAME-2" { secret = "file:secrets.d/$NAME.edge2" }
	}
	bridge {
		issuer = "https://$NAME.example.com"
		key "$NAME-token" { algorithm = "HS256"  secret = "file:secrets.d/$NAME.token" }
		key "$NAME-rs" { algorithm = "RS256"  public = "file:secrets.d/rs.pem" }
		hmac "$NAME-1" { secret = "file:secrets.d/$NAME.hmac" }
		hmac "$NAME-2" { secret = "file:secrets.d/$NAME.hmac2" }
	}
	route "summarise" {
		events = {"post.published"}
		urgency = "high"
		step "summary" { service = "llm"  model = "m"  prompt = "p" }
	}
	route "order" {
		events = {"order.paid"}
		serial_by = "/data/customer"
		step "summary" { service = "llm"  model = "m"  prompt = "p" }
	}
}
"""


class Bare(Stack):
    """Sites blog (default) and shop; each has two secrets for each door."""

    def __init__(self, processes=4, timeout="6s", fcgi=""):
        super().__init__(server=None, processes=processes, timeout=timeout,
                         conf=CONF)
        self.values["FCGI"] = fcgi
        self.texts = {"pressgate.conf": CONF}
        self.secrets = {}
        for name in ("blog", "shop"):
            self.texts[f"sites.d/{name}.conf"] = SITE.replace(
                "$NAME", name).replace(
                "$DEFAULT", "true" if name == "blog" else "false")
            for kind in ("", ".next", ".edge", ".edge2", ".hmac",
                         ".hmac2", ".token"):
                self.secrets[name + kind] = (name + kind + "-").ljust(40, "s")
        self.secret = self.secrets["blog"]

    def make_folder(self):
        out = subprocess.run([CLUSTER, "dir"], check=True, text=True,
                             stdout=subprocess.PIPE)
        self.dir = out.stdout.strip()
        for sub in ("bin", "etc/sites.d", "etc/secrets.d", "web"):
            os.makedirs(f"{self.dir}/{sub}")
        program = pathlib.Path(os.environ.get("PRESSGATE_BIN", "."),
                               "pressgate-fcgi")
        if not program.exists():
            sys.exit(f"{program}: not built")
        shutil.copy(program, f"{self.dir}/bin/")

    def migrate(self):
        folder = pathlib.Path(os.environ.get("PRESSGATE_SQL_DIR",
                                             SOURCE / "sql"))
        for path in sorted(folder.glob("0*.sql")):
            self.sql("begin;\n" + path.read_text() + "\ncommit;")
            self.sql("insert into pressgate.migration values "
                     f"({int(path.name[:3])}, '{path.name}')")
        self.sql((folder / "roles.sql").read_text())
        self.sql("select pressgate.partitions_ahead()")

    def apply(self, names=("blog", "shop")):
        routes = [{"name": r, "urgency": u, "mode": "live",
                   "lanes": [{"service": "llm", "lease_s": 30}]}
                  for r, u in (("summarise", "high"), ("order", "normal"))]
        self.sql("select pressgate.apply_config('%s')" % json.dumps({
            "policies": [{"urgency": u, "attempts": 3, "base_ms": 1000,
                          "factor": 3, "cap_ms": 60000, "window_s": 86400}
                         for u in ("high", "normal", "low")],
            "sites": [{"name": n, "routes": routes} for n in names]}))

    def start(self):
        self.make_folder()
        self.start_postgres(first=True)
        self.migrate()
        self.apply()
        self.write_conf()
        self.start_responder()

    @property
    def path(self):
        return f"{self.dir}/run/fcgi.sock"

    def log(self):
        return pathlib.Path(f"{self.dir}/log/responder.log").read_text(
            errors="replace")

    def children(self):
        return proc.children(self.procs["responder"].pid)

    # ---- requests -------------------------------------------------------

    def door(self, kind, site="blog"):
        """How that site comes in: relay, edge, bridge."""
        if kind == "bridge":
            return Bridge(self.secrets[site + ".hmac"],
                          f"https://{site}.example.com", Hs256(
                              self.secrets[site + ".token"],
                              f"{site}-token"))
        if kind == "edge":
            return Edge(self.secrets[site + ".edge"], f"{site}-1")
        return Relay(self.secrets[site], f"{site}-1")

    def post(self, body, key="k", secret=None, door=None, **more):
        return fc.ask(self.path, fc.post_params(
            door or secret or self.secret, body, key, **more), body)

    def get(self, target, secret=None, door=None, **more):
        return fc.ask(self.path, fc.get_params(
            door or secret or self.secret, target, **more))

    def events(self):
        return int(self.value("select count(*) from pressgate.event"))


def event(key=None, kind="post.published", **members):
    doc = {"event": kind, **members}
    if key is not None:
        doc["idempotency_key"] = key
    return json.dumps(doc).encode()


def now():
    return int(time.time())
