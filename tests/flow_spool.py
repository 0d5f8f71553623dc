#!/usr/bin/env python3
"""PostgreSQL away under a sender that would not try again: each event is
accepted, kept on disk, and stored once, with the time at which it came,
whoever is killed when. Others are told to come later."""

import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fcgi_client as fc  # noqa: E402
import hooks  # noqa: E402
from client import Client  # noqa: E402
from doors import Relay  # noqa: E402
from flow import Checks  # noqa: E402
from proc import as_user, children, wait_until  # noqa: E402
from stack import CONF, SITE, Stack  # noqa: E402

SPOOL = """
spool { path = "../var/spool"  files = $FILES }
"""

SHOP = """\
site "shop" {
	url = "https://shop.example.com"
	events = {"post.published"}
	relay { key "shop-1" { secret = "file:secrets.d/shop" } }
}
"""

MORE = """\
	source "hub" { provider = "github"
		secret "a" { value = "file:secrets.d/hub" } }
	source "woo" { provider = "woocommerce"
		secret "a" { value = "file:secrets.d/woo" } }
	source "pay" { provider = "stripe"
		secret "a" { value = "file:secrets.d/pay" } }
	route "theirs" {
		sources = {"hub", "woo", "pay"}
		events = {"issues.opened", "order.updated", "invoice.paid"}
		step "summary" { service = "llm"  model = "$MODEL"  prompt = "p" }
	}
	route "order" {
		events = {"order.paid"}
		serial_by = "/data/customer"
		step "summary" { service = "llm"  model = "$MODEL"  prompt = "p" }
	}
}
"""


class SpoolStack(Stack):
    def __init__(self):
        site = SITE.replace('default = true\n', 'default = true\n'
                            '\taway_policy = "spool"\n')
        assert site != SITE and site.endswith("\t}\n}\n")
        super().__init__(conf=CONF + SPOOL, processes=3,
                         site=site[:-2] + MORE)
        self.values["FILES"] = "10000"
        self.texts["sites.d/shop.conf"] = SHOP
        self.secrets["shop"] = "shop".ljust(40, "s")
        self.sent = []  # (request_id, key, wall time before and after)
        self.hooks = [kind(name, name.ljust(40, "s")) for kind, name in (
            (hooks.GitHub, "hub"), (hooks.WooCommerce, "woo"),
            (hooks.Stripe, "pay"))]
        for h in self.hooks:
            self.secrets[h.name] = h.secret

    def prepare(self):
        os.mkdir(f"{self.dir}/var")
        self.own(f"{self.dir}/var", 0o700)

    def spool(self):
        return f"{self.dir}/var/spool"

    def files(self):
        """Oldest first."""
        return sorted(n for n in os.listdir(self.spool())
                      if n[0].isalnum() and "." in n)

    def send(self, client, kind="post.published", **members):
        key = client.door.key()
        before = time.time()
        a = client.event(kind, key=key, **members)
        if a.status == 202:
            self.sent.append((a.json()["request_id"], key, before,
                              time.time()))
        return a

    def deliver(self, hook, body, **how):
        return self.client.request("POST", hook.path, body,
                                   hook.headers(body, **how))

    def stored(self):
        return {r[0]: r[1:] for r in self.sql(
            "select id, idempotency_key, extract(epoch from received_at), "
            "(select count(*) from pressgate.job j where j.event_id = e.id) "
            "+ (select count(*) from pressgate.job_done d "
            "where d.event_id = e.id) from pressgate.event e")}

    def drainer(self):
        """The child of the parent that serves nobody."""
        for pid in children(self.procs["responder"].pid):
            try:
                for fd in os.listdir(f"/proc/{pid}/fd"):
                    if os.readlink(f"/proc/{pid}/fd/{fd}").endswith(
                            "spool/lock"):
                        if not self.serves(pid):
                            return pid
            except OSError:
                pass
        return None

    @staticmethod
    def serves(pid):
        return any(os.readlink(f"/proc/{pid}/fd/{fd}").startswith(
            "anon_inode:[eventpoll]") for fd in os.listdir(f"/proc/{pid}/fd"))

    def responder_again(self):
        self.procs["responder"].kill()
        for pid in children(self.procs["responder"].pid):
            os.kill(pid, signal.SIGKILL)
        if os.path.exists(f"{self.dir}/run/fcgi.sock"):
            os.unlink(f"{self.dir}/run/fcgi.sock")
        self.start_responder()


def away(check, s):
    """Accepted by each door; kept; nobody else's."""
    s.stop_postgres("immediate")
    a = s.send(s.client)
    check.status("accepted while PostgreSQL is away", a, 202, "accepted")
    check("with a place to look", a.headers["Location"].endswith(
        s.sent[-1][0]), a.headers)
    check("its file is ours alone", [os.stat(f"{s.spool()}/{n}").st_mode
                                     & 0o777 for n in s.files()] == [0o600])
    check("in a folder that is, too",
          os.stat(s.spool()).st_mode & 0o777 == 0o700)
    for kind in ("edge", "bridge"):
        check.status(f"by {kind}, too", s.send(s.by(kind)), 202, "accepted")
    check.status("a forged one is not", s.client.post(
        b"{}", "k", signature="0" * 64), 401)
    check.status("nor one of a type that nobody knows", s.client.event(
        "never.heard.of"), 422)
    shop = Client(s.base, None, door=Relay(s.secrets["shop"], "shop-1"))
    a = shop.event()
    check("another site is told to come later", a.status == 503
          and a.headers["Retry-After"], a)
    third_parties(check, s)
    s.responder_again()
    check.status("a responder that never saw the database accepts",
                 s.send(s.client), 202, "accepted")
    for n in range(40):
        s.send(s.client, "order.paid", customer=n % 3)
        if n % 9 == 4:
            os.kill(random.choice(children(s.procs["responder"].pid)),
                    signal.SIGKILL)
    lost = len(s.files()) - len(s.sent) - s.more
    check("what was accepted is there, though children were killed",
          0 <= lost <= 5, (len(s.files()), len(s.sent)))


def third_parties(check, s):
    """Those that never send again are kept, by their profile."""
    hub, woo, pay = s.hooks
    for n in range(3):
        body = hub.body()
        before = time.time()
        a = s.deliver(hub, body, delivery=f"d-{n}")
        check.status("GitHub's is accepted", a, 202, "accepted")
        s.sent.append((a.json()["request_id"], None, before, time.time()))
    check.status("and once more", s.deliver(hub, body, delivery="d-2"), 202)
    check.status("WooCommerce's is, as it wants it",
                 s.deliver(woo, woo.body()), 200)
    a = s.deliver(pay, pay.body())
    check("Stripe, which tries for days, is told to come later",
          a.status == 503 and a.headers["Retry-After"], a)
    s.more = 2  # files of which s.sent does not know


def full(check, s):
    s.values["FILES"] = "2"
    s.write_conf()
    s.procs["responder"].send(signal.SIGHUP)
    a = wait_until("503", lambda: (a := s.send(s.client)).status != 202
                   and a, step=0.1)
    check("a full spool is 503", a.status == 503 and a.headers["Retry-After"],
          a)
    s.values["FILES"] = "10000"
    s.write_conf()
    s.procs["responder"].send(signal.SIGHUP)
    wait_until("room again", lambda: s.send(s.client).status == 202,
               step=0.1)


def damaged(s):
    """Two files that a disk has damaged, of events of nobody."""
    kept = s.files()
    whole = f"{s.spool()}/{kept[0]}"
    head, size = kept[0].split(".")
    names = [f"{head[:-4]}{x}.{size}" for x in ("0001", "0002")]
    shutil.copy2(whole, f"{s.spool()}/{names[0]}")
    shutil.copy2(whole, f"{s.spool()}/{names[1]}")
    with open(f"{s.spool()}/{names[0]}", "r+b") as f:
        f.seek(100)
        f.write(b"\xff")
    os.truncate(f"{s.spool()}/{names[1]}", 50)
    for name in names:
        s.own(f"{s.spool()}/{name}")
    return names


def back(check, s):
    """Drained by one process after another, each killed in the middle."""
    bad = damaged(s)
    copy = f"{s.dir}/copy"
    shutil.copytree(s.spool(), copy, ignore=lambda *_: ["bad", "lock"])
    s.start_postgres()
    killed, gone = 0, []
    end = time.monotonic() + 30
    while s.files() and time.monotonic() < end:
        pid = s.drainer()
        if pid and killed < 3:
            wait_until("progress", lambda n=len(s.files()), p=pid: len(
                s.files()) < n or not os.path.exists(f"/proc/{p}"),
                step=0.0005)
            time.sleep(random.uniform(0, 0.02))
            left = len(s.files())
            try:
                os.kill(pid, signal.SIGKILL)
                if left:
                    killed += 1
                    gone.append(left)
            except ProcessLookupError:
                pass
        time.sleep(0.0005)
    check("all is drained", s.files() == [], s.files()[:3])
    check(f"though whoever drained was killed, {gone} files from the end",
          killed > 0)
    check("damaged files are set aside", sorted(os.listdir(
        s.spool() + "/bad")) == sorted(bad), os.listdir(s.spool() + "/bad"))
    once(check, s, "after kills")
    # As if each had been killed after the commit, before the file was gone.
    for name in os.listdir(copy):
        if name in bad:
            os.unlink(f"{copy}/{name}")
        elif name[0].isalnum():
            shutil.copy2(f"{copy}/{name}", f"{s.spool()}/.x")
            s.own(f"{s.spool()}/.x", 0o600)
            os.rename(f"{s.spool()}/.x", f"{s.spool()}/{name}")
    before = s.stored()
    wait_until("drained again", lambda: not s.files(), 30)
    check("drained once more, nothing is there twice",
          s.stored().keys() == before.keys())
    once(check, s, "after a second time")


def once(check, s, when):
    stored = s.stored()
    lost = [x for x in s.sent if x[0] not in stored]
    check(f"{when}: each accepted event is stored under its id", not lost,
          lost[:2])
    here = [(x, stored[x[0]]) for x in s.sent if x[0] in stored]
    check(f"{when}: with its key", all(
        x[1] in (None, r[0]) for x, r in here))
    got = s.sql("select scheme, count(*), count(source_id = 0 or null) "
                "from pressgate.event where source_id > 0 group by 1 "
                "order by 1")
    check(f"{when}: third parties' once, under their sources",
          got == [["github", "3", "0"], ["woocommerce", "1", "0"]], got)
    late = [(x, r) for x, r in here
            if not x[2] - 0.01 <= float(r[1]) <= x[3] + 0.01]
    check(f"{when}: and the time at which it came", not late, late[:2])
    wrong = [(x, r) for x, r in here if r[2] != "1"]
    check(f"{when}: and one job", not wrong, wrong[:2])
    keys = [r[0] for r in stored.values()]
    check(f"{when}: no key twice", len(keys) == len(set(keys)))


def alone(check, s):
    """Where a web server starts the responder, it drains by and by."""
    s.procs["responder"].stop()
    before = s.stored()
    for name in os.listdir(f"{s.dir}/copy")[:5]:
        shutil.copy2(f"{s.dir}/copy/{name}", f"{s.spool()}/.x")
        s.own(f"{s.spool()}/.x", 0o600)
        os.rename(f"{s.spool()}/.x", f"{s.spool()}/{name}")
    path = f"{s.dir}/run/alone.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        s.own(path, 0o777)
        p = subprocess.Popen(
            as_user([f"{s.dir}/bin/pressgate-fcgi"], True), stdin=listener,
            env=s.environment(), cwd="/",
            stderr=open(f"{s.dir}/log/alone.log", "ab"))
    try:
        wait_until("a drained spool", lambda: fc.ask(path, {
            "FCGI_ROLE": "RESPONDER", "REQUEST_METHOD": "GET",
            "REQUEST_URI": "/livez"}.items()).status == 200
            and not s.files(), 10, 0.1)
        check("one without a parent drains after its answers", s.stored(
            ).keys() == before.keys())
    finally:
        p.terminate()
        p.wait()
    s.start_responder()


def in_order(check, s):
    """A serial order is that of acceptance."""
    rows = s.sql(
        "select serial_key, e.id from (select event_id, serial_key, "
        "serial_no from pressgate.job where serial_key is not null) j "
        "join pressgate.event e on e.id = j.event_id "
        "order by serial_key, serial_no")
    sent = [x[0] for x in s.sent]
    by_key = {}
    for key, event in rows:
        if event in sent:
            by_key.setdefault(key, []).append(sent.index(event))
    check("serial jobs are numbered as they were accepted",
          len(by_key) == 3 and all(v == sorted(v) for v in by_key.values()),
          by_key)


def main():
    check = Checks()
    print("# seed", seed := int(time.time()), flush=True)
    random.seed(seed)
    with SpoolStack() as s:
        s.start()
        check.status("before", s.send(s.client), 202, "accepted")
        s.procs["worker"].stop()
        s.sent.clear()
        away(check, s)
        full(check, s)
        back(check, s)
        alone(check, s)
        in_order(check, s)
        text = s.pressgate("metrics")
        check("metrics count what was kept, stored and set aside", all(
            any(line.startswith("pressgate_spool_deliveries_total")
                and f'"{what}"' in line and not line.endswith(" 0")
                for line in text.splitlines())
            for what in ("kept", "stored", "set_aside")), text)
        s.start_worker()
        last = s.sent[-1][1]
        wait_until("a result", lambda: any(
            r["idempotency_key"] == last for r in s.client.walk()[0]), 20)
        check("and the site gets its results", True)
    check.exit()


main()
