#!/usr/bin/env python3
"""doc/wire.md does what it says: its commands print what stands below them,
its blocks are those of the vectors, and its scripts, with clock and chance
held still and curl only listened to, send every header of wire.json."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks  # noqa: E402
from wire_doc import SOURCE, commands, fences, scripts  # noqa: E402

VECTORS = SOURCE / "tests/vectors"
STUBS = {
    "date": 'echo "$CLOCK"',
    "openssl": 'if [ "$1" = rand ]; then echo "$CHANCE"; else'
               ' exec "$OPENSSL" "$@"; fi',
    "curl": "printf '%s\\0' \"$@\"",
}


def print_what_they_show(check):
    shown = commands()
    check("there are commands", len(shown) >= 4, len(shown))
    for command, expected in shown:
        out = subprocess.run(["sh", "-c", command], text=True,
                             stdout=subprocess.PIPE).stdout
        check(command[:60], out.split()[:1] == [expected], out)


def show_the_blocks(check, wire):
    texts = [f.rstrip("\n") for f in fences()]
    for kind in ("a", "b"):
        blocks = [b["text"].rstrip("\n") for b in wire["blocks"][kind]]
        check(f"block {kind.upper()} is one of the vectors'",
              any(b in texts for b in blocks))


def listen(script, folder, variables):
    """What the script would have sent: address, headers, body."""
    env = {os.fsencode(k): v if isinstance(v, bytes) else os.fsencode(v)
           for k, v in variables.items()}
    env[b"PATH"] = os.fsencode(f"{folder}:/usr/bin:/bin")
    env[b"OPENSSL"] = os.fsencode(shutil.which("openssl"))
    out = subprocess.run(["sh", "-eu", "-c", script], env=env, check=True,
                         stdout=subprocess.PIPE).stdout
    words = iter(out.split(b"\0")[:-1])
    address, headers, body = None, {}, None
    for word in words:
        if word == b"-H":
            name, _, value = next(words).decode().partition(": ")
            headers[name] = value
        elif word == b"--data-binary":
            body = next(words)
        elif not word.startswith(b"-"):
            address = word.decode()
    return address, headers, body


def send_the_vectors(check, wire, folder):
    tried = dict.fromkeys(scripts(), 0)
    for v in wire["requests"]:
        what = "an event" if v["method"] == "POST" else "a GET"
        name = f"{v['scheme']}, {what}"
        script = scripts()[name]
        path = {"bridge": "/ingest", "relay": "/webhooks/wp",
                "edge": "/ingest/webhook"}[v["scheme"]]
        body = base64.b64decode(v.get("body_base64", ""))
        if (v.get("key", "RS256") != "RS256" or v.get("sub") or b"\0" in body
                or v["method"] == "POST" and v["target"] != path):
            continue  # what the script does not do, and no shell can
        key = wire["keys"].get(v.get("key"), {})
        address, headers, sent = listen(script, folder, {
            "GATE": wire["endpoint"], "TARGET": v["target"], "BODY": body,
            "SECRET": wire["secrets"].get(v.get("secret"), {}).get(
                "secret", ""),
            "ISSUER": wire["issuer"],
            "KEY_ID": v.get("kid") or v.get("key_id"),
            "KEY_FILE": str(VECTORS / key.get("private_file", "none")),
            "KEY": v.get("idempotency_key", ""),
            "CLOCK": str(v.get("timestamp", v.get("iat"))),
            "CHANCE": v.get("nonce") or v.get("jti") or ""})
        tried[name] += 1
        check(f"{name} sends: {v['name']}",
              address == wire["endpoint"] + v["target"]
              and headers == v["headers"]
              and sent == (body if v["method"] == "POST" else None),
              (address, headers, v["headers"]))
    check("each script was tried", tried and all(tried.values()), tried)


def main():
    if not shutil.which("openssl"):
        print("no openssl")
        sys.exit(77)
    check = Checks()
    wire = json.loads((VECTORS / "wire.json").read_text())
    print_what_they_show(check)
    show_the_blocks(check, wire)
    with tempfile.TemporaryDirectory() as folder:
        for name, script in STUBS.items():
            path = pathlib.Path(folder, name)
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        send_the_vectors(check, wire, folder)
    check.exit()


main()
