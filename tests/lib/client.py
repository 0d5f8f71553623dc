"""A sender as a WordPress site is one: signs, posts, fetches results."""

import http.client
import json
import ssl
import time
import urllib.parse

from doors import Relay, sign  # noqa: F401


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
    """mount: what the web server puts before every path. door: how it
    proves itself (doors.py); by default as a relay with that secret."""

    def __init__(self, base, secret, mount="", timeout=20, context=None,
                 door=None):
        u = urllib.parse.urlsplit(base)
        self.host, self.port = u.hostname, u.port
        self.door = door or Relay(secret)
        self.secret = self.door.secret
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
            try:
                c.request(method, self.mount + target, body=body,
                          headers=headers or {})
            except (BrokenPipeError, ConnectionResetError,
                    ssl.SSLEOFError):
                pass  # it had heard enough; its answer may be there
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            c.close()

    def headers(self, body, key, **how):
        return {"Content-Type": "application/json",
                "User-Agent": "pressgate-tests/1",
                **self.door.post(body, key, **how)}

    def post(self, body, key, without=(), **how):
        """Posts exact bytes under a key. how: what the door takes, such as
        ts and signature."""
        headers = self.headers(body, key, **how)
        for name in without:
            del headers[name]
        return self.request("POST", self.door.path, body, headers)

    def event(self, kind="post.published", key=None, **members):
        key = key or self.door.key()
        return self.post(self.door.body(kind, key, **members), key)

    def get(self, target, **how):
        return self.request("GET", target,
                            headers=self.door.get(target, **how))

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
