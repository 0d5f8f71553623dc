#!/usr/bin/env python3
"""The proxy does what the classes of faults take for granted: at each point
it is true what proxy.py says about it, by what the client got and by what
was committed."""

import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]
from flow import Checks  # noqa: E402
from pgwire import (BIND, COMPLETE, PARSE, READY, SYNC,  # noqa: E402
                    Frames, message)
from proc import wait_until  # noqa: E402
from proxy import Proxy, Trap  # noqa: E402

CLUSTER = HERE.parent / "lib/pg_cluster.sh"

# What is stopped where, what is then done, and what the client still gets:
# is it committed (None: it may be), and how far has the client heard?
ROWS = [
    ("before", "go", "nothing", True, "ready"),
    ("before", "cut", "nothing", False, "nothing"),
    ("executed", "go", "nothing", True, "ready"),
    ("executed", "cut", "nothing", False, "nothing"),
    ("executed", "cut", "middle", False, "rows"),
    ("executed", "cut", "complete", False, "complete"),
    ("sent", "go", "nothing", True, "ready"),
    ("sent", "cut", "nothing", None, "nothing"),
    ("answered", "go", "nothing", True, "ready"),
    ("answered", "cut", "nothing", True, "nothing"),
    ("answered", "cut", ("middle", 0.9), True, "rows"),
    ("answered", "cut", "complete", True, "complete"),
    ("answered", "cut", "ready", True, "complete"),
    ("answered", "hold", "nothing", True, "nothing"),
    ("told", "cut", "nothing", True, "ready"),
]
TABLE = """
create schema pressgate;
create table pressgate.stored (key text);
create function pressgate.ingest(k text) returns table (ord int, outcome text)
language sql as $$ insert into pressgate.stored values (k)
    returning 1, 'accepted' $$;
create role visitor login password 'open'"""


class Client:
    """Speaks to the proxy without libpq, to see each message."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        body = struct.pack("!i", 196608) + \
            b"user\0postgres\0database\0postgres\0\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        self.frames = Frames()
        self.hear()

    def hear(self):
        """Kinds of messages up to ReadyForQuery or the end."""
        kinds = []
        try:
            while READY not in kinds:
                data = self.socket.recv(65536)
                if not data:
                    break
                kinds += [m[0] for m in self.frames.feed(data)]
        except OSError:
            pass
        return kinds

    def ingest(self, key):
        self.socket.sendall(
            message(PARSE, b"\0select * from pressgate.ingest($1)\0\0\0")
            + message(BIND, b"\0\0\0\0\0\1" + struct.pack("!i", len(key))
                      + key + b"\0\0")
            + message(ord("D"), b"P\0") + message(ord("E"), b"\0\0\0\0\0")
            + message(SYNC))
        return self.hear()


def heard(kinds):
    """How far an answer came."""
    return ("ready" if READY in kinds else "complete" if COMPLETE in kinds
            else "rows" if kinds else "nothing")


def psql(host, sql, **env):
    return subprocess.run(
        ["psql", "-XAtq", "-h", host, "-c", sql],
        env={**os.environ, **env}, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT).stdout.strip()


def points(check, proxy, host):
    for n, (point, how, part, committed, ends) in enumerate(ROWS):
        key = f"key-{n}".encode()
        client = Client(proxy.path)
        trap = proxy.set(Trap("ingest", point, action=(how, part)))
        if how == "hold":
            client.socket.settimeout(0.5)
        kinds = client.ingest(key)
        client.socket.close()
        stop = trap.wait(5)
        check(f"{point}, {how} after {part}: the client hears {ends}",
              stop and stop.client_pid == os.getpid()
              and heard(kinds) == ends, kinds)
        if committed is None:
            continue
        look = "select count(*) from pressgate.stored where key = '%s'"
        there = psql(host, look % key.decode())
        check(f"{point}, {how} after {part}: it is "
              f"{'committed' if committed else 'undone'}",
              there == str(int(committed)), there)


def others(check, proxy, host):
    client = Client(proxy.path)
    trap = proxy.set(Trap("ingest", "answered", skip=1, rows=1,
                          action=("cut", "nothing")))
    check("a trap with skip lets the first one through",
          heard(client.ingest(b"first")) == "ready")
    check("and closes at the second", heard(client.ingest(b"second"))
          == "nothing" and trap.wait(5).rows == [["1", "accepted"]])
    trap = proxy.set(Trap("ingest", "answered", rows=2))
    check("one that wants two rows waits for them", heard(
        Client(proxy.path).ingest(b"third")) == "ready"
        and trap.wait(0.1) is None)
    proxy.unset(trap)
    wait_until("the trap to be away", lambda: not proxy.traps)
    said = psql("127.0.0.1", "select 'by network'", PGPORT=str(proxy.port),
                PGUSER="visitor", PGPASSWORD="open", PGSSLMODE="prefer")
    check("encryption is refused, and a password passes",
          said == "by network" and proxy.refused_ssl == 1, said)
    said = psql("127.0.0.1", "select 1", PGPORT=str(proxy.port),
                PGUSER="visitor", PGPASSWORD="wrong")
    check("a wrong password does not", "password" in said, said)


def inside():
    check = Checks()
    host = os.environ["PGHOST"]
    psql(host, TABLE)
    with tempfile.TemporaryDirectory() as folder:
        proxy = Proxy(folder, (host, os.environ["PGPORT"]),
                      network=True).start()
        points(check, proxy, host)
        others(check, proxy, host)
        proxy.stop()
    check.exit()


if len(sys.argv) > 1:
    inside()
sys.exit(subprocess.run([CLUSTER, "run", sys.executable, __file__,
                         "inside"]).returncode)
