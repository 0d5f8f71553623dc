"""PostgreSQL's protocol 3.0, as far as a man in the middle must know it:
where messages end, which statement a request runs, and when it commits.

A request of the extended protocol is Parse, Bind, Describe and Execute, and
then Sync: only Sync commits. The server keeps its answer back until then, or
until its buffer is full, so CommandComplete says nothing about the commit;
ReadyForQuery does. Source: PostgreSQL manual, "Frontend/Backend Protocol".
"""

import re
import struct

SSL, GSS, CANCEL = 80877103, 80877104, 80877102  # instead of a version

# From the client.
PARSE, BIND, QUERY, SYNC, FLUSH, TERMINATE = b"PBQSHX"
# From the server.
KEY_DATA, DATA_ROW, COMPLETE, ERROR, READY = b"KDCEZ"

CALL = re.compile(r"pressgate\.([a-z_]+)\(")


def message(kind, body=b""):
    return bytes((kind,)) + struct.pack("!i", 4 + len(body)) + body


class Frames:
    """Cuts a stream into messages."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        """The messages that are whole now."""
        self.buffer += data
        found, at = [], 0
        while len(self.buffer) - at >= 5:
            n = 1 + int.from_bytes(self.buffer[at + 1:at + 5], "big")
            if len(self.buffer) - at < n:
                break
            found.append(self.buffer[at:at + n])
            at += n
        self.buffer = self.buffer[at:]
        return found


def texts(body, count):
    """The first zero-ended strings of a body, and where they end."""
    found, at = [], 0
    for _ in range(count):
        end = body.index(b"\0", at)
        found.append(body[at:end].decode())
        at = end + 1
    return found, at


def startup(body):
    """The parameters of a start-up message, without its version."""
    words = body[4:].split(b"\0")
    return {k.decode(): v.decode() for k, v in
            zip(words[0::2], words[1::2]) if k}


def counted(body, at=0):
    """A number of values, each with its length."""
    count, = struct.unpack_from("!h", body, at)
    at += 2
    found = []
    for _ in range(count):
        n, = struct.unpack_from("!i", body, at)
        at += 4
        found.append(body[at:at + n] if n >= 0 else None)
        at += max(n, 0)
    return found


class Request:
    """What a client sends until it waits for ReadyForQuery."""

    def __init__(self, messages, prepared):
        """prepared: the connection's statements, name -> SQL; kept up."""
        self.messages = messages
        self.bind = None
        sql = ""
        for m in messages:
            if m[0] == QUERY:
                sql = texts(m[5:], 1)[0][0]
            elif m[0] == PARSE:
                (name, text), _ = texts(m[5:], 2)
                prepared[name] = text
            elif m[0] == BIND:
                sql = prepared.get(texts(m[5:], 2)[0][1], "")
                self.bind = m
        call = CALL.search(sql)
        self.name = call[1] if call else sql.split(" ")[0].lower()

    def bytes(self):
        return b"".join(self.messages)

    def can_be_held(self):
        """True if executing and committing are two messages."""
        return self.bind is not None and self.messages[-1][0] == SYNC

    def bytes_without_sync(self):
        return b"".join(self.messages[:-1])


class Answer:
    """What the server sends until ReadyForQuery."""

    def __init__(self):
        self.messages = []

    def add(self, message_):
        self.messages.append(message_)

    def has(self, kind):
        return any(m[0] == kind for m in self.messages)

    def rows(self):
        """Each as a list of texts."""
        return [[None if v is None else v.decode() for v in counted(m[5:])]
                for m in self.messages if m[0] == DATA_ROW]

    def bytes(self):
        return b"".join(self.messages)

    def complete_at(self):
        """Where CommandComplete ends."""
        at = 0
        for m in self.messages:
            at += len(m)
            if m[0] == COMPLETE:
                return at
        return at

    def part(self, name):
        """The bytes up to a place: nothing, middle, complete (through
        CommandComplete), ready (and half of ReadyForQuery); or (middle,
        share of what comes before it)."""
        name, share = name if isinstance(name, tuple) else (name, 0.5)
        whole, complete = self.bytes(), self.complete_at()
        return whole[:{"nothing": 0, "complete": complete,
                       "middle": max(1, int(share * (complete - 1))),
                       "ready": min(len(whole), complete + 3)}[name]]
