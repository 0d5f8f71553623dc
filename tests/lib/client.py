"""A sender as a WordPress site is one: signs, posts, fetches results."""

import hashlib
import hmac
import http.client
import json
import time
import urllib.parse
import uuid


def sign(secret, ts, data):
    """Hex HMAC-SHA256 of `timestamp.data`."""
    return hmac.new(secret.encode(), str(ts).encode() + b"." + data,
                    hashlib.sha256).hexdigest()


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def says(self):
        """The member status of an answer that has one."""
        try:
            return self.json().get("status")
        except (ValueError, AttributeError):
            return None

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


class Client:
    """mount: what the web server puts before every path."""

    def __init__(self, base, secret, mount="", timeout=20, context=None):
        u = urllib.parse.urlsplit(base)
        self.host, self.port = u.hostname, u.port
        self.secret = secret
        self.mount = mount
        self.timeout = timeout
        self.context = context  # an ssl.SSLContext: speak https

    def request(self, method, target, body=None, headers=None):
        if self.context:
            c = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.timeout,
                context=self.context)
        else:
            c = http.client.HTTPConnection(self.host, self.port,
                                           timeout=self.timeout)
        try:
            c.request(method, self.mount + target, body=body,
                      headers=headers or {})
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            c.close()

    def headers(self, body, key, ts=None, signature=None):
        ts = int(time.time()) if ts is None else ts
        return {
            "Content-Type": "application/json",
            "X-WP-Timestamp": str(ts),
            "X-WP-Signature": signature or sign(self.secret, ts, body),
            "Idempotency-Key": key,
            "User-Agent": "pressgate-tests/1",
        }

    def post(self, body, key, without=(), **how):
        """Posts exact bytes under a key. how: ts, signature."""
        headers = self.headers(body, key, **how)
        for name in without:
            del headers[name]
        return self.request("POST", "/webhooks/wp", body, headers)

    def event(self, kind="post.published", key=None, **members):
        key = key or str(uuid.uuid4())
        body = json.dumps({"event": kind, "idempotency_key": key,
                           **members}).encode()
        return self.post(body, key)

    def get(self, target):
        ts = int(time.time())
        return self.request("GET", target, headers={
            "X-WP-Timestamp": str(ts),
            "X-WP-Signature": sign(self.secret, ts,
                                   b"GET " + target.encode())})

    def results(self, since=None, limit=None):
        query = [f"{k}={v}" for k, v in
                 (("since", since), ("limit", limit)) if v is not None]
        return self.get("/results" + ("?" + "&".join(query) if query
                                      else ""))

    def walk(self, since=None, limit=None):
        """All results from a cursor on, and the cursor after them. After
        503 it asks again for ten seconds, as a site does."""
        found = []
        end = time.monotonic() + 10
        while True:
            a = self.results(since, limit)
            if a.status == 503 and time.monotonic() < end:
                time.sleep(0.1)
                continue
            if a.status != 200:
                raise AssertionError(f"GET /results: {a}")
            page = a.json()
            found += page["results"]
            since = page["next"]
            if not page["has_more"]:
                return found, since
