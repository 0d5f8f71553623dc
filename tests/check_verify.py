#!/usr/bin/env python3
"""pressgate verify: captured requests, each wrong in one way, and what the
command says about it. No database, no server."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from doors import Bridge, Edge, Hs256, Relay, mac  # noqa: E402
from flow import Checks  # noqa: E402

NOW = int(time.time())
KEY = "6f1d3c5b-7a99-4877-8655-443322110000"
HEX = "0123456789abcdef" * 4
WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdef" * 2).decode()
SECRETS = {"relay": "relay-" + "x" * 30, "hex": HEX, "edge": "edge-" + "y" * 30,
           "hmac": "hmac-" + "z" * 30, "token": "token-" + "t" * 30,
           "shop": "shop-" + "s" * 30, "stripe": WHSEC,
           "github": "github-" + "g" * 30, "hubspot": "hubspot-" + "h" * 30}
CONF = 'endpoint = "https://gate.example.com"\nfcgi { mount = "/gate" }\n'
BLOG = """\
site "blog" {
	url = "https://blog.example.com"
	default = true
	relay {
		key "r1" { secret = "file:relay" }
		key "r2" { secret = "file:hex" }
	}
	edge { key "e1" { secret = "file:edge" } }
	bridge {
		issuer = "https://blog.example.com"
		key "t1" { algorithm = "HS256"  secret = "file:token" }
		hmac "h1" { secret = "file:hmac" }
	}
	source "pay" { provider = "stripe"  secret "s1" { value = "file:stripe" } }
	source "code" { provider = "github"  secret "g1" { value = "file:github" } }
	source "crm" {
		provider = "hubspot"
		public_url = "https://gate.example.com/api/webhooks/crm"
		secret "c1" { value = "file:hubspot" }
	}
}
"""
SHOP = """\
site "shop" {
	url = "https://shop.example.com"
	relay { key "s1" { secret = "file:shop" } }
}
"""


class Desk:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        (self.dir / "sites.d").mkdir()
        for name, text in (("pressgate.conf", CONF), ("sites.d/blog.conf",
                           BLOG), ("sites.d/shop.conf", SHOP),
                           *SECRETS.items()):
            path = self.dir / name
            path.write_text(text)
            path.chmod(0o600)
        self.program = pathlib.Path(os.environ.get("PRESSGATE_BIN", "."),
                                    "pressgate").resolve()

    def verify(self, capture, *args):
        out = subprocess.run(
            [self.program, "verify", "--capture", "-", "--json", *args],
            input=capture, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PRESSGATE_CONF":
                 str(self.dir / "pressgate.conf")})
        doc = json.loads(out.stdout) if out.stdout else {}
        return out.returncode, doc, out.stderr.decode()


def capture(headers, body=b"", target="/", method="POST", end="\r\n"):
    head = [f"{method} {target} HTTP/1.1", "Host: gate.example.com",
            *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return end.join(head).encode() + body


RELAY = Relay(SECRETS["relay"], "r1")
EDGE = Edge(SECRETS["edge"], "e1")
BRIDGE = Bridge(SECRETS["hmac"], "https://blog.example.com",
                Hs256(SECRETS["token"], "t1"))
BODY = json.dumps({"event": "post.published", "url": "https://x/ä",
                   "idempotency_key": KEY}, ensure_ascii=False,
                  separators=(",", ":")).encode()
PHP = json.dumps(json.loads(BODY), separators=(",", ":")).replace(
    "/", "\\/").encode()


def relay(body=BODY, signed=None, secret=None, key_id="r1", ts=NOW, **more):
    door = Relay(SECRETS["relay"] if secret is None else secret, key_id)
    headers = door.post(body if signed is None else signed, KEY, ts=ts)
    headers.update(more.pop("headers", {}))
    for name in more.pop("without", ()):
        del headers[name]
    return capture(headers, body, **{"target": RELAY.path, **more})


def raw(key, data):
    return hmac.new(key, data, hashlib.sha256).hexdigest()


def by_bytes(key, body=BODY):
    """Signed with the secret's bytes where its text was meant."""
    signature = raw(key, f"{NOW}.".encode() + body)
    return relay(body, key_id="r2", headers={"X-WP-Signature": signature})


def stripe(secret=WHSEC.encode(), body=b'{"id":"evt_1"}', signed=None, ts=NOW):
    v1 = raw(secret, f"{ts}.".encode() + (body if signed is None else signed))
    return capture({"Stripe-Signature": f"t={ts},v1={v1}"}, body,
                   "/api/webhooks/pay")


def github(body=b'{"a":1}', signed=None):
    signature = raw(SECRETS["github"].encode(),
                    body if signed is None else signed)
    return capture({"X-Hub-Signature-256": "sha256=" + signature}, body,
                   "/api/webhooks/code")


def hubspot(url, body=b"[]"):
    """Version 3: method, address, body, time in milliseconds."""
    ts = str(NOW * 1000)
    signature = base64.b64encode(hmac.new(
        SECRETS["hubspot"].encode(), ("POST" + url).encode() + body
        + ts.encode(), hashlib.sha256).digest()).decode()
    return capture({"X-HubSpot-Signature-v3": signature,
                    "X-HubSpot-Request-Timestamp": ts}, body,
                   "/api/webhooks/crm")


GOOD = [
    ("relay", relay(), (), ("relay", "blog", "r1")),
    ("with LF alone", relay(end="\n"), (), ("relay", "blog", "r1")),
    ("without a key id", relay(key_id=None), (), ("relay", "blog", "r1")),
    ("behind the prefix", relay(target="/gate/webhooks/wp"), (),
     ("relay", "blog", "r1")),
    ("a site in the path", relay(secret=SECRETS["shop"], key_id=None,
                                 target="/webhooks/wp/shop"), (),
     ("relay", "shop", "s1")),
    ("at another address, by its headers", relay(target="/x"), (),
     ("relay", "blog", "r1")),
    ("an old one, as of then", relay(ts=NOW - 9999),
     ("--at", str(NOW - 9999)), ("relay", "blog", "r1")),
    ("with the next request behind it", relay(headers={
        "Content-Length": str(len(BODY))}) + b"\r\nGET / HTTP/1.1", (),
     ("relay", "blog", "r1")),
    ("edge", capture(EDGE.post(BODY, KEY), BODY, EDGE.path), (),
     ("edge", "blog", "e1")),
    ("bridge", capture(BRIDGE.post(BODY, KEY), BODY, BRIDGE.path), (),
     ("bridge", "blog", "t1")),
    ("a GET", capture(RELAY.get("/results?limit=5"), b"",
                      "/gate/results?limit=5", "GET"), (),
     ("relay", "blog", "r1")),
    ("a GET by bridge", capture(BRIDGE.get("/results"), b"", "/results",
                                "GET"), (), ("bridge", "blog", "t1")),
    ("stripe", stripe(), ("--source", "pay"), ("stripe", "blog", "s1")),
    ("github", github(), ("--source", "code"), ("github", "blog", "g1")),
    ("hubspot", hubspot("https://gate.example.com/api/webhooks/crm"),
     ("--source", "crm"), ("hubspot", "blog", "c1")),
]

BAD = [
    ("an old capture", relay(ts=NOW - 9999), (), "stale",
     "s ago; an old capture"),
    ("a clock ahead", relay(ts=NOW + 9999), (), "stale", "s ahead"),
    ("a newline that was signed", relay(signed=BODY + b"\n"), (),
     "bad_signature", "for the body with a newline at its end"),
    ("a newline that was added", relay(BODY + b"\n", BODY), (),
     "bad_signature", "without the white space at its end"),
    ("JSON written again", relay(signed=PHP), (), "bad_signature",
     "/ written as \\/, letters beyond ASCII written as \\u"),
    ("JSON of PHP, unescaped on its way", relay(PHP, BODY), (),
     "bad_signature", "\\/ written as /, \\u written as UTF-8"),
    ("pretty-printed", relay(signed=json.dumps(json.loads(
        BODY), indent=4, ensure_ascii=False).encode()), (), "bad_signature",
     "pretty-printed by 4"),
    ("Python's spaces", relay(signed=json.dumps(json.loads(
        BODY), ensure_ascii=False).encode()), (), "bad_signature",
     "as Python writes"),
    ("a secret decoded from hex", by_bytes(bytes.fromhex(HEX)), (),
     "bad_signature", "secret r2 decoded from hex"),
    ("a secret with its file's newline", relay(
        secret=SECRETS["relay"] + "\n"), (), "bad_signature",
     "secret r1 with a newline at its end"),
    ("another key than it names", relay(key_id="r2"), (), "bad_signature",
     "under secret r1"),
    ("another site's secret", relay(secret=SECRETS["shop"]), (),
     "bad_signature", "secret s1 of site shop"),
    ("a key that nobody has", relay(key_id="r9"), (), "unknown_site", None),
    ("nothing that helps", relay(secret="nobody's"), (), "bad_signature",
     None),
    ("another site than --site", relay(), ("--site", "shop"),
     "unknown_site", None),
    ("no signature", relay(without=["X-WP-Signature"]), (),
     "header_missing", None),
    ("a header twice", relay().replace(
        b"Idempotency-Key", b"X-WP-Key-Id: r1\r\nIdempotency-Key"), (),
     "header_twice", None),
    ("base64 for hex", relay(headers={"X-WP-Signature": base64.b64encode(
        b"0" * 32).decode()}), (), "bad_signature", "is base64"),
    ("the bridge's mark", relay(headers={"X-WP-Signature": "sha256=" + "0" * 64
                                         }), (), "bad_signature",
     "has sha256= before it"),
    ("milliseconds", relay(ts=NOW * 1000), (), "bad_signature",
     "in milliseconds"),
    ("a key with a blank", relay(headers={"Idempotency-Key": "a b"}), (),
     "bad_key", None),
    ("a GET with the prefix signed", capture(
        RELAY.get("/gate/results"), b"", "/gate/results", "GET"), (),
     "bad_signature", "with the gate's prefix"),
    ("a GET without its query", capture(RELAY.get("/results"), b"",
                                        "/results?limit=5", "GET"), (),
     "bad_signature", "without its query"),
    ("bridge: a body written again", capture(BRIDGE.post(
        PHP, KEY), BODY, BRIDGE.path), (), "bad_signature", "written as \\/"),
    ("bridge: a token past its life", capture(BRIDGE.post(
        BODY, KEY, ts=NOW - 9999), BODY, BRIDGE.path), (), "stale", None),
    ("bridge: a token for results", capture(BRIDGE.post(
        BODY, KEY, aud="pressgate-results"), BODY, BRIDGE.path), (),
     "bad_token", None),
    ("bridge: no mark", capture(BRIDGE.post(BODY, KEY, token=BRIDGE.token(
        "pressgate")) | {"X-Signature": mac(SECRETS["hmac"], BODY)}, BODY,
        BRIDGE.path), (), "bad_signature", "no sha256="),
    ("stripe: an old capture", stripe(ts=NOW - 9999), ("--source", "pay"),
     "stale", "s ago"),
    ("stripe: its secret without whsec_", stripe(WHSEC[6:].encode()),
     ("--source", "pay"), "no_match", "s1 without whsec_"),
    ("stripe: its secret decoded", stripe(base64.b64decode(WHSEC[6:])),
     ("--source", "pay"), "no_match", "without whsec_, decoded from base64"),
    ("github: a body parsed on its way", github(
        b'{"a": 1}', b'{"a":1}'), ("--source", "code"), "no_match",
     "without white space"),
    ("hubspot: told http", hubspot(
        "http://gate.example.com/api/webhooks/crm"), ("--source", "crm"),
     "no_match", "with http for https"),
    ("hubspot: told another path", hubspot(
        "https://gate.example.com/api/webhooks/crm/"), ("--source", "crm"),
     "no_match", "with a slash at its end"),
    ("hubspot: no header", capture({}, b"[]"), ("--source", "crm"),
     "header_missing", None),
]


def main():
    check = Checks()
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(folder)
        for what, text, args, who in GOOD:
            code, doc, err = desk.verify(text, *args)
            check(f"verifies: {what}", code == 0 and doc.get("verifies")
                  and (doc["door"], doc["site"], doc["key_id"]) == who
                  and doc["hint"] is None, (code, doc, err))
        for what, text, args, fault, hint in BAD:
            code, doc, err = desk.verify(text, *args)
            ok = code == 1 and doc.get("verifies") is False \
                and doc["fault"] == fault and doc["why"] \
                and (doc["hint"] is None if hint is None
                     else hint in (doc["hint"] or ""))
            check(f"does not: {what}", ok, (code, doc, err))
            check("and no secret is in what it says", not any(
                s in err + json.dumps(doc) for s in SECRETS.values()))
        for what, text, args, exit_code in (
                ("no capture", b"nothing", (), 2),
                ("no door", capture({}, b"{}", "/x"), (), 2),
                ("no such source", github(), ("--source", "x"), 5),
                ("no such time", relay(), ("--at", "x"), 2)):
            code, _, err = desk.verify(text, *args)
            check(what, code == exit_code and err, (code, err))
    check.exit()


main()
