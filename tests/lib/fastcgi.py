"""A FastCGI client of the smallest kind, to hold a responder child in the
middle of a request. Source: FastCGI specification 1.0, sections 3 and 5."""

import socket
import struct

BEGIN, PARAMS, STDIN = 1, 4, 5


def record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    return struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) \
        + name + value


class Request:
    """Begins a POST and sends only half of its body."""

    def __init__(self, path, target, headers, body):
        params = {
            "REQUEST_METHOD": "POST", "REQUEST_URI": target,
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
            "QUERY_STRING": "", "SCRIPT_NAME": target}
        for name, value in headers.items():
            name = name.upper().replace("-", "_")
            if name != "CONTENT_TYPE":
                name = "HTTP_" + name
            params[name] = value
        self.body = body
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(15)
        self.socket.connect(path)
        block = b"".join(pair(k.encode(), v.encode())
                         for k, v in params.items())
        self.socket.sendall(
            record(BEGIN, struct.pack(">HB5x", 1, 0))
            + record(PARAMS, block) + record(PARAMS, b"")
            + record(STDIN, body[:len(body) // 2]))

    def finish(self):
        """Sends the rest; what comes back until the end, b"" if cut."""
        try:
            self.socket.sendall(record(STDIN, self.body[len(self.body)
                                                        // 2:])
                                + record(STDIN, b""))
            return self.rest()
        except OSError:
            return b""

    def rest(self):
        out = b""
        try:
            while chunk := self.socket.recv(65536):
                out += chunk
        except OSError:
            pass
        finally:
            self.socket.close()
        return out
