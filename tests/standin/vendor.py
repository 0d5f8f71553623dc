#!/usr/bin/env python3
"""A stand-in for an LLM vendor and a CRM, on loopback.

    vendor.py PORT [LOGFILE]

POST /v1/chat/completions   OpenAI's chat protocol. The model's name says how
                            the call goes (see BEHAVIOURS); any other name
                            is answered at once.
PUT|POST /crm/idem/...      JSON upsert; a repeated Idempotency-Key gets the
                            first answer again, as careful vendors do
PUT|POST /crm/plain/...     the same, but the key is not looked at
                            (a last path element like slow-2s or fail-500
                            says how the call goes, as a model's name does)
GET  /_log                  every call so far, as JSON: {"calls": [...]}
DELETE /_log                forgets them
GET  /_open                 the calls that are under way
PUT  /_behaviour/NAME       body {"behaviour": "fail-500"}: from now on model
                            or path element NAME goes that way; null: no more
GET  /_crm                  what the CRM holds

A call's record: n, begun, ended (seconds since 1970, ended null while it
runs), path, name (model or last path element), idempotency_key, request_id,
traceparent, status, completed (the whole answer went out and the caller was
still there), hung_up (the caller left first), prompt. LOGFILE gets each
record as a JSON line when the call ends.
"""

import asyncio
import json
import re
import sys
import time
import uuid

HEAD_MAX = 65536
BODY_MAX = 4 << 20
OPEN_AMONG = 2000  # the newest calls, among which those under way are

# A behaviour's name as a pattern, and what it does: a function of
# (vendor, match, key) that returns (delay_s, kind, argument).
# kind: ok, error (status, type, code, headers), hang, garbage, cut, gather
# (how many).


def _slow(vendor, m, key):
    return float(m[1]), "ok", None


def _gather(vendor, m, key):
    return float(m[2]), "gather", int(m[1])


def _fail(vendor, m, key):
    return 0, "error", (int(m[1]), "server_error", None, {})


def _fail_times(vendor, m, key):
    if vendor.count("flaky", key) <= int(m[1]):
        return 0, "error", (500, "server_error", None, {})
    return 0, "ok", None


LIMITED = (429, "rate_limit_exceeded", "rate_limit_exceeded",
           {"Retry-After": "1"})


def _limited_once(vendor, m, key):
    if vendor.count("limited", key) == 1:
        return 0, "error", LIMITED
    return 0, "ok", None


BEHAVIOURS = [
    (re.compile(p), f) for p, f in [
        (r"slow-([0-9.]+)s", _slow),
        # nobody is answered until so many are there, then so much later
        (r"gather-([0-9]+)-([0-9.]+)s", _gather),
        (r"fail-([45][0-9][0-9])", _fail),
        (r"flaky-([0-9]+)", _fail_times),
        (r"rate-limited-once", _limited_once),
        (r"rate-limited", lambda v, m, k: (0, "error", LIMITED)),
        (r"no-quota", lambda v, m, k: (0, "error", (
            429, "insufficient_quota", "insufficient_quota", {}))),
        (r"bad-key", lambda v, m, k: (0, "error", (
            401, "invalid_request_error", "invalid_api_key", {}))),
        (r"hang", lambda v, m, k: (0, "hang", None)),
        (r"garbage", lambda v, m, k: (0, "garbage", None)),
        (r"cut", lambda v, m, k: (0, "cut", None)),
    ]
]

MESSAGES = {
    401: "Incorrect API key provided.",
    429: "Rate limit reached for requests.",
    500: "The server had an error while processing your request.",
}

REASONS = {200: "OK", 201: "Created", 400: "Bad Request",
           401: "Unauthorized", 404: "Not Found",
           405: "Method Not Allowed", 413: "Content Too Large",
           429: "Too Many Requests", 500: "Internal Server Error",
           502: "Bad Gateway", 503: "Service Unavailable"}


class Vendor:
    def __init__(self, logfile=None):
        self.calls = []
        self.counts = {}
        self.overrides = {}
        self.gathering = {}
        self.crm = {}
        self.crm_answers = {}
        self.logfile = open(logfile, "a") if logfile else None

    def count(self, what, key):
        """How many calls of this kind this key has made, this one too."""
        n = self.counts.get((what, key), 0) + 1
        self.counts[(what, key)] = n
        return n

    def behave(self, name, key):
        name = self.overrides.get(name, name)
        for pattern, f in BEHAVIOURS:
            m = pattern.fullmatch(name)
            if m:
                return f(self, m, key)
        return 0, "ok", None

    def gather(self, name, many):
        """What those of that name wait for; the last one sets it."""
        here, all_here = self.gathering.pop(name, (0, asyncio.Event()))
        if here + 1 < many:
            self.gathering[name] = here + 1, all_here
        else:
            all_here.set()
        return all_here

    def begin(self, method, path, headers, name, prompt):
        call = {
            "n": len(self.calls), "begun": time.time(), "ended": None,
            "method": method, "path": path, "name": name,
            "idempotency_key": headers.get("idempotency-key"),
            "request_id": headers.get("x-request-id"),
            "traceparent": headers.get("traceparent"),
            "authorization": "authorization" in headers,
            "status": None, "completed": False, "hung_up": False,
            "prompt": prompt,
        }
        self.calls.append(call)
        return call

    def end(self, call):
        call["ended"] = time.time()
        if self.logfile:
            self.logfile.write(json.dumps(call) + "\n")
            self.logfile.flush()


def error(status, kind, code):
    """An error as OpenAI sends it."""
    return {"error": {"message": MESSAGES.get(status, "Request failed."),
                      "type": kind, "param": None, "code": code}}


def completion(body):
    """An answer that can be told from the question."""
    prompt = " ".join(str(m.get("content", "")) for m in body["messages"])
    words = prompt.split()
    text = "Summary: " + " ".join(words[-12:])
    return {
        "id": "chatcmpl-" + uuid.uuid4().hex[:24],
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text,
                                 "refusal": None},
                     "logprobs": None}],
        "usage": {"prompt_tokens": len(words),
                  "completion_tokens": len(text.split()),
                  "total_tokens": len(words) + len(text.split())},
    }


class Connection:
    def __init__(self, vendor, reader, writer):
        self.vendor = vendor
        self.reader = reader
        self.writer = writer

    async def serve(self):
        try:
            while await self.one():
                pass
        except (ConnectionError, asyncio.IncompleteReadError,
                asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            self.writer.close()

    async def read_body(self, headers):
        if "chunked" not in headers.get("transfer-encoding", ""):
            n = int(headers.get("content-length", "0"))
            if not 0 <= n <= BODY_MAX:
                raise ValueError("length")
            return await self.reader.readexactly(n)
        body = b""
        while True:
            n = int((await self.reader.readline()).split(b";")[0], 16)
            body += await self.reader.readexactly(n)
            await self.reader.readline()
            if n == 0 or len(body) > BODY_MAX:
                return body

    async def one(self):
        """One request; false when the connection is over."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {}
        for line in lines[1:]:
            if ":" in line:
                k, v = line.split(":", 1)
                headers[k.strip().lower()] = v.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        raw = await self.read_body(headers)
        keep = headers.get("connection", "").lower() != "close"
        return await self.route(method, path, headers, raw) and keep

    async def route(self, method, path, headers, raw):
        if path.startswith("/_"):
            status, doc = self.control(method, path, raw)
            return await self.answer(status, doc)
        try:
            doc = json.loads(raw)
            if not isinstance(doc, dict):
                raise ValueError
        except ValueError:
            return await self.answer(
                400, error(400, "invalid_request_error", None))
        if path == "/v1/chat/completions" and method == "POST":
            return await self.chat(path, headers, doc)
        if path.startswith("/crm/") and method in ("PUT", "POST"):
            return await self.upsert(method, path, headers, doc)
        return await self.answer(404, error(404, "invalid_request_error",
                                            None))

    async def chat(self, path, headers, doc):
        messages = doc.get("messages")
        if (not isinstance(doc.get("model"), str)
                or not isinstance(messages, list) or not messages):
            return await self.answer(
                400, error(400, "invalid_request_error", None))
        call = self.vendor.begin("POST", path, headers, doc["model"],
                                 str(messages[-1].get("content"))[:500])
        return await self.perform(call, lambda: (200, completion(doc)))

    async def upsert(self, method, path, headers, doc):
        key = headers.get("idempotency-key")
        parts = path.split("?")[0].split("/")
        call = self.vendor.begin(method, path, headers, parts[-1],
                                 json.dumps(doc)[:500])

        def work():
            known = parts[2] == "idem" and (path, key)
            if known in self.vendor.crm_answers:
                return self.vendor.crm_answers[known]
            status = 200 if path in self.vendor.crm else 201
            self.vendor.crm[path] = doc
            answer = status, {"id": parts[-1], "created": status == 201}
            if known:
                self.vendor.crm_answers[known] = answer
            return answer

        return await self.perform(call, work)

    async def perform(self, call, work):
        """Answers a call the way its name asks for."""
        delay, kind, arg = self.vendor.behave(call["name"],
                                              call["idempotency_key"])
        try:
            if kind == "gather":
                await self.vendor.gather(call["name"], arg).wait()
            if not await self.stay(3600 if kind == "hang" else delay):
                call["hung_up"] = True
                return False
            if kind == "garbage":
                call["status"] = 200
                self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: "
                                  b"application/json\r\nContent-Length: 9"
                                  b"\r\n\r\n{\"choices")
                await self.writer.drain()
                call["completed"] = True
                return True
            if kind == "cut":
                call["status"] = 200
                self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900"
                                  b"\r\n\r\n{\"id\":")
                await self.writer.drain()
                return False
            extra = {"x-request-id": "req_" + uuid.uuid4().hex}
            if kind == "error":
                call["status"], etype, code, more = arg
                doc = error(call["status"], etype, code)
                extra.update(more)
            else:
                call["status"], doc = work()
            alive = await self.answer(call["status"], doc, extra)
            call["completed"] = True
            return alive
        finally:
            self.vendor.end(call)

    async def stay(self, seconds):
        """Waits; false at once when the caller hangs up."""
        if seconds <= 0:
            return True
        gone = asyncio.ensure_future(self.reader.read(1))
        done, _ = await asyncio.wait([gone], timeout=seconds)
        if done:
            return False
        gone.cancel()
        try:
            await gone
        except asyncio.CancelledError:
            pass
        return True

    async def answer(self, status, doc, extra=None):
        body = json.dumps(doc).encode()
        head = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}"]
        head += [f"{k}: {v}" for k, v in (extra or {}).items()]
        self.writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await self.writer.drain()
        return True

    def control(self, method, path, raw):
        v = self.vendor
        if path == "/_log" and method == "GET":
            return 200, {"calls": v.calls}
        if path == "/_open" and method == "GET":
            return 200, {"calls": [c for c in v.calls[-OPEN_AMONG:]
                                   if c["ended"] is None]}
        if path == "/_log" and method == "DELETE":
            v.calls = []
            return 200, {}
        if path == "/_crm" and method == "GET":
            return 200, v.crm
        if path.startswith("/_behaviour/") and method == "PUT":
            name = path.split("/", 2)[2]
            wanted = json.loads(raw)["behaviour"]
            if wanted is None:
                v.overrides.pop(name, None)
            else:
                v.overrides[name] = wanted
            return 200, v.overrides
        return 404, {}


async def main(port, logfile):
    vendor = Vendor(logfile)

    async def connected(reader, writer):
        await Connection(vendor, reader, writer).serve()

    server = await asyncio.start_server(
        connected, "127.0.0.1", port, limit=HEAD_MAX, backlog=4096)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(int(sys.argv[1]),
                         sys.argv[2] if len(sys.argv) > 2 else None))
    except KeyboardInterrupt:
        pass
