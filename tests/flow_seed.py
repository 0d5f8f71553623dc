#!/usr/bin/env python3
"""A site's first day: the shell snippet of the guide, then every answer that
a relay sender can get, then the result; and what the guides for the other two
doors send. nginx, responder, PostgreSQL, worker and vendor are real or stand
in for real ones over real sockets."""

import hashlib
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack, VECTORS  # noqa: E402

# Body, time, signature, curl, as the guide for WordPress sites shows it for
# trying the endpoint by hand.
SNIPPET = r"""
export BODY='{"event":"post.published","idempotency_key":"abc-123"}'
export TS=$(date +%s)
SIG=$(python3 - <<PY
import hmac,hashlib,os
secret=os.environ.get("WP_RELAY_SECRET","test")
body=os.environ["BODY"]; ts=os.environ["TS"]
print(hmac.new(secret.encode(), f"{ts}.{body}".encode(), hashlib.sha256).hexdigest())
PY
)
curl -s -i -X POST "$BASE_URL/webhooks/wp" \
 -H "Content-Type: application/json" \
 -H "X-WP-Timestamp: $TS" \
 -H "X-WP-Signature: $SIG" \
 -H "Idempotency-Key: abc-123" \
 --data "$BODY"
"""


# A WordPress that checked a provider's webhook and passes it on.
EDGE = r"""
TS=$(date +%s) NONCE=$(openssl rand -hex 8)
SIG=$(printf '%s.%s.%s' "$TS" "$NONCE" "$BODY" |
    openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl -s -i "$BASE_URL/ingest/webhook" \
 -H "Content-Type: application/json" \
 -H "X-Idempotency-Key: $KEY" \
 -H "X-Edge-Signature: $SIG" \
 -H "X-Edge-Timestamp: $TS" \
 -H "X-Edge-Nonce: $NONCE" \
 --data-binary "$BODY"
"""

# A WordPress that holds an RSA key of its own and a secret for bodies.
BRIDGE = r"""
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
NOW=$(date +%s)
HEAD=$(printf '{"alg":"RS256","typ":"JWT","kid":"rs"}' | b64)
CLAIMS=$(printf '{"iss":"%s","aud":"pressgate","iat":%d,"exp":%d,"jti":"%s"}' \
    "$ISSUER" "$NOW" "$((NOW + 300))" "$(openssl rand -hex 16)" | b64)
TOKEN=$HEAD.$CLAIMS.$(printf '%s' "$HEAD.$CLAIMS" |
    openssl dgst -sha256 -sign "$PRIVATE_KEY" | b64)
SIG=$(printf '%s' "$BODY" |
    openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl -s -i "$BASE_URL/ingest" \
 -H "Authorization: Bearer $TOKEN" \
 -H "X-Signature: sha256=$SIG" \
 -H "X-Idempotency-Key: $KEY" \
 -H "Content-Type: application/json" \
 --data-binary "$BODY"
"""

KEY = "7d444840-9dc0-41d1-b245-5ffdce74fad2"


def snippet(s):
    out = subprocess.run(
        ["sh", "-c", SNIPPET], text=True, stdout=subprocess.PIPE, check=True,
        env={"PATH": "/usr/bin:/bin", "BASE_URL": s.base,
             "WP_RELAY_SECRET": s.secret})
    head, _, body = out.stdout.replace("\r", "").partition("\n\n")
    return head, json.loads(body)


def follow_the_snippet(check, s):
    head, first = snippet(s)
    check("the guide's snippet gets 202 accepted",
          " 202 " in head and first["status"] == "accepted", (head, first))
    check("Location names the event",
          f"/events/{first['request_id']}" in head, head)
    head, second = snippet(s)
    check("the same again gets 202 duplicate",
          " 202 " in head and second["status"] == "duplicate",
          (head, second))
    check("the duplicate's request_id is the first one's",
          second["request_id"] == first["request_id"])
    return first["request_id"]


def shell(script, **env):
    """Runs a guide's snippet; the status line and the answer."""
    out = subprocess.run(["sh", "-c", script], text=True, check=True,
                         stdout=subprocess.PIPE,
                         env={"PATH": "/usr/bin:/bin", **env})
    head, _, body = out.stdout.replace("\r", "").partition("\n\n")
    return head.partition("\n")[0], json.loads(body)


def pass_on_a_webhook(check, s):
    """By edge: once a provider's event id is the key, once a hash is."""
    for event_id in ("evt_1", None):
        body = {"type": "post.published", "data": {"object": {"n": 1}}}
        if event_id:
            body["id"] = event_id
        text = json.dumps(body)
        key = ("prov:" + event_id if event_id else "hash:"
               + hashlib.sha256(text.encode()).hexdigest())
        for says in ("accepted", "duplicate"):
            line, answer = shell(
                EDGE, BODY=text, KEY=key, BASE_URL=s.base,
                SECRET=s.secrets["edge"])
            check(f"what WordPress passes on as {key[:11]} is {says}",
                  " 202 " in line and answer["status"] == says,
                  (line, answer))
        come_back(check, s, "edge", key, answer["request_id"],
                  "Summarise none: untitled")


def send_with_a_token(check, s):
    body = json.dumps({
        "event_type": "post.published", "object_ref": "17",
        "data": {"title": "Hello"}, "idempotency_key": KEY,
        "occurred_at": "2026-02-05T10:00:00Z"}, separators=(",", ":"))
    for says in ("accepted", "duplicate"):
        line, answer = shell(
            BRIDGE, BODY=body, KEY=KEY, BASE_URL=s.base,
            SECRET=s.secrets["hmac"], ISSUER="https://blog.example.com",
            PRIVATE_KEY=str(VECTORS / "test-key-rs256.private.pem"))
        check(f"a signed event with a token is {says}",
              " 202 " in line and answer["status"] == says, (line, answer))
    r = come_back(check, s, "bridge-rs256", KEY, answer["request_id"],
                  "Summarise none: Hello")
    check("templates see the member data, and the result its reference",
          r["object_ref"] == "17", r)


def come_back(check, s, kind, key, request_id, prompt):
    """The result, by the door that the event came in by."""
    client = s.by(kind)

    def result():
        return [r for r in client.walk()[0] if r["idempotency_key"] == key]
    r = wait_until("the result of " + key, result)[0]
    check(f"its result comes back by {kind}",
          r["request_id"] == request_id and r["status"] == "done"
          and r["output"] == {"summary": "Summary: " + prompt}, r)
    check.status("and so does its state", client.get(
        "/events/" + request_id), 200, "done")
    return r


def refuse(check, s):
    """Every answer but 202."""
    c = s.client
    good = b'{"event":"post.published","idempotency_key":"r-1"}'
    now = int(time.time())
    check.status("wrong signature", c.post(good, "r-1", signature="0" * 64),
                 401)
    check.status("timestamp 301 s old", c.post(good, "r-1", ts=now - 301),
                 401)
    check.status("timestamp 310 s ahead", c.post(good, "r-1", ts=now + 310),
                 401)
    for name in ("X-WP-Timestamp", "X-WP-Signature", "Idempotency-Key"):
        check.status(f"no {name}", c.post(good, "r-1", without=[name]), 400)
    check.status("broken JSON", c.post(b'{"event":', "r-1"), 400)
    check.status("a header key that is not the body's", c.post(good, "r-2"),
                 400)
    check.status("a body of 300 KB", c.post(
        b'{"event":"post.published","idempotency_key":"r-1","title":"'
        + b"x" * 307200 + b'"}', "r-1"), 413)
    check.status("an unknown event",
                 c.event("post.exploded", "r-1"), 422)
    check.status("not JSON by media type", c.request(
        "POST", "/webhooks/wp", good,
        {**c.headers(good, "r-1"), "Content-Type": "text/plain"}), 415)
    a = c.request("GET", "/webhooks/wp")
    check("GET on the door is 405 with Allow",
          a.status == 405 and "POST" in (a.headers["Allow"] or ""), a)
    check.status("an unknown path", c.request("GET", "/nowhere"), 404)
    check.status("the good one is not harmed by all that",
                 c.post(good, "r-1"), 202, "accepted")
    check.status("same key, another body",
                 c.event("post.published", "r-1", title="other"), 422)
    a = c.post(good, "r-1", signature="0" * 64)
    check("errors are application/problem+json",
          a.headers["Content-Type"] == "application/problem+json", a)
    check("errors echo nothing", b"r-1" not in a.body, a)


def replay_without_a_key(check, s):
    body = b'{"event":"post.published","title":"no key in here"}'
    c = s.client
    ts = int(time.time())
    check.status("a body without a key goes by the header's",
                 c.post(body, "k-one", ts=ts), 202, "accepted")
    check.status("the same request again is a duplicate",
                 c.post(body, "k-one", ts=ts), 202, "duplicate")
    check.status("the same signed body under another key",
                 c.post(body, "k-two", ts=ts), 401)


def fetch(check, s, request_id):
    def result():
        return [r for r in s.client.walk()[0]
                if r["request_id"] == request_id]
    r = wait_until("the result", result)[0]
    check("its result appears in GET /results",
          r["status"] == "done" and r["idempotency_key"] == "abc-123"
          and r["event_type"] == "post.published"
          and r["route"] == "summarise", r)
    check("the output is the vendor's answer, through the route's template",
          r["output"] == {"summary": "Summary: Summarise abc-123: untitled"},
          r)
    check("usage is counted", (r["usage"] or {}).get("total_tokens", 0) > 0,
          r)
    a = s.client.get("/events/" + request_id)
    check("GET /events/ says done", a.status == 200 and a.says() == "done",
          a)
    check.status("another's event is 404", s.client.get(
        "/events/01920000-0000-7000-8000-000000000000"), 404)
    check.status("unsigned results are refused",
                 s.client.request("GET", "/results"), 400)
    a = s.client.results()
    check("results are private",
          "no-store" in (a.headers["Cache-Control"] or ""), a)


def nothing_leaks(check, s, request_id):
    text = "".join(p.read_text(errors="replace")
                   for p in pathlib.Path(s.dir, "log").iterdir()
                   if p.name in ("responder.log", "worker.log"))
    check("the logs speak of the event", request_id in text)
    check("no secret and no payload in the logs",
          not any(secret in text for secret in (
              s.secret, *s.secrets.values(), "no key in here", "eyJ")))


def main():
    check = Checks()
    with Stack() as s:
        s.start()
        request_id = follow_the_snippet(check, s)
        refuse(check, s)
        replay_without_a_key(check, s)
        fetch(check, s, request_id)
        pass_on_a_webhook(check, s)
        send_with_a_token(check, s)
        nothing_leaks(check, s, request_id)
        check("the responder stops when asked",
              s.procs["responder"].stop(timeout=10))
        check("the worker stops when asked",
              s.procs["worker"].stop(timeout=10))
    check.exit()


main()
