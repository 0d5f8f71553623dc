"""One responder behind every web server that pressgate ships a
configuration for, all at once, and its bare socket beside them. Requests are
bytes here, so that they can be wrong in every way that HTTP allows."""

import http.client
import os
import re
import select
import socket
import ssl
import subprocess

import fcgi_client as fc
from bare import Bare, CONF
from client import Answer, Client
from proc import Proc, wait_until
from stack import free_port
import web

WAYS = {"nginx": web.NginxTls, "apache": web.ApacheProxy,
        "fcgid": web.ApacheFcgid, "lighttpd": web.Lighttpd,
        "caddy": web.Caddy}
HOST = "http://127.0.0.1"
NO_ANSWER = Answer(0, {}, b"")


class Request:
    """headers: pairs, in order and as often as they stand there. length:
    what Content-Length says, None: as long as the body, "": no such header.
    chunks: the body goes in chunks, with these lines as trailer. sent: how
    much of the body goes out before the sender falls silent. params and
    raw are for the bare socket alone: more params, and a function that spoils
    the records."""

    def __init__(self, headers=(), body=b"", target="/webhooks/wp",
                 method="POST", length=None, chunks=None, sent=None,
                 params=(), raw=None):
        self.headers = [(n, v) for n, v in headers if v is not None]
        self.body = body
        self.target = target
        self.method = method
        self.length = str(len(body)) if length is None else length
        self.chunks = chunks
        self.sent = len(body) if sent is None else sent
        self.params = list(params)
        self.raw = raw

    def but(self, **members):
        """The same with some headers replaced, or (None) left out."""
        names = {n.lower().replace("_", "-") for n in members}
        headers = [(n, v) for n, v in self.headers
                   if n.lower() not in names]
        return self.copy(headers + [(n.replace("_", "-"), v)
                                    for n, v in members.items()
                                    if v is not None])

    def copy(self, headers=None, **members):
        r = Request()
        r.__dict__.update(self.__dict__, **members)
        if headers is not None:
            r.headers = headers
        return r

    def falls_short(self):
        return self.raw is None and self.chunks is None and (
            self.sent < len(self.body) or self.length.isdigit()
            and len(self.length) < 10 and len(self.body) < int(self.length))

    def value(self, name):
        return next(v for n, v in self.headers if n == name)


def latin(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


class Way:
    """A way in. say() has one request answered; hold() says it and keeps
    the connection; drip() is the next byte of a slow body, piece() the next
    n of one in chunks. Who says less than announced waits for an answer for
    a while and then hangs up."""

    PATIENCE = 0.2

    def hold(self, r):
        c = self.connect()
        try:
            c.sendall(self.message(r))
        except OSError:
            pass  # it had heard enough; its answer may be there
        return c

    def say(self, r):
        c = self.hold(r)
        try:
            if r.falls_short() and not select.select(
                    [c], [], [], self.PATIENCE)[0]:
                c.shutdown(socket.SHUT_WR)
            return self.answer(c, r)
        except (OSError, http.client.HTTPException):
            return NO_ANSWER
        finally:
            c.close()


class Socket(Way):
    """pressgate-fcgi's socket, as a server would speak to it that looks at
    nothing and drops nothing."""

    name = "socket"
    mount = ""
    def __init__(self, stack):
        self.path = stack.path

    def connect(self):
        c = socket.socket(socket.AF_UNIX)
        c.settimeout(10)
        c.connect(self.path)
        return c

    def params(self, r):
        fixed = [("REQUEST_METHOD", r.method), ("REQUEST_URI", r.target),
                 ("REMOTE_ADDR", "192.0.2.1"), ("HTTPS", "on")]
        if r.chunks is None:
            fixed.append(("CONTENT_LENGTH", r.length))
        types = [v for n, v in r.headers if n == "Content-Type"]
        if types:
            fixed.append(("CONTENT_TYPE", types[0]))
        return fixed + [
            (b"HTTP_" + re.sub(rb"[^A-Z0-9]", b"_", latin(n).upper()), v)
            for n, v in r.headers] + list(r.params)

    def message(self, r):
        if r.raw:
            return r.raw(self.params(r), r.body)
        out = fc.begin() + fc.stream(fc.PARAMS, fc.block(self.params(r)))
        if r.sent < len(r.body):
            return out + b"".join(fc.record(fc.STDIN, piece) for piece in (
                r.body[:r.sent],) if piece)
        return out + fc.stream(fc.STDIN, r.body)

    def drip(self, r):
        return fc.record(fc.STDIN, r.body[:1])

    def piece(self, n):
        return fc.record(fc.STDIN, bytes(n - 1)) + fc.record(
            fc.STDIN, bytes(1))

    def answer(self, c, _r):
        with fc.Connection.__new__(fc.Connection) as peer:
            peer.socket, peer.buffer = c, b""
            return peer.answer(id=1)


class Server(Way):
    """A web server: its folder in the stack's, its two ports."""

    def __init__(self, stack, name):
        self.stack = stack
        self.name = name
        kind = WAYS[name]
        self.mount = getattr(kind, "MOUNT", "")
        self.plain = kind is web.ApacheFcgid  # its host's TLS is not ours
        self.port = free_port()
        self.plain_port = free_port()
        self.dir = f"{stack.dir}/{name}"
        self.log_path = f"{self.dir}/log/apache.log"
        for sub in ("web", "log", "etc"):
            os.makedirs(f"{self.dir}/{sub}")
            self.own(f"{self.dir}/{sub}")
        self.own(self.dir)
        for sub in ("run", "bin"):
            os.symlink(f"../{sub}", f"{self.dir}/{sub}")
        for sub in ("sites.d", "secrets.d"):
            os.symlink(f"{stack.dir}/etc/{sub}", f"{self.dir}/etc/{sub}")
        self.server = kind(self)
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        # Later versions send tickets, which look like an answer to select.
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.client = Client(
            f"http://127.0.0.1:{self.port}", "", self.mount,
            context=None if self.plain else self.context)

    def own(self, path, mode=None):
        self.stack.own(path, mode)

    def write(self, name, text, mode=0o600):
        return self.stack.write(f"{self.name}/{name}", text, mode)

    def start(self):
        # Read by the responder that mod_fcgid starts.
        self.write("etc/pressgate.conf", self.stack.conf_text(self.mount))
        self.server.prepare()
        self.proc = Proc.start(
            self.name, self.server.argv(), f"{self.dir}/log/web.log",
            env=self.stack.environment(), cwd=f"{self.dir}/web")
        self.stack.procs[self.name] = self.proc
        wait_until(f"200 from {self.name}", self.ready)

    def ready(self):
        if not self.proc.alive():
            raise AssertionError(f"{self.name} has ended")
        try:
            return self.client.request("GET", "/readyz").status == 200
        except OSError:
            return False

    def connect(self):
        c = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return c if self.plain else self.context.wrap_socket(c)

    def message(self, r):
        at = len(HOST) if r.target.startswith(HOST) else 0
        lines = [latin(f"{r.method} {r.target[:at]}{self.mount}"
                       f"{r.target[at:]} HTTP/1.1"),
            f"Host: 127.0.0.1:{self.port}".encode()]
        lines += [latin(n) + b": " + latin(v) for n, v in r.headers]
        if r.chunks is not None:
            lines.append(b"Transfer-Encoding: chunked")
        elif r.length != "":
            lines.append(b"Content-Length: " + latin(r.length))
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        body = r.body[:r.sent]
        if r.chunks is None:
            return head + body
        out = b"%x\r\n" % len(body) + body + b"\r\n" if body else b""
        if r.sent == len(r.body):
            out += b"0\r\n" + b"".join(latin(t) + b"\r\n"
                                       for t in r.chunks) + b"\r\n"
        return head + out

    def drip(self, r):
        return r.body[:1]

    def piece(self, n):
        return b"%x\r\n" % n + bytes(n) + b"\r\n"

    def answer(self, c, r):
        a = http.client.HTTPResponse(c, method=r.method)
        a.begin()
        return Answer(a.status, a.headers, a.read())


class Fronts(Bare):
    """Bare, and all the servers before it."""

    def start(self):
        super().start()
        self.ways = {"socket": Socket(self)}
        for name in WAYS:
            self.ways[name] = Server(self, name)
            self.ways[name].start()
        self.psql = subprocess.Popen(
            ["psql", "-XAtq", "-h", self.pg["PGHOST"], "-p",
             self.pg["PGPORT"], "-U", "postgres", "-d", "pressgate"],
            text=True, bufsize=1, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def stop(self):
        for name in WAYS:
            if name in self.procs:
                self.procs[name].stop(timeout=8)
        if hasattr(self, "psql"):
            self.psql.stdin.close()
            self.psql.wait(10)
        super().stop()

    def conf_text(self, mount):
        listen = f'\tlisten = "{self.dir}/run/fcgi.sock"\n'
        with open(self.conf) as f:
            text = f.read()
        assert listen in text, text
        return text.replace(listen, f'\tmount = "{mount}"\n')

    def show_logs(self, lines=25):
        super().show_logs(lines)
        for name in WAYS:
            path = f"{self.dir}/{name}/log"
            for log in os.listdir(path):
                with open(f"{path}/{log}", errors="replace") as f:
                    print(f"---- {name}/{log}", *f.readlines()[-10:])

    def look(self, query):
        """One value, by a session that is already there."""
        self.psql.stdin.write(query + ";\n")
        return self.psql.stdout.readline().strip()

    def tables(self):
        """What a refused request may not change."""
        return self.look(
            "select (select count(*) from pressgate.event) || ' events '"
            " || (select count(*) from pressgate.job) || ' jobs '"
            " || (select count(*) from pressgate.replay_guard) || ' used '"
            " || (select count(*) from pressgate.conflict) || ' conflicts'")

    def well(self):
        """No process was lost, and the next one in line answers at once."""
        if not hasattr(self, "served_by"):
            self.served_by = self.children()
        a = self.ways["socket"].say(Request(target="/livez", method="GET",
                                            length=""))
        return a.status == 200 and self.children() == self.served_by

    def logs(self):
        """All that responders have said: theirs, and what Apache wrote down
        for those that it started."""
        out = b""
        for path in (f"{self.dir}/log/responder.log",
                     self.ways["fcgid"].log_path):
            with open(path, "rb") as f:
                out += f.read()
        return out

    def reached(self):
        """How many requests have come to us, health checks left out."""
        lines = re.findall(rb'"mod":"request".*', self.logs())
        return sum(b'"door":"live"' not in line for line in lines)


__all__ = ["CONF", "Fronts", "Request", "WAYS"]
