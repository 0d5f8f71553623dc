"""A FastCGI client that can also do it wrong: split records anywhere, stall,
keep silent, lie about lengths, repeat params, keep connections, abort.
Source: FastCGI specification 1.0, sections 3, 5 and 8."""

import pathlib
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import client  # noqa: E402
from doors import Relay, sign  # noqa: E402, F401

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONN = 1


def record(kind, content=b"", id=1, padding=0, version=1):
    return struct.pack(">BBHHBB", version, kind, id, len(content), padding,
                       0) + content + bytes(padding)


def stream(kind, content, id=1, padding=0, size=65535):
    """The content in records of at most size, and the empty one."""
    out = b"".join(record(kind, content[i:i + size], id, padding)
                   for i in range(0, len(content), size))
    return out + record(kind, b"", id, padding)


def begin(id=1, role=RESPONDER, flags=0):
    return record(BEGIN, struct.pack(">HB5x", role, flags), id)


def number(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 1 << 31)


def pair(name, value):
    if isinstance(name, str):
        name = name.encode("latin-1")
    if isinstance(value, str):
        value = value.encode("latin-1")
    return number(len(name)) + number(len(value)) + name + value


def as_params(headers):
    return {"HTTP_" + name.upper().replace("-", "_"): value
            for name, value in headers.items()}


def post_params(door, body, key, ts=None, target=None, how=None, **more):
    """A list of pairs, as a server would send for a good request. door: one
    of doors.py, or the secret of a relay; how: what it takes."""
    door = Relay(door) if isinstance(door, str) else door
    target = target or door.path
    params = {"REQUEST_METHOD": "POST", "REQUEST_URI": target,
              "SCRIPT_NAME": target, "SERVER_PROTOCOL": "HTTP/1.1",
              "REMOTE_ADDR": "127.0.0.1", "QUERY_STRING": "",
              "CONTENT_TYPE": "application/json",
              "CONTENT_LENGTH": str(len(body)),
              **as_params(door.post(body, key, ts=ts, **(how or {})))}
    params.update(more)
    return [(k, v) for k, v in params.items() if v is not None]


def get_params(door, target, ts=None, mount="", how=None, **more):
    door = Relay(door) if isinstance(door, str) else door
    params = {"REQUEST_METHOD": "GET", "REQUEST_URI": mount + target,
              "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": "",
              **as_params(door.get(target, ts=ts, **(how or {})))}
    params.update(more)
    return [(k, v) for k, v in params.items() if v is not None]


def block(params):
    return b"".join(pair(k, v) for k, v in params)


def request(params, body=b"", id=1, flags=0, padding=0):
    return (begin(id, flags=flags) + stream(PARAMS, block(params), id, padding)
            + stream(STDIN, body, id, padding))


class Answer(client.Answer):
    """What came back; status 0: the connection ended without an answer."""

    def __init__(self, stdout, ended, protocol=None):
        self.raw = stdout
        self.ended = ended          # END_REQUEST came
        self.protocol = protocol    # its protocolStatus
        head, _, body = stdout.partition(b"\r\n\r\n")
        headers = {}
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        super().__init__(int((headers.get("status") or "0").split()[0]),
                         headers, body)


class Connection:
    def __init__(self, path, timeout=15):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data, step=None, pause=0.0):
        """All at once, or step bytes at a time with a pause between."""
        if step is None:
            self.socket.sendall(data)
            return
        for i in range(0, len(data), step):
            self.socket.sendall(data[i:i + step])
            time.sleep(pause)

    def take(self, n):
        while len(self.buffer) < n:
            chunk = self.socket.recv(65536)
            if not chunk:
                return None
            self.buffer += chunk
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def record(self):
        """The next record (kind, id, content), or None at the end."""
        try:
            head = self.take(8)
            if head is None:
                return None
            _, kind, id, length, padding, _ = struct.unpack(">BBHHBB", head)
            content = self.take(length + padding)
        except (ConnectionResetError, BrokenPipeError):
            return None
        return None if content is None else (kind, id, content[:length])

    def answer(self, id=None):
        """To the end of a request: that one, or whichever."""
        out = b""
        while r := self.record():
            kind, which, content = r
            if kind == STDOUT:
                out += content
            elif kind == END and id in (None, which):
                return Answer(out, True, content[4])
        return Answer(out, False)

    def closed_after(self):
        """Seconds until the other side hangs up."""
        begun = time.monotonic()
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return time.monotonic() - begun

    def hang_up(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()


def ask(path, params, body=b"", **how):
    """One request, one answer."""
    with Connection(path) as c:
        try:
            c.send(request(params, body, **how))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it had heard enough; its answer may be there
        return c.answer()
