"""Holds a responder child in the middle of a request."""

import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from fcgi_client import PARAMS, STDIN, begin, block, record, stream  # noqa: E402


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
        self.socket.sendall(
            begin() + stream(PARAMS, block(params.items()))
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
