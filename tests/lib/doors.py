"""The three front doors as their senders use them: what a request's headers
are for exact bytes, and what a body looks like."""

import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import time
import uuid


def mac(secret, data):
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


def sign(secret, ts, data):
    """Hex HMAC-SHA256 of `timestamp.data`."""
    return mac(secret, str(ts).encode() + b"." + data)


def now():
    return int(time.time())


class Relay:
    """WordPress signs `timestamp.body`."""

    name = "relay"
    path = "/webhooks/wp"

    def __init__(self, secret, key_id=None):
        self.secret = secret
        self.key_id = key_id

    def headers(self, signed, ts, signature=None):
        headers = {"X-WP-Timestamp": str(ts),
                   "X-WP-Signature": signature
                   or sign(self.secret, ts, signed)}
        if self.key_id:
            headers["X-WP-Key-Id"] = self.key_id
        return headers

    def post(self, body, key, ts=None, **how):
        return {**self.headers(body, now() if ts is None else ts, **how),
                "Idempotency-Key": key}

    def get(self, target, ts=None, **how):
        return self.headers(b"GET " + target.encode(),
                            now() if ts is None else ts, **how)

    def body(self, kind, key=None, **members):
        doc = {"event": kind, **members}
        if key is not None:
            doc["idempotency_key"] = key
        return json.dumps(doc).encode()

    def key(self):
        return str(uuid.uuid4())


class Edge:
    """WordPress passes on what others sent to it: `timestamp.nonce.body`."""

    name = "edge"
    path = "/ingest/webhook"

    def __init__(self, secret, key_id=None):
        self.secret = secret
        self.key_id = key_id

    def headers(self, signed, ts=None, nonce=None, signature=None):
        ts = now() if ts is None else ts
        nonce = nonce or secrets.token_hex(8)
        headers = {"X-Edge-Timestamp": str(ts), "X-Edge-Nonce": nonce,
                   "X-Edge-Signature": signature or mac(
                       self.secret, f"{ts}.{nonce}.".encode() + signed)}
        if self.key_id:
            headers["X-Edge-Key-Id"] = self.key_id
        return headers

    def post(self, body, key, **how):
        return {**self.headers(body, **how), "X-Idempotency-Key": key}

    def get(self, target, **how):
        return self.headers(b"GET " + target.encode(), **how)

    def body(self, kind, key=None, **members):
        return json.dumps({"type": kind, "data": {"object": members},
                           "id": key}).encode()

    def key(self):
        return "prov:" + secrets.token_hex(8)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Hs256:
    """Signs tokens with a secret, which Python can do by itself."""

    alg = "HS256"

    def __init__(self, secret, kid):
        self.secret = secret
        self.kid = kid

    def sign(self, data):
        return hmac.new(self.secret.encode(), data, hashlib.sha256).digest()


class Rs256:
    """Signs tokens with a private key, by openssl's command."""

    alg = "RS256"

    def __init__(self, path, kid):
        self.path = path
        self.kid = kid

    def sign(self, data):
        return subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.path], input=data,
            stdout=subprocess.PIPE, check=True).stdout


class Bridge:
    """A token says who it is, a second signature covers the body."""

    name = "bridge"
    path = "/ingest"

    def __init__(self, secret, issuer, signer, audience="pressgate",
                 results_audience="pressgate-results"):
        self.secret = secret
        self.issuer = issuer
        self.signer = signer
        self.audience = audience
        self.results_audience = results_audience

    def token(self, audience, ts=None, jti=None, header=None, **claims):
        """header and claims replace members; None leaves one out."""
        ts = now() if ts is None else ts
        head = {"alg": self.signer.alg, "typ": "JWT",
                "kid": self.signer.kid, **(header or {})}
        body = {"iss": self.issuer, "aud": audience, "iat": ts,
                "exp": ts + 300, "jti": jti or str(uuid.uuid4()), **claims}
        parts = [base64url(json.dumps(
            {k: v for k, v in d.items() if v is not None},
            separators=(",", ":")).encode()) for d in (head, body)]
        signed = ".".join(parts)
        return signed + "." + base64url(self.signer.sign(signed.encode()))

    def post(self, body, key, token=None, signature=None, **how):
        return {"Authorization": "Bearer " + (
                    token or self.token(self.audience, **how)),
                "X-Signature": "sha256=" + (
                    signature or mac(self.secret, body)),
                "X-Idempotency-Key": key}

    def get(self, _target, token=None, **how):
        return {"Authorization": "Bearer " + (
            token or self.token(self.results_audience, **how))}

    def body(self, kind, key=None, **members):
        return json.dumps({"event_type": kind, "idempotency_key": key,
                           "object_ref": "17", "data": members}).encode()

    def key(self):
        return str(uuid.uuid4())
