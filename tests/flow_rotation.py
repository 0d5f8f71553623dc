#!/usr/bin/env python3
"""A secret is replaced while a site goes on sending: next, current, retiring,
gone; with the counts that an operator goes by, and killed at every step."""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from desk import Desk  # noqa: E402
from doors import Relay  # noqa: E402
from flow import Checks  # noqa: E402
from proc import wait_until  # noqa: E402

SITE = """\
site "blog" {
	url = "https://blog.example.com"
	default = true
	events = {"post.published"}
	relay {
		key "old" { secret = "file:secrets.d/blog" }
	}
	edge {
		key "old" { secret = "file:secrets.d/blog.edge" }
	}
}
"""
# Kills before the Nth call that could change a file. A program that is
# stopped there has done all that came before and nothing that comes after.
SHIM = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
static void look(void)
{
	static int n;
	const char *at = getenv("KILL_AT");
	if (at != NULL && ++n == atoi(at))
		kill(getpid(), SIGKILL);
}
#define WRAP(type, name, params, args) \\
	type name params { look(); \\
	return ((type (*) params)dlsym(RTLD_NEXT, #name)) args; }
WRAP(int, rename, (const char *a, const char *b), (a, b))
WRAP(int, link, (const char *a, const char *b), (a, b))
WRAP(int, unlink, (const char *a), (a))
WRAP(int, fsync, (int a), (a))
WRAP(int, fchmod, (int a, mode_t b), (a, b))
WRAP(ssize_t, write, (int a, const void *b, size_t c), (a, b, c))
"""


class Scene(Desk):
    def __init__(self):
        super().__init__(processes=1)
        self.texts = {"pressgate.conf": self.texts["pressgate.conf"],
                      "sites.d/blog.conf": SITE}

    def apply(self, names=("blog",)):
        super().apply(names)

    def build_shim(self):
        source = self.write("web/shim.c", SHIM)
        shim = f"{self.dir}/web/shim.so"
        subprocess.run([os.environ.get("CC", "cc").split()[0], "-shared",
                        "-fPIC", "-o", shim, source, "-ldl"], check=True)
        os.chmod(shim, 0o755)
        return shim

    def keys(self):
        code, out, err = self.run("secret", "list", "--json")
        assert code == 0, err
        return {(k["scheme"], k["id"]): k for k in json.loads(out)}

    def states(self, scheme="relay"):
        return {i: k["state"] for (s, i), k in self.keys().items()
                if s == scheme}

    def reload(self):
        before = self.children()
        self.procs["responder"].send(1)
        wait_until("new children", lambda: (c := self.children())
                   and not set(c) & set(before))

    def send(self, secret, key_id):
        door = Relay(secret, key_id)
        key = door.key()
        return self.post(door.body("post.published", key), key,
                         door=door).status

    def settle(self):
        """What was counted is written."""
        self.procs["responder"].stop()
        self.start_responder()


def block(out):
    """Key id and secret of a block A."""
    return tuple(re.search(rf"'PRESSGATE_{n}', '([^']*)'", out).group(1)
                 for n in ("KEY_ID", "SECRET"))


def walk(check, s):
    old = s.secrets["blog"]
    check("the old secret is current and its age is not known",
          s.keys()[("relay", "old")]["state"] == "current"
          and s.keys()[("relay", "old")]["age_days"] is None, s.keys())
    check("an event by it", s.send(old, "old") == 202)
    code, _, err = s.run("secret", "rotate", "blog")
    check("of several doors one must be named",
          code == 2 and "--door" in err, (code, err))
    code, out, err = s.run("secret", "rotate", "blog", "--door", "relay",
                           "--endpoint", "https://gate.example.com")
    new_id, new = block(out)
    check("rotate makes the next one and prints block A", code == 0
          and new_id == "blog-1" and len(new) == 64
          and "promote blog blog-1" in err, (code, err))
    check("no secret but in the block", new not in err and old not in out)
    path = pathlib.Path(s.dir, "etc/secrets.d/blog.blog-1.relay")
    check("it is for the programs only", stat.S_IMODE(
        path.stat().st_mode) == 0o600 and path.read_text() == new + "\n")
    again = s.run("secret", "rotate", "blog", "--door", "relay",
                  "--endpoint", "https://gate.example.com")
    check("once more prints the same again", again[1] == out
          and "is there already" in again[2], again)
    check("before a reload the responder does not know it",
          s.send(new, new_id) == 401)
    s.reload()
    check("then both are taken", (s.send(old, "old"), s.send(new, new_id),
                                  s.send(new, None)) == (202,) * 3)
    s.get("/results", door=Relay(old, "old"))
    s.settle()
    k = s.keys()
    check("events and GETs are counted for each",
          (k[("relay", "old")]["last_day"], k[("relay", "blog-1")]["last_week"])
          == (3, 2) and k[("edge", "old")]["last_day"] == 0
          and k[("relay", "blog-1")]["idle_s"] < 60, k)
    check("as they were", s.sql(
        "select events, fetches from pressgate.key_use"
        " where key_id = 'old' and scheme = 'relay'") == [["2", "1"]])
    check("a person is told that it is in use", "in use: secret promote"
          in s.run("secret", "list", "blog")[1])
    code, _, err = s.run("secret", "retire", "blog", "old")
    check("an id of two doors is asked about", code == 2, (code, err))
    code, _, err = s.run("secret", "retire", "blog", "old", "--door", "relay")
    check("a current one is not retired", code == 1 and "is current" in err,
          (code, err))
    code, out, err = s.run("secret", "promote", "blog", new_id)
    check("promoted, the old one is retiring", code == 0 and s.states()
          == {"old": "retiring", "blog-1": "current"}, (code, out, err))
    check("promoted again it is as it was",
          s.run("secret", "promote", "blog", new_id)[0] == 0)
    check("no second rotation meanwhile", s.run(
        "secret", "rotate", "blog", "--door", "relay", "--endpoint",
        "https://g.example")[0] == 1)
    s.reload()
    check("both are taken still", (s.send(old, "old"), s.send(new, new_id))
          == (202, 202))
    return new_id, new


def leave(check, s, new_id, new):
    """The old one goes."""
    old, args = s.secrets["blog"], ("secret", "retire", "blog", "old",
                                    "--door", "relay")
    s.settle()
    code, _, err = s.run(*args)
    check("one that was used today is not retired", code == 1
          and "times in the last day" in err and "--force" in err
          and s.states()["old"] == "retiring", (code, err))
    s.sql("update pressgate.key_use set hour = hour - interval '25 hours',"
          " last_at = last_at - interval '25 hours' where key_id = 'old'")
    s.sql("create table saved as select * from pressgate.key_use;"
          "delete from pressgate.key_use where key_id = 'blog-1'")
    code, _, err = s.run(*args)
    check("nor while nobody signs with the current one", code == 1
          and "nobody has signed with the current one" in err, (code, err))
    s.sql("insert into pressgate.key_use select * from saved"
          " where key_id = 'blog-1'; drop table saved")
    check("a person is told when it can go", "can go: secret retire"
          in s.run("secret", "list")[1] and s.keys()[("relay", "old")][
              "can_go"], s.run("secret", "list")[1])
    code, out, err = s.run(*args)
    check("then it goes", code == 0 and "takes" not in out
          and s.states() == {"blog-1": "current"}, (code, out, err))
    s.reload()
    check("and is no more taken", (s.send(old, "old"), s.send(old, None),
                                   s.send(new, new_id)) == (401, 401, 202))
    check("a key that is gone is none", s.run(
        "secret", "promote", "blog", "old", "--door", "relay")[0] == 1
        and s.run("secret", "retire", "blog", "nobody")[0] == 5)
    check("its file, which a person wrote of, is left",
          pathlib.Path(s.dir, "etc/secrets.d/blog").exists())
    away = s.run("secret", "list", "--json", env={
        "PRESSGATE_CONF": s.conf})
    check("without counts the rest is shown", away[0] in (1, 4)
          and json.loads(away[1])[0]["last_day"] is None, away)


def undo(check, s):
    """A step that would make the site invalid is taken back whole: here the
    new secret's file is there already, and has the bytes of another."""
    keys = pathlib.Path(s.dir, "etc/sites.d/blog.keys")
    before = keys.read_text()
    path = s.write("etc/secrets.d/blog.blog-2.relay",
                   s.secrets["blog.edge"] + "\n")
    code, out, err = s.run("secret", "rotate", "blog", "--door", "relay",
                           "--endpoint", "https://gate.example.com")
    check("a secret that is another door's is not taken, and nothing is "
          "printed", code == 3 and out == "" and "the same secret" in err,
          (code, out, err))
    check("then everything is as before", keys.read_text() == before
          and s.run("check")[0] == 0 and not pathlib.Path(path).exists())


def age(check, s):
    keys = pathlib.Path(s.dir, "etc/sites.d/blog.keys")
    text = keys.read_text()
    keys.write_text(re.sub(r"(relay blog-1 current) \S+",
                           r"\1 2026-01-01T00:00:00Z", text))
    code, out, err = s.run("check")
    check("check warns of a key of more than 90 days", code == 0
          and "relay blog-1 is" in err and "days old" in err, (code, err))
    doc = json.loads(s.run("check", "--json")[1])
    check("in JSON, too", doc["ok"] and doc["errors"] == []
          and len(doc["warnings"]) == 1, doc)
    check("status counts it", "keys: 1 of more than 90 days"
          in s.run("status")[1] and json.loads(
              s.run("status", "--json")[1])["config"]["old_keys"] == 1)
    check("site list shows it", "old: pressgate secret rotate"
          in s.run("site", "list")[1])
    keys.write_text(text)
    check("a young one is not named", s.run("check")[2] == "")


def copy_etc(s, name):
    target = f"{s.dir}/{name}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(f"{s.dir}/etc", target)
    for path in [target, *pathlib.Path(target).rglob("*")]:
        s.own(str(path))
    return target


def kill(check, s, shim, what, args, ok):
    """args killed before each of its writes, then run again to its end. ok:
    what the states of the relay's keys may be meanwhile, and are at last."""
    kept, n, bad = copy_etc(s, "kept"), 0, []
    while True:
        n += 1
        code, _, err = s.run(*args, env={"LD_PRELOAD": shim,
                                         "KILL_AT": str(n)})
        if code == 0 or n > 60:
            break
        if code not in (137, -9):
            bad.append((n, code, err))
        if s.run("check")[0] != 0:
            bad.append((n, "the configuration does not load"))
        if s.states() not in ok:
            bad.append((n, s.states()))
        code, _, err = s.run(*args)
        if code != 0 or s.states() != ok[-1]:
            bad.append((n, "not ended by the same again", code, err))
        left = [p.name for p in pathlib.Path(
            s.dir, "etc/secrets.d").iterdir() if ".new" in p.name]
        if left:
            bad.append((n, left))
        shutil.rmtree(f"{s.dir}/etc")
        shutil.copytree(kept, f"{s.dir}/etc")
        for path in [f"{s.dir}/etc", *pathlib.Path(s.dir, "etc").rglob("*")]:
            s.own(str(path))
    check(f"{what}, killed before each of its {n - 1} writes, leaves what "
          "loads, and the same again ends it", not bad and n > 4, bad[:3])
    check(f"{what} ends as it should", s.states() == ok[-1], s.states())


def kills(check, s):
    shim = s.build_shim()
    rotate = ("secret", "rotate", "blog", "--door", "relay", "--endpoint",
              "https://gate.example.com")
    one, two = {"blog-1": "current"}, {"blog-1": "current", "blog-2": "next"}
    three = {"blog-1": "retiring", "blog-2": "current"}
    kill(check, s, shim, "rotate", rotate, [one, two])
    kill(check, s, shim, "promote", ("secret", "promote", "blog", "blog-2"),
         [two, three])
    kill(check, s, shim, "retire", ("secret", "retire", "blog", "blog-1",
                                    "--force"),
         [three, {"blog-2": "current"}])
    check("a retired secret's file is gone", not pathlib.Path(
        s.dir, "etc/secrets.d/blog.blog-1.relay").exists())
    keys = pathlib.Path(s.dir, "etc/sites.d/blog.keys").read_text()
    check("and its id stays known, so that it is not given again",
          re.search(r"^relay blog-1 retired \S+$", keys, re.M), keys)
    s.run(*rotate)
    check("the one after it has a new id", s.states()
          == {"blog-2": "current", "blog-3": "next"}, s.states())


def main():
    check = Checks()
    with Scene() as s:
        s.start()
        new = walk(check, s)
        leave(check, s, *new)
        undo(check, s)
        age(check, s)
        kills(check, s)
        log = s.log()
        check("no secret in the log", not any(
            x in log for x in (*s.secrets.values(), new[1])))
    check.exit()


main()
