#!/usr/bin/env python3
"""A TLS server that speaks HTTP/2 frame by frame (RFC 9113), so that a test
can have it misbehave between two frames. HTTP/1.1 where that was agreed on.

    h2.py DIR CERT [SETTING=VALUE]...

DIR/CERT.pem and .key are its certificate (tests/lib/pki.sh makes some). It
listens somewhere on 127.0.0.1 and prints the port. Settings:

    alpn=h2,http/1.1  what it offers
    streams=N         SETTINGS_MAX_CONCURRENT_STREAMS
    wait=MS           how long a request waits for its answer
    body=N            spaces to put behind an answer
    script=A,B,...    what becomes of the first request, the second ...;
                      the last word holds for all others

    ok        200 and what was seen so far, as JSON: {"protocol": "h2",
              "connections": 1, "requests": 1, "open": most at once on one
              connection, "received": bytes of bodies}
    drain     GOAWAY that covers this request, then ok
    goaway    GOAWAY that does not cover it
    refuse    RST_STREAM, REFUSED_STREAM
    reset     RST_STREAM, INTERNAL_ERROR
    half      headers and half of a body, then RST_STREAM
    cut       the connection is closed
"""

import asyncio
import json
import re
import ssl
import struct
import sys

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
WINDOW_UPDATE = 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0, 2, 7
MAX_CONCURRENT_STREAMS = 3
FRAME_MAX = 16384
STATUS_200 = b"\x88"  # RFC 7541, appendix A


class Server:
    def __init__(self, settings):
        self.streams = int(settings.get("streams", 100))
        self.wait = int(settings.get("wait", 0)) / 1000
        self.body = b" " * int(settings.get("body", 0))
        self.script = settings.get("script", "ok").split(",")
        self.connections = self.requests = 0
        self.most_open = self.received = 0

    def word(self):
        n = min(self.requests, len(self.script) - 1)
        self.requests += 1
        return self.script[n]

    def seen(self, protocol):
        return json.dumps({
            "protocol": protocol, "connections": self.connections,
            "requests": self.requests, "open": self.most_open,
            "received": self.received}).encode() + self.body

    async def serve(self, reader, writer):
        self.connections += 1
        agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        try:
            if agreed == "h2":
                await H2(self, reader, writer).run()
            else:
                await self.serve_h1(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def serve_h1(self, reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if length:
                body = await reader.readexactly(int(length[1]))
                self.received += len(body)
            if self.word() != "ok":
                return
            await asyncio.sleep(self.wait)
            body = self.seen("http/1.1")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                         % (len(body), body))


class H2:
    def __init__(self, server, reader, writer):
        self.server = server
        self.reader = reader
        self.writer = writer
        self.open = set()

    def send(self, kind, flags, stream, payload=b""):
        self.writer.write(struct.pack(">I", len(payload))[1:]
                          + bytes((kind, flags))
                          + struct.pack(">I", stream) + payload)

    async def run(self):
        if await self.reader.readexactly(len(PREFACE)) != PREFACE:
            return
        self.send(SETTINGS, 0, 0, struct.pack(
            ">HI", MAX_CONCURRENT_STREAMS, self.server.streams))
        while True:
            head = await self.reader.readexactly(9)
            payload = await self.reader.readexactly(
                int.from_bytes(head[:3], "big"))
            kind, flags = head[3], head[4]
            stream = int.from_bytes(head[5:], "big") & 0x7fffffff
            if kind == SETTINGS and not flags & ACK:
                self.send(SETTINGS, ACK, 0)
            elif kind == PING and not flags & ACK:
                self.send(PING, ACK, 0, payload)
            elif kind == HEADERS:
                self.open.add(stream)
                self.server.most_open = max(self.server.most_open,
                                            len(self.open))
            elif kind == RST_STREAM:
                self.open.discard(stream)
            elif kind == DATA and payload:
                self.server.received += len(payload)
                more = struct.pack(">I", len(payload))
                self.send(WINDOW_UPDATE, 0, 0, more)
                self.send(WINDOW_UPDATE, 0, stream, more)
            elif kind == GOAWAY:
                return
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                asyncio.get_running_loop().call_later(
                    self.server.wait, self.end, stream, self.server.word())

    def end(self, stream, word):
        getattr(self, "do_" + word)(stream)
        self.open.discard(stream)

    def do_ok(self, stream):
        self.send(HEADERS, END_HEADERS, stream, STATUS_200)
        body = self.server.seen("h2")
        while len(body) > FRAME_MAX:  # curl's window is larger than any body
            self.send(DATA, 0, stream, body[:FRAME_MAX])
            body = body[FRAME_MAX:]
        self.send(DATA, END_STREAM, stream, body)

    def do_drain(self, stream):
        self.send(GOAWAY, 0, 0, struct.pack(">II", stream, NO_ERROR))
        self.do_ok(stream)

    def do_goaway(self, stream):
        self.send(GOAWAY, 0, 0, struct.pack(">II", max(stream - 2, 0),
                                            NO_ERROR))

    def do_refuse(self, stream):
        self.send(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM))

    def do_reset(self, stream):
        self.send(RST_STREAM, 0, stream, struct.pack(">I", INTERNAL_ERROR))

    def do_half(self, stream):
        self.send(HEADERS, END_HEADERS, stream, STATUS_200)
        self.send(DATA, 0, stream, b'{"half":')
        self.do_reset(stream)

    def do_cut(self, stream):
        self.writer.transport.abort()


async def main(folder, cert, settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{cert}.pem", f"{folder}/{cert}.key")
    context.set_alpn_protocols(settings.get("alpn", "h2,http/1.1").split(","))
    server = await asyncio.start_server(
        Server(settings).serve, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2],
                     dict(a.split("=", 1) for a in sys.argv[3:])))
