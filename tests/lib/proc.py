"""Processes of the stack: started as the unprivileged user, stopped by pid.

Stops only what it started: a pid is believed only together with the start
time that the kernel has for it, so that a number used again harms nobody.
"""

import json
import os
import signal
import subprocess
import time

UNPRIVILEGED = "nobody"


def as_user(argv, die_with_us=False):
    """argv, run as the user that owns the stack's folder."""
    how = []
    if os.getuid() == 0:
        how = ["--reuid=" + UNPRIVILEGED, "--regid=nogroup",
               "--clear-groups"]
    if die_with_us:
        how.append("--pdeathsig=KILL")
    return ["setpriv", *how, "--", *argv] if how else list(argv)


def start_time(pid):
    """The kernel's start time of a live process, None without one."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def children(pid):
    """The live children of a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            pids = [int(p) for p in f.read().split()]
    except OSError:
        return []
    return [p for p in pids if start_time(p) is not None]


def wait_until(what, f, timeout=20.0, step=0.02):
    """f()'s first true value; fails when it takes longer than timeout."""
    end = time.monotonic() + timeout
    while True:
        value = f()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s for: {what}")
        time.sleep(step)


class Proc:
    """One running program. popen is None when another run started it."""

    def __init__(self, name, pid, started, popen=None):
        self.name = name
        self.pid = pid
        self.started = started
        self.popen = popen

    @classmethod
    def start(cls, name, argv, log, env=None, cwd="/", die_with_us=True):
        out = open(log, "ab")
        popen = subprocess.Popen(
            as_user(argv, die_with_us), stdin=subprocess.DEVNULL,
            stdout=out, stderr=out, cwd=cwd, env=env,
            start_new_session=True)
        out.close()
        return cls(name, popen.pid, start_time(popen.pid), popen)

    def alive(self):
        if self.popen is not None and self.popen.poll() is not None:
            return False
        return self.started is not None and \
            start_time(self.pid) == self.started

    def send(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, timeout):
        end = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def stop(self, number=signal.SIGTERM, timeout=15):
        """Asks it to end, and insists when it does not. True: it obeyed."""
        self.send(number)
        if self.wait(timeout):
            return True
        self.kill()
        return False

    def kill(self):
        self.send(signal.SIGKILL)
        self.wait(10)


def save(path, procs):
    with open(path, "w") as f:
        json.dump([[p.name, p.pid, p.started] for p in procs], f)


def load(path):
    with open(path) as f:
        return [Proc(*row) for row in json.load(f)]
