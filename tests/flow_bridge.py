#!/usr/bin/env python3
"""The bridge door behind nginx against tokens that panva's jose made and the
attacks made of them (tests/lib/jose_tokens.mjs): what must come in comes in,
all refusals are one and the same answer, none leaves anything behind, and
the log names the rule that each broke. Then what takes two requests or two
sites: a token used twice, used at the wrong place, with another site's
signature. What the edge and the relay do alike is in flow_doors.py."""

import base64
import collections
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
from client import Client  # noqa: E402
from doors import Bridge, mac  # noqa: E402
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402

TABLES = ("event", "idem", "job", "conflict", "replay_guard")
ISSUERS = {n: f"https://{n}.example.com" for n in ("blog", "shop")}

SITE = """\
site "$NAME" {
	url = "https://$NAME.example.com"
	default = $DEFAULT
	bridge {
		issuer = "https://$NAME.example.com"
$KEYS
		hmac "$NAME-1" { secret = "file:secrets.d/$NAME.hmac" }
	}
	route "keep" {
		events = {"post.published"}
		urgency = "low"
		mode = "dry-run"
		step "summary" { service = "llm"  model = "m"  prompt = "p" }
	}
}
"""


class Made:
    """jose's keys and tokens, as jose_tokens.mjs prints them."""

    def __init__(self, url):
        lines = subprocess.run(
            ["node", HERE / "lib/jose_tokens.mjs", url], check=True,
            stdout=subprocess.PIPE).stdout.splitlines()
        docs = [json.loads(line) for line in lines]
        self.keys = [d for d in docs if "key" in d]
        self.tokens = [d for d in docs if "token" in d]
        self.spares = [d for d in self.tokens if "spare" in d["name"]]

    def spare(self, site="blog", results=False):
        """A good token that nobody has used."""
        return next(self.spares.pop(i)["token"]
                    for i, d in enumerate(self.spares)
                    if site_of(d["token"]) == site
                    and ("results" in d["name"]) == results)


def event(key, **members):
    return Bridge("", None, None).body("post.published", key, **members)


class Gate(Stack):
    """Two sites with jose's keys; the worker has nothing to do."""

    def __init__(self, made):
        super().__init__()
        del self.texts["sites.d/blog.conf"]
        self.made = made
        for name in ISSUERS:
            self.secrets[f"{name}.hmac"] = f"{name}-hmac-".ljust(40, "s")
            keys = [k for k in made.keys if k["site"] == name]
            self.texts[f"sites.d/{name}.conf"] = (
                SITE.replace("$KEYS", "\n".join(map(self.key_line, keys)))
                .replace("$DEFAULT", str(name == "blog").lower())
                .replace("$NAME", name))

    @staticmethod
    def key_line(k):
        what = "secret" if k["algorithm"] == "HS256" else "public"
        return (f'\t\tkey "{k["kid"]}" {{ algorithm = "{k["algorithm"]}"'
                f'  {what} = "file:secrets.d/{k["kid"]}.key" }}')

    def write_conf(self):
        super().write_conf()
        for k in self.made.keys:
            self.write(f"etc/secrets.d/{k['kid']}.key", k["key"])

    def counts(self):
        return [int(self.value(f"select count(*) from pressgate.{t}"))
                for t in TABLES]

    def send(self, token, site="blog", body=None, key=None, **headers):
        """An event with that token and that site's signature."""
        door = Bridge(self.secrets[f"{site}.hmac"], None, None)
        key = key or door.key()
        body = body or event(key)
        client = Client(self.base, None, self.mount, door=door)
        return client.request("POST", door.path, body, {
            **client.headers(body, key, token=token), **headers})

    def fetch(self, token, target="/results"):
        door = Bridge(self.secrets["blog.hmac"], None, None)
        return Client(self.base, None, self.mount, door=door).get(
            target, token=token)

    def log(self):
        """The responder's lines about requests that ended at a door."""
        text = pathlib.Path(f"{self.dir}/log/responder.log").read_text()
        return [line for line in map(json.loads, text.splitlines())
                if line.get("status") in (202, 401) or "reason" in line]


def claims_of(token):
    try:
        part = token.split(".")[1]
        doc = json.loads(base64.urlsafe_b64decode(part + "=" * (
            -len(part) % 4)))
        return doc if isinstance(doc, dict) else {}
    except (ValueError, IndexError):
        return {}


def site_of(token):
    """Whose signature of the body goes with it: its own site's, so that
    nothing else than the token is wrong."""
    return "shop" if claims_of(token).get("iss") == ISSUERS["shop"] \
        else "blog"


def look(answer):
    """All that a sender sees of it."""
    return (answer.status, answer.body, tuple(sorted(
        (k.lower(), v) for k, v in answer.headers.items()
        if k.lower() != "date")))


def tokens(check, s):
    """Each of jose's tokens at the door."""
    made = [t for t in s.made.tokens if "spare" not in t["name"]]
    taken = [t for t in made if t["verdict"] == "ok"]
    refused = [t for t in made if t["verdict"] != "ok"]
    begun = time.monotonic()
    for t in taken:
        check.status(f"{t['algorithm']}, {t['name']}",
                     s.send(t["token"], site_of(t["token"])), 202, "accepted")
    before = s.counts()
    check("each of them is an event", before[0] == len(taken), before)
    lines = len(s.log())
    seen, said = collections.Counter(), []
    for t in refused:
        a = s.send(t["token"], site_of(t["token"]))
        if t["verdict"] == "too_long" and a.status == 400:
            continue  # the web server has a limit of its own
        check.status(f"{t['algorithm']}, {t['name']}", a, 401)
        seen[look(a)] += 1
        said.append((t["name"], t["verdict"]))
    check("all refusals are one answer to the byte",
          set(seen) == {s.refusal}, seen.most_common(3))
    check("and left nothing behind", s.counts() == before, s.counts())
    reasons = wait_until("their lines", lambda: len(
        r := s.log()[lines:]) >= len(said) and r)
    wrong = [(name, verdict, line.get("reason"))
             for (name, verdict), line in zip(said, reasons)
             if line.get("reason") != verdict]
    check("the log names the rule of each", not wrong
          and len(reasons) == len(said), wrong[:5])
    check("they were asked while they held",
          time.monotonic() - begun < 30, time.monotonic() - begun)
    print(f"{len(taken)} taken, {len(said)} refused")


def unauthorised(check, s, rows, ev):
    """Each is 401 with one answer, leaves nothing and is logged as ev."""
    before, lines = s.counts(), len(s.log())
    answers = [(what, ask()) for what, ask in rows]
    for what, a in answers:
        check.status(what, a, 401)
    check("is the answer that everything gets",
          {look(a) for _, a in answers} == {s.refusal})
    check("and left nothing behind", s.counts() == before, s.counts())
    seen = wait_until("their lines", lambda: len(
        r := s.log()[lines:]) >= len(rows) and r)
    check(f"is logged as {ev}", {line["ev"] for line in seen} == {ev}, seen)


def twice(check, s):
    """A token is good for one event, and for a blind retry of it."""
    token, key = s.made.spare(), str(uuid.uuid4())
    body = event(key, title="T")
    check.status("an event", s.send(token, body=body, key=key), 202,
                 "accepted")
    check.status("the same request again", s.send(token, body=body, key=key),
                 202, "duplicate")
    other = str(uuid.uuid4())
    unauthorised(check, s, [
        ("the same token with another body", lambda: s.send(
            token, body=event(key, title="other"), key=key)),
        ("with another event", lambda: s.send(
            token, body=event(other), key=other)),
        ], "replayed")
    check.status("the other event with a token of its own", s.send(
        s.made.spare(), body=event(other), key=other), 202, "accepted")
    check.status("the first one again, with a new token", s.send(
        s.made.spare(), body=body, key=key), 202, "duplicate")
    check.status("the same key at another site", s.send(
        s.made.spare("shop"), "shop", body=body, key=key), 202, "accepted")


def two_sites(check, s):
    """Both proofs must be of one site, and of this body."""
    token, shop = s.made.spare(), s.made.spare("shop")
    key = str(uuid.uuid4())
    body = event(key)
    wrong = {"blog": s.secrets["blog.hmac"], "shop": s.secrets["shop.hmac"]}
    signed = lambda by, data: {  # noqa: E731
        "X-Signature": "sha256=" + mac(wrong[by], data)}
    send = lambda token, site, **h: lambda: s.send(  # noqa: E731
        token, site, body=body, key=key, **h)
    unauthorised(check, s, [
        ("blog's token, shop's signature", send(token, "shop")),
        ("shop's token, blog's signature", send(shop, "blog")),
        ("a signature of other bytes", send(token, "blog", **signed(
            "blog", body + b" "))),
        ("a signature of the token", send(token, "blog", **signed(
            "blog", token.encode()))),
        ("63 digits", send(token, "blog", **{
            "X-Signature": "sha256=" + "0" * 63})),
        ("without sha256=", send(token, "blog", **{
            "X-Signature": mac(wrong["blog"], body)})),
        ], "bad_signature")
    check.status("the token is still good for an event", s.send(
        token, body=body, key=key), 202, "accepted")
    check.status("the other site's too", s.send(
        shop, "shop", body=body, key=key), 202, "accepted")


def purposes(check, s):
    """A token for results brings nothing, one for events fetches nothing."""
    token, results = s.made.spare(), s.made.spare(results=True)
    unauthorised(check, s, [
        ("a token for results at the door", lambda: s.send(results)),
        ("a token for events at GET /results", lambda: s.fetch(token)),
        ("at GET /events", lambda: s.fetch(
            token, f"/events/{uuid.uuid4()}"))], "bad_token")
    for _ in range(2):
        check.status("results, as often as one likes", s.fetch(results), 200)
    mine = s.send(token)
    check.status("the token for events is still good for one", mine, 202,
                 "accepted")
    request_id = mine.json()["request_id"]
    check.status("whose state its site may see", s.fetch(
        results, "/events/" + request_id), 200)
    check.status("and no other site", s.fetch(
        s.made.spare("shop", results=True), "/events/" + request_id), 404)


def main():
    if shutil.which("node") is None:
        print("no node")
        sys.exit(77)
    check = Checks()
    with socket.create_server(("127.0.0.1", 0)) as lure:
        lure.settimeout(0)
        made = Made("http://127.0.0.1:%d" % lure.getsockname()[1])
        with Gate(made) as s:
            s.start()
            s.refusal = look(s.send("a.b.c"))
            for part in (tokens, twice, two_sites, purposes):
                print(f"# {part.__name__}", flush=True)
                part(check, s)
            quiet(check, s, lure)
            counted(check, s)
    check.exit()


def counted(check, s):
    """Each process has written what it counted when it leaves."""
    s.procs["responder"].stop()
    logged = collections.Counter(
        line["ev"] + ("/" + line["reason"] if "reason" in line else "")
        for line in s.log() if line["status"] == 401)
    found = {reason: int(n) for reason, n in s.sql(
        "select reason, sum(count) from pressgate.rejection"
        " where reason <> 'not_found' group by 1")}
    check("the database counts the same, rule by rule", found == logged,
          set(found.items()) ^ set(logged.items()))
    check("and knows them all", len(found) > 25, len(found))


def quiet(check, s, lure):
    """What must not have happened meanwhile."""
    try:
        lure.accept()
        called = True
    except BlockingIOError:
        called = False
    check("no address in a token was called", not called)
    log = pathlib.Path(f"{s.dir}/log/responder.log").read_text()
    check("no signature of a token stands in the log", not any(
        len(last) > 20 and last in log for last in (
            t["token"].rpartition(".")[2] for t in s.made.tokens)))
    check("no secret either", not any(
        secret in log for secret in s.secrets.values()))
    check("no child was lost", "child_" not in log)


main()
