#!/usr/bin/env python3
"""lib/schema against others: the JSON Schema test suite, ajv on schemas and
values made by chance, a browser's HTML parser (parse5) and URL parser (Node's)
on what is stored. The packages are installed for this test and are not part
of this tree: without a network it fails.

    tests/flow_schema_oracles.py [SEED [COUNT]]"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
sys.path.insert(0, str(HERE))
from flow import Checks  # noqa: E402
from schema_judge import Judge  # noqa: E402
import schema_suite  # noqa: E402

INSTALL_S = 120
SHOWN = 5  # of those that differ
STRIP = {"x-pressgate-html": "strip"}
NORMAL = {"x-pressgate-url": "normalise"}


def install(folder):
    shutil.copy(HERE / "oracles/schema/package.json", folder)
    done = subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
         "--no-package-lock", "--no-bin-links", "--no-update-notifier",
         "--cache", f"{folder}/cache"],
        cwd=folder, timeout=INSTALL_S, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(done.stdout[-4000:])
    return done.returncode == 0


def node(folder, *args, text=None):
    done = subprocess.run(
        ["node", HERE / "oracles/schema/judge.mjs", folder, *args],
        input=text, check=True, text=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare_values(check, judge, made):
    """What ajv says of each value."""
    differ, count, valid = [], 0, 0
    for m in (m for m in made if "schema" in m):
        said = judge.schema(m["schema"])
        if said != "ok":
            differ.append((m["schema"], said))
            continue
        for v in m["values"]:
            count += 1
            valid += v["valid"]
            said = judge.value(v["value"])
            if said.split()[0] != ("valid" if v["valid"] else "invalid"):
                differ.append((m["schema"], v, said))
    check(f"ajv agrees on {count} values, {valid} of them valid",
          not differ and valid > count / 20 and valid < count,
          differ[:SHOWN])


# What a line's end more or less does not change.
def squeeze(text):
    return re.sub(r"\s+", "", text)


def look_at_html(check, judge, folder, made):
    judge.schema(STRIP)
    inputs = [m for m in made if "html" in m]
    ours = [json.loads(judge.stored(m["html"])) for m in inputs]
    seen = node(folder, "0", "0", "--look",
                text="".join(json.dumps({"html": o}) + "\n" for o in ours))
    differ = [(m["html"], o) for m, o, s in zip(inputs, ours, seen)
              if not s["bare"]]
    check(f"a browser finds nothing but text in {len(ours)} stripped texts",
          not differ, differ[:SHOWN])
    tame = [(m, o, s) for m, o, s in zip(inputs, ours, seen) if "text" in m]
    differ = [(m, o) for m, o, s in tame
              if squeeze(m["text"]) != squeeze(s["text"])]
    check(f"and {len(tame)} of them have the text that it shows", not differ,
          differ[:SHOWN])


def plain(url):
    """Without escapes that mean nothing, as RFC 3986 has it. WHATWG leaves
    those in, and writes ' as %27 in a query."""
    return re.sub(
        r"%([0-9A-Fa-f]{2})",
        lambda m: chr(int(m[1], 16)) if re.match(
            r"[A-Za-z0-9._~'-]", chr(int(m[1], 16))) else m[0].upper(),
        url or "")


def look_at_urls(check, judge, folder, made):
    judge.schema(NORMAL)
    inputs = [m for m in made if "url" in m]
    taken = []
    for m in inputs:
        stored = judge.stored(m["url"])
        if not stored.startswith("invalid"):
            taken.append((m, json.loads(stored)))
    seen = node(folder, "0", "0", "--look",
                text="".join(json.dumps({"url": o}) + "\n" for _, o in taken))
    differ = [(m, o, s) for (m, o), s in zip(taken, seen)
              if m["href"] is None or plain(m["href"]) != plain(s["href"])]
    check(f"{len(taken)} of {len(inputs)} are URLs, and mean what they meant",
          not differ and len(taken) > len(inputs) / 20, differ[:SHOWN])


def main():
    seed = sys.argv[1] if len(sys.argv) > 1 else "1"
    count = sys.argv[2] if len(sys.argv) > 2 else "700"
    check = Checks()
    for tool in "node", "npm":
        if not check(f"there is {tool}", shutil.which(tool) is not None):
            check.exit()
    with tempfile.TemporaryDirectory(prefix="pressgate-oracles.") as folder:
        begun = time.monotonic()
        if check("npm installs the packages", install(folder)):
            print(f"# {time.monotonic() - begun:.1f} s to install, seed {seed}")
            check("the JSON Schema test suite passes", schema_suite.run(
                f"{folder}/node_modules/json-schema-test-suite/tests/draft4",
                str(HERE / "vectors/schema_skips_draft4.txt")))
            made = node(folder, seed, count)
            judge = Judge()
            compare_values(check, judge, made)
            look_at_html(check, judge, folder, made)
            look_at_urls(check, judge, folder, made)
            judge.close()
    check.exit()


main()
