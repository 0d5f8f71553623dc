#!/usr/bin/env python3
"""Tokens that panva's jose made, and attacks made of them, judged by
lib/jwt.c: see tests/lib/jose_tokens.mjs. tests/flow_bridge.py posts the same
ones at the door."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
from flow import Checks  # noqa: E402


def main():
    if shutil.which("node") is None:
        print("no node")
        sys.exit(77)
    check = Checks()
    made = subprocess.run(["node", HERE / "lib/jose_tokens.mjs"], check=True,
                          stdout=subprocess.PIPE).stdout
    tokens = [t for t in map(json.loads, made.splitlines()) if "token" in t]
    judge = os.environ.get("PRESSGATE_BIN", ".") + "/tests/jwt_judge"
    verdicts = subprocess.run([judge], check=True, input=made,
                              stdout=subprocess.PIPE).stdout.decode().split()
    check("there is a verdict for each token",
          len(verdicts) == len(tokens) > 200, len(verdicts))
    for t, verdict in zip(tokens, verdicts):
        check(f"{t['algorithm']}, {t['name']}: {t['verdict']}",
              verdict == t["verdict"], verdict)
    good = [t for t in tokens if t["verdict"] == "ok"]
    check("good ones of all four algorithms", {t["algorithm"] for t in good}
          == {"RS256", "ES256", "EdDSA", "HS256"})
    print(f"{len(good)} taken, {len(tokens) - len(good)} refused")
    check.exit()


main()
