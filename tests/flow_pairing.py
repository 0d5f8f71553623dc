#!/usr/bin/env python3
"""A new site's first hour, by the documents alone: site add prints block A,
the site makes a key with openssl and shows block B, site key takes it in, and
from then on the shell scripts of doc/wire.md send events and fetch results,
by each of the three schemes. Then a second key, while the first one holds."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402
from wire_doc import scripts  # noqa: E402

URL = "https://%s.example.com"
SITES = {"magazine": "bridge", "news": "relay", "shop": "edge"}
TYPE = {"bridge": "event_type", "relay": "event", "edge": "type"}
KEY = "7d444840-9dc0-11d1-b245-5ffdce74fad%d"
ROUTE = """
	route "summarise" {
		events = {"post.published"}
		urgency = "high"
		step "summary" {
			service = "llm"
			model = "gpt-4o-mini"
			prompt = "Summarise it: {{/data/title|default:untitled}}"
		}
	}
"""
SCRIPTS = scripts()


def openssl(*args, text=None):
    return subprocess.run(["openssl", *args], input=text, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


class Site:
    """What a WordPress site has: the constants of block A, and a key."""

    def __init__(self, stack, name, scheme):
        self.stack, self.name, self.scheme = stack, name, scheme
        block = stack.pressgate("site", "add", name, "--url", URL % name,
                                "--door", scheme)
        self.a = dict(re.findall(r"'PRESSGATE_(\w+)', '([^']*)'", block))
        path = f"{stack.dir}/etc/sites.d/{name}.conf"
        with open(path) as f:
            text = f.read()
        stack.write(f"etc/sites.d/{name}.conf",
                    text[:text.rindex("}")] + ROUTE + "}\n")
        self.env = {"GATE": self.a["ENDPOINT"], "SECRET": self.a["SECRET"],
                    "KEY_ID": self.a["KEY_ID"],
                    "ISSUER": self.a.get("ISSUER", "")}

    def make_key(self, kid):
        """A pair; block B of it."""
        path = f"{self.stack.dir}/{self.name}.{kid}.key"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                "rsa_keygen_bits:2048", "-out", path)
        public = openssl("pkey", "-in", path, "-pubout").decode()
        self.env.update(KEY_ID=kid, KEY_FILE=path)
        return (f"pressgate site key 1\nsite: {self.a['SITE']}\n"
                f"issuer: {self.a['ISSUER']}\nkey-id: {kid}\n"
                f"algorithm: RS256\n{public}")

    def run(self, what, **env):
        """A script of doc/wire.md: status and body of the answer."""
        out = subprocess.run(
            ["sh", "-euc", SCRIPTS[f"{self.scheme}, {what}"]], check=True,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **self.env, **env})
        head, body = out.stdout.split(b"\r\n\r\n", 1)
        return int(head.split()[1]), json.loads(body)

    def post(self, n):
        key = KEY % n
        data = {"title": "Grüße\\ 🚀 \"one\".two"}
        doc = {TYPE[self.scheme]: "post.published", "object_ref": "17",
               "idempotency_key": key}
        doc.update({"data": data} if self.scheme == "bridge" else data)
        return self.run("an event", BODY=json.dumps(doc, ensure_ascii=False),
                        KEY=key)

    def get(self, target):
        return self.run("a GET", TARGET=target)


def pair(check, s, site, kid):
    block = site.make_key(kid)
    said = s.pressgate("site", "key", site.name, "-", text=block)
    der = openssl("pkey", "-pubin", "-outform", "DER",
                  text=block[block.index("-----"):].encode())
    mark = openssl("dgst", "-sha256", "-r", text=der).split()[0].decode()
    check(f"site key shows the fingerprint of {kid}", mark in said, said)


def reload(s, site):
    """SIGHUP, until the key that was taken in last is known."""
    s.procs["responder"].send(signal.SIGHUP)
    wait_until(f"{site.name} is known",
               lambda: site.get("/results")[0] == 200)


def walk(check, site):
    status, first = site.post(1)
    check(f"{site.scheme}: an event is accepted",
          (status, first.get("status")) == (202, "accepted"), first)
    status, again = site.post(1)
    check(f"{site.scheme}: sent again it is a duplicate",
          (status, again) == (202, {**first, "status": "duplicate"}), again)
    found = []

    def arrived():
        found[:] = site.get("/results?limit=50")[1]["results"]
        return found
    wait_until(f"{site.scheme}: a result", arrived)
    r = found[0]
    check(f"{site.scheme}: its result is fetched",
          (r["request_id"], r["idempotency_key"], r["status"],
           r["object_ref"]) ==
          (first["request_id"], KEY % 1, "done", "17"), r)
    status, page = site.get(f"/results?since={r['id']}&limit=5")
    check(f"{site.scheme}: and nothing is behind it",
          (status, page["results"]) == (200, []), page)
    status, event = site.get("/events/" + first["request_id"])
    check(f"{site.scheme}: the event's state is done",
          (status, event["status"]) == (200, "done"), event)
    status, _ = site.run("a GET", TARGET="/results",
                         SECRET=site.env["SECRET"] + "x",
                         ISSUER=site.env["ISSUER"] + "x")
    check(f"{site.scheme}: with another secret or issuer it is 401",
          status == 401, status)


def main():
    check = Checks()
    with Stack() as s:
        s.start()
        sites = [Site(s, name, scheme) for name, scheme in SITES.items()]
        bridge = sites[0]
        pair(check, s, bridge, "first")
        s.pressgate("apply")
        s.procs["worker"].send(signal.SIGHUP)
        reload(s, bridge)
        for site in sites:
            walk(check, site)

        old = dict(bridge.env)
        pair(check, s, bridge, "second")
        reload(s, bridge)
        check("an event by the second key", bridge.post(2)[0] == 202)
        bridge.env = old
        check("and one by the first", bridge.post(3)[0] == 202)
        key = s.write("etc/magazine.key", open(old["KEY_FILE"]).read())
        for site in sites:
            args = ["--key-file", key] if site is bridge else []
            said = json.loads(s.pressgate("send", "--site", site.name,
                                          "--json", *args))
            check(f"pressgate send by {site.scheme}",
                  said["status"] == 202, said)
        s.pressgate("site", "list")
    check.exit()


main()
