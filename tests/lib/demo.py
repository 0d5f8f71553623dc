#!/usr/bin/env python3
"""What quickstart.sh does after the build: demo, up, down.

The stack's folder is linked from .demo/, and .demo/env says in shell syntax
how to reach everything. Each start begins with an empty database.
"""

import json
import os
import pathlib
import secrets
import shlex
import shutil
import signal
import socket
import sys
import textwrap
import time

import hooks
from proc import load, wait_until
from stack import CONF, SOURCE, Stack, as_user

DEMO = SOURCE / ".demo"
SITE_NAME = "demo"

# Wants only `event` and the idempotency key; whatever else an event may
# carry has a default.
SITE = """\
site "demo" {
	url = "https://demo.example.com"
	default = true

	relay { key "demo-1" { secret = "file:secrets.d/relay" } }

	# Stripe sends to /api/webhooks/demo-stripe, as it signs.
	source "demo-stripe" {
		provider = "stripe"
		secret "1" { value = "file:secrets.d/stripe" }
	}
	route "book" {
		sources = {"demo-stripe"}
		events = {"invoice.paid"}
		step "store" {
			service = "crm"
			body = "{\\"invoice\\": {{/subject/id|json}}}"
		}
	}

	# One call of an LLM.
	route "summarise" {
		events = {"post.published"}
		urgency = "high"
		step "summary" {
			service = "llm"
			model = "gpt-4o-mini"
			prompt = "Summarise this post in one sentence: {{/data/title|default:untitled}}"
		}
		result = "{\\"summary\\": {{/steps/summary/output/text|json}}}"
	}

	# The same, by a model of the stand-in vendor that takes its time.
	route "moderate" {
		events = {"comment.posted"}
		step "verdict" {
			service = "llm"
			model = "slow-2s"
			prompt = "Is this comment spam? {{/data/text|default:none}}"
		}
	}

	# Two steps: enrich a lead, then store it in the CRM.
	route "lead" {
		events = {"lead.created"}
		step "enrich" {
			service = "llm"
			model = "gpt-4o-mini"
			prompt = "What company is this? {{/data/email|default:unknown}}"
		}
		step "store" {
			service = "crm"
			method = "PUT"
			body = "{\\"email\\": {{/data/email|default:unknown|json}}, \\"note\\": {{/steps/enrich/output/text|json}}}"
		}
	}
}
"""

COMMAND = """\
#!/bin/sh
# The operator's command for this stack, as the user that it runs as.
PRESSGATE_CONF={conf} PRESSGATE_SQL_DIR={sql}
export PRESSGATE_CONF PRESSGATE_SQL_DIR
cd / || exit 1
if [ "$(id -u)" = 0 ]; then
	exec {as_user} {program} "$@"
fi
exec {program} "$@"
"""


def port():
    text = os.environ.get("PRESSGATE_DEMO_PORT", "8480")
    if not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"PRESSGATE_DEMO_PORT: {text!r} is no port")
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", int(text)))
        except OSError:
            sys.exit(f"port {text} is taken; choose another one: "
                     "PRESSGATE_DEMO_PORT=8580 ./quickstart.sh ...")
    return int(text)


def make(keep_running):
    s = Stack(site=SITE, conf=CONF, policies="", name=SITE_NAME,
              port=port(), timeout="15s", keep_running=keep_running)
    s.secrets["stripe"] = "whsec_" + secrets.token_hex(16)
    return s


def publish(s):
    """Writes .demo/: the variables, and links to what a person may want."""
    path = s.write("bin/pressgate-demo", COMMAND.format(
        conf=s.conf, sql=f"{s.dir}/sql", program=f"{s.dir}/bin/pressgate",
        as_user=shlex.join(as_user([])) if os.getuid() == 0 else ""), 0o755)
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(mode=0o700)
    variables = {
        "BASE_URL": s.base, "SITE": s.name, "RELAY_SECRET": s.secret,
        "DATABASE_URL": s.reader_url(),
        "FCGI_SOCKET": f"{s.dir}/run/fcgi.sock",
        "VENDOR_URL": s.vendor_url, "PRESSGATE_CONF": s.conf,
        "PRESSGATE": path,
        "RESPONDER_PID": s.procs["responder"].pid,
        "WORKER_PID": s.procs["worker"].pid,
        "POSTGRES_PID": s.postmaster(),
    }
    env = DEMO / "env"
    env.touch(mode=0o600)
    env.write_text("".join(f"{k}={shlex.quote(str(v))}\n"
                           for k, v in variables.items()))
    (DEMO / "data").symlink_to(s.dir)
    (DEMO / "pressgate").symlink_to(path)
    s.save()


def leftover():
    """A stack that an earlier `up` left, as one that can be stopped."""
    try:
        folder = os.readlink(DEMO / "data")
        procs = load(f"{folder}/run/stack.json")
    except OSError:
        return None
    s = Stack(server=None)
    s.dir = folder
    s.procs = {p.name: p for p in procs}
    return s


def down():
    s = leftover()
    if s is not None:
        s.stop()
    shutil.rmtree(DEMO, ignore_errors=True)
    return s is not None


def up():
    down()
    s = make(keep_running=True)
    try:
        s.start()
        publish(s)
    except BaseException as e:
        s.__exit__(type(e), e, None)
        raise
    print(f"pressgate answers at {s.base}; .demo/env says the rest")


# ---- the show ---------------------------------------------------------------


def head(text):
    print(f"\n{text}", flush=True)


def show(text):
    print(textwrap.indent(text.rstrip(), "    "), flush=True)


def post(s, kind, key, **members):
    a = s.client.event(kind, key, **members)
    show(f"POST /webhooks/wp  {kind}  key {key}\n"
         f"  -> {a.status} {a.body.decode().strip()}")
    return a.json().get("request_id")


def deliver(s, hook, body):
    a = s.client.request("POST", hook.path, body, hook.headers(body))
    show(f"POST {hook.path}  {json.loads(body)['type']}\n"
         f"  -> {a.status} {a.body.decode().strip()}")
    return a.json().get("request_id")


def result_of(s, request_id, timeout=60):
    def there():
        return [r for r in s.client.walk()[0]
                if r["request_id"] == request_id]
    return wait_until("a result", there, timeout)[-1]


def command(s, *args):
    show(f"$ .demo/pressgate {' '.join(args)}")
    show(s.pressgate(*args))


def dead_letter(s, request_id):
    """The number of the dead letter of an event."""
    def there():
        return s.sql("select id from pressgate.dead_letters where event_id"
                     f" = '{request_id}' order by id")
    return wait_until("a dead letter", there, 60)[0][0]


def play(s):
    head("A post is published. The site posts a signed event; pressgate "
         "answers once it is committed.")
    post_id = post(s, "post.published", "post-17-1", title="Ten quiet ways "
                   "to brew coffee")
    head("The answer got lost on its way, so the site sends it again.")
    post(s, "post.published", "post-17-1", title="Ten quiet ways to brew "
         "coffee")
    head("A comment goes to a slow model. The site does not wait for it.")
    comment = post(s, "comment.posted", "comment-4", text="Cheap watches!")
    head("Later the site fetches its results.")
    result_of(s, post_id)
    result_of(s, comment)
    answer = s.client.results()
    show("GET /results")
    for r in answer.json()["results"]:
        show("  " + json.dumps({k: r[k] for k in (
            "seq", "event_type", "route", "status", "output")}))
    head("The CRM starts to refuse our key. A lead comes in, then another.")
    s.behave("lead", "bad-key")
    lead = post(s, "lead.created", "lead-1", email="ada@example.com")
    other = post(s, "lead.created", "lead-2", email="alan@example.com")
    number = dead_letter(s, lead)
    dead_letter(s, other)
    head("A refused key is not tried again and again: both wait as dead "
         "letters.")
    command(s, "dlq", "list")
    head("The CRM is mended, and the operator replays one. Its first step "
         "is not paid for twice.")
    s.behave("lead", None)
    command(s, "dlq", "replay", number)
    wait_until("the replay's result", lambda: [
        r for r in s.client.walk()[0]
        if r["request_id"] == lead and r["status"] == "done"], 60)
    show("GET /results")
    for r in s.client.walk()[0]:
        if r["request_id"] == lead:
            show("  " + json.dumps({k: r[k] for k in (
                "seq", "event_type", "route", "status", "output")}))
    head("Stripe tells of a paid invoice, signed as Stripe signs, and again "
         "since it heard nothing.")
    stripe = hooks.Stripe("demo-stripe", s.secrets["stripe"])
    body = stripe.body("invoice.paid", "evt_1")
    invoice = deliver(s, stripe, body)
    deliver(s, stripe, body)
    result_of(s, invoice)


NEXT = """
It all keeps running until Ctrl-C. In another terminal, in this folder:

    . .demo/env
    .demo/pressgate status
    .demo/pressgate dlq list          the second lead is still dead
    .demo/pressgate dlq replay ID     replay it
    .demo/pressgate send post.published
    psql "$DATABASE_URL" -c 'select * from pressgate.queue_health'
    curl -s "$BASE_URL/readyz"
"""


def demo():
    down()
    with make(keep_running=False) as s:
        s.start()
        publish(s)
        play(s)
        print(NEXT, flush=True)
        while True:
            for p in s.procs.values():
                if not p.alive():
                    raise AssertionError(f"{p.name} has ended")
            time.sleep(1)


def main():
    signal.signal(signal.SIGTERM, lambda n, _: sys.exit(128 + n))
    # A shell starts what it puts in the background deaf to it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    what = sys.argv[1]
    if what == "up":
        up()
    elif what == "down":
        print("stopped" if down() else "nothing was up")
    else:
        try:
            demo()
        except KeyboardInterrupt:
            print("\nstopped", flush=True)
        finally:
            down()


main()
