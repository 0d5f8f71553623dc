"""A proxy before PostgreSQL that stops a statement where it is told to, so
that something can be killed or cut exactly there.

    client ---> | before |  executed |  sent | ---> PostgreSQL
           <--- | told   <---------- answered | <---

    before    the request is whole; nothing of it has reached the server
    executed  the server has run it but for Sync: its transaction is open,
              its rows and CommandComplete have come back
    sent      all of it, Sync too, has gone to the server
    answered  the answer is whole, with ReadyForQuery: it is committed; the
              client has nothing of it
    told      the client has all of it

A Trap waits for one statement at one of these points. When it closes, its
connection stands still and the driver gets a Stop: it looks who is there and
says how it goes on: go(), cut() or hold(), the latter two after a part of the
answer has been told to the client. A trap with an action goes on by itself.

Listens on a Unix socket and, where clients shall come by the network, on
loopback (they need a password there: the proxy forwards to the same kind of
address). Everything runs in one thread with a loop of its own.
"""

import asyncio
import os
import queue
import random
import socket
import struct
import threading
import time

from pgwire import (CANCEL, COMPLETE, ERROR, FLUSH, GSS, KEY_DATA, QUERY,
                    READY, SSL, SYNC, Answer, Frames, Request, message,
                    startup)

POINTS = ("before", "executed", "sent", "answered", "told")
LATE_S = 0.02  # each sixth statement, as over a network that is busy


class Gone(Exception):
    """One side of the connection has left."""


class Trap:
    """statement: the function it calls, also by the name with _plain, or
    None for any. skip: so many are
    let through first. rows: count only those that returned so many.
    action: (how, part) to go on with, see Stop; None: the driver says.
    role: of the database, whose statements count. key: of an event; only
    statements count that have it among their parameters."""

    def __init__(self, statement, point, skip=0, rows=0, action=None,
                 role=None, key=None):
        if point not in POINTS:
            raise ValueError(point)
        self.statement = statement
        self.point = point
        self.skip = skip
        self.rows = rows
        self.action = action
        self.role = role
        self.key = key
        self.stops = queue.Queue()

    def fits(self, request, role):
        if self.role not in (None, role):
            return False
        if not request.name:  # only prepares one
            return False
        if self.statement not in (None, request.name) and \
                self.statement != request.name.removesuffix("_plain"):
            return False
        if request.bind is None and self.point in ("executed", "told"):
            return False
        return self.key is None or self.key.encode() in request.bind

    def wait(self, timeout=30):
        """The Stop, None if nobody came."""
        try:
            return self.stops.get(timeout=timeout)
        except queue.Empty:
            return None


class Stop:
    """A connection that stands still."""

    def __init__(self, link, trap, request, answer):
        self.link = link
        self.trap = trap
        self.request = request
        self.statement = request.name
        self.point = trap.point
        self.rows = answer.rows() if answer else None  # if they are known
        self.at = time.time()
        self.client_pid = link.client_pid
        self.backend_pid = link.backend_pid

    def new_events(self):
        """The ids of the events that this ingest() was the first to bring;
        the point is one at which its rows are known."""
        words = [line.split() for row in self.rows
                 for line in " ".join(v or "" for v in row).splitlines()]
        return [w[-1] for w in words if "accepted" in w]

    def go(self):
        self.link.tell(("go", None))

    def cut(self, part="nothing"):
        """part: of the answer, which the client still gets; see
        Answer.part()."""
        self.link.tell(("cut", part))

    def hold(self, part="nothing"):
        """Silence, until the client gives up."""
        self.link.tell(("hold", part))


class Link:
    """One connection of a client and its own one to the server."""

    def __init__(self, proxy, reader, writer):
        self.proxy = proxy
        self.client, self.client_in = writer, reader
        self.server = None
        self.inbox = asyncio.Queue()   # (from whom, what)
        self.prepared = {}
        self.request = []
        self.backend_pid = None
        self.client_pid = None
        self.role = None
        sock = writer.get_extra_info("socket")
        self.by_network = sock.family != socket.AF_UNIX
        if not self.by_network:
            peer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            self.client_pid = struct.unpack("3i", peer)[0]

    def tell(self, what):
        """From any thread."""
        self.proxy.loop.call_soon_threadsafe(
            self.inbox.put_nowait, ("driver", what))

    # ---- beginning and end ----------------------------------------------

    async def serve(self):
        readers = []
        try:
            first = await self.greet()
            if first is None:
                return
            server_in, self.server = await self.proxy.connect(
                self.by_network)
            self.server.write(first)
            readers = [asyncio.ensure_future(self.read(who, stream))
                       for who, stream in (("client", self.client_in),
                                           ("server", server_in))]
            while True:
                await self.turn()
        except (Gone, OSError, asyncio.IncompleteReadError,
                asyncio.CancelledError):
            pass
        finally:
            for r in readers:
                r.cancel()
            self.drop()

    def drop(self):
        for w in (self.client, self.server):
            if w is not None:
                w.transport.abort()

    async def greet(self):
        """The start-up message; refuses encryption, as a server may."""
        while True:
            head = await self.client_in.readexactly(8)
            n, code = struct.unpack("!ii", head)
            body = await self.client_in.readexactly(n - 8)
            if code in (SSL, GSS):
                self.client.write(b"N")
                self.proxy.refused_ssl += 1
                continue
            if code == CANCEL:
                return None
            self.role = startup(head[4:] + body).get("user")
            return head + body

    async def read(self, who, stream):
        frames = Frames()
        try:
            while data := await stream.read(65536):
                found = frames.feed(data)
                if found:
                    self.inbox.put_nowait((who, found))
        except OSError:
            pass
        self.inbox.put_nowait((who, None))

    # ---- what passes ----------------------------------------------------

    async def hear(self):
        who, what = await self.inbox.get()
        if what is None:
            raise Gone
        return who, what

    async def turn(self):
        who, what = await self.hear()
        if who == "client":
            for m in what:
                await self.from_client(m)
        elif who == "server":
            for m in what:
                if m[0] == KEY_DATA:
                    self.backend_pid = struct.unpack("!i", m[5:9])[0]
            self.client.write(b"".join(what))

    async def from_client(self, m):
        if m[0] not in b"PBDECSQ":
            self.server.write(m)
            return
        self.request.append(m)
        if m[0] not in (SYNC, QUERY):
            return
        request = Request(self.request, self.prepared)
        self.request = []
        trap = self.proxy.take(request, self.role)
        if trap is None:
            await asyncio.sleep(self.proxy.delay())
            self.server.write(request.bytes())
        else:
            await self.through(trap, request)

    async def collect(self, answer, *until):
        """Adds what the server says to an answer, up to one of the kinds."""
        while not (answer.messages and answer.messages[-1][0] in until):
            who, what = await self.hear()
            if who == "server":
                for m in what:
                    answer.add(m)

    # ---- a trap that closes ---------------------------------------------

    async def through(self, trap, request):
        """A client that leaves before the trap closes (it had no time left,
        say) leaves it to the next one."""
        stops = len(self.proxy.log)
        try:
            await self.walk(trap, request)
        except Gone:
            if not any(s.trap is trap for s in self.proxy.log[stops:]):
                self.proxy.traps.insert(0, trap)
            raise

    async def walk(self, trap, request):
        answer = Answer()
        if trap.point == "before":
            await self.stand(trap, request, None)
            self.server.write(request.bytes())
        elif trap.point == "executed" and request.can_be_held():
            self.server.write(request.bytes_without_sync()
                              + message(FLUSH))
            await self.collect(answer, COMPLETE, ERROR)
            if self.is_wanted(trap, answer):
                await self.stand(trap, request, answer)
            self.server.write(request.messages[-1])
        else:
            self.server.write(request.bytes())
        if trap.point == "sent":
            await self.stand(trap, request, None)
        await self.collect(answer, READY)
        if trap.point == "answered" and self.is_wanted(trap, answer):
            await self.stand(trap, request, answer)
        self.client.write(answer.bytes())
        if trap.point == "told" and self.is_wanted(trap, answer):
            await self.stand(trap, request, answer)

    def is_wanted(self, trap, answer):
        """False: the trap goes on waiting for another."""
        if answer.has(ERROR) or len(answer.rows()) < trap.rows:
            self.proxy.traps.insert(0, trap)
            return False
        return True

    async def stand(self, trap, request, answer):
        """Returns if it is to go on."""
        stop = Stop(self, trap, request, answer)
        self.proxy.log.append(stop)
        trap.stops.put(stop)
        how, part = trap.action or await self.order()
        stop.how, stop.part = how, part
        if how == "go":
            return
        if answer is not None:
            self.client.write(answer.part(part))
            await self.client.drain()
        if how == "hold":
            while (await self.inbox.get()) != ("client", None):
                pass
        raise Gone

    async def order(self):
        while True:
            who, what = await self.hear()
            if who == "driver":
                return what


class Proxy:
    """folder: where its socket is made, named as libpq wants it; upstream:
    (folder, port) of the server; network: listen on loopback, too. Who
    says something before it has committed is found out by those statements
    that come late."""

    def __init__(self, folder, upstream, network=False):
        self.folder = folder
        self.upstream = upstream
        self.network = network
        self.port = None       # of loopback
        self.path = f"{folder}/.s.PGSQL.{upstream[1]}"
        self.traps = []
        self.log = []          # every Stop
        self.refused_ssl = 0
        self.rng = random.Random(0)
        self.loop = asyncio.new_event_loop()
        self.up = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def delay(self):
        return self.rng.choice((0, 0, 0, 0, 0, LATE_S))

    def start(self):
        self.thread.start()
        if not self.up.wait(10):
            raise AssertionError("the proxy does not start")
        return self

    def stop(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.over.set)
            self.thread.join(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self.listen())
        finally:
            self.loop.close()

    async def listen(self):
        self.over = asyncio.Event()
        servers = [await asyncio.start_unix_server(
            self.connected, self.path, backlog=256)]
        os.chmod(self.path, 0o777)  # the folder is closed to others
        if self.network:
            servers.append(await asyncio.start_server(
                self.connected, "127.0.0.1"))
            self.port = servers[1].sockets[0].getsockname()[1]
        self.up.set()
        await self.over.wait()
        for s in servers:
            s.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=5)

    async def connected(self, reader, writer):
        await Link(self, reader, writer).serve()

    async def connect(self, by_network):
        if by_network:
            return await asyncio.open_connection(
                "127.0.0.1", int(self.upstream[1]))
        return await asyncio.open_unix_connection(
            f"{self.upstream[0]}/.s.PGSQL.{self.upstream[1]}")

    # ---- traps ----------------------------------------------------------

    def set(self, trap):
        self.loop.call_soon_threadsafe(self.traps.append, trap)
        return trap

    def unset(self, trap):
        """Takes a trap away that nobody came to. A Stop that was made
        meanwhile is let go."""
        done = threading.Event()

        def remove():
            if trap in self.traps:
                self.traps.remove(trap)
            done.set()

        self.loop.call_soon_threadsafe(remove)
        done.wait(5)
        while not trap.stops.empty():
            trap.stops.get().go()

    def take(self, request, role):
        """The trap that this request is for, which then waits no more."""
        for trap in self.traps:
            if trap.fits(request, role):
                if trap.skip == 0:
                    self.traps.remove(trap)
                    return trap
                trap.skip -= 1
        return None
