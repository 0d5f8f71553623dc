#!/usr/bin/env python3
"""Signatures that providers' own packages made, judged by lib/provider.c, and
what lib/provider_sign.c made, judged by those packages. They are installed
for this test and are not part of this tree: without a network it fails."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
from flow import Checks  # noqa: E402

INSTALL_S = 180
JUDGE = os.environ.get("PRESSGATE_BIN", ".") + "/tests/hook_judge"
URL = "https://gate.example/api/webhooks/x"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

# What we sign for each package that verifies: provider, secret, and what is
# not as for the others.
SIGNED = [
    ("stripe", "whsec_of_a_test", {}),
    ("standard-webhooks", WHSEC, {}),
    ("svix", WHSEC, {}),
    ("github", "It's a Secret to Everybody", {}),
    ("hubspot", "client-secret", {"url": URL, "target": "/x?a=1"}),
    ("hubspot-v2", "client-secret", {"url": URL, "target": "/x?a=1"}),
    ("hubspot-v1", "client-secret", {}),
    ("twilio", "12345", {"url": URL, "target": "/x?a=1",
                         "body": "To=%2B1&From=%2B2&Body=a+b%26c"}),
    ("twilio", "12345", {
        "url": URL, "body": "{}", "target": "/x?bodySHA256=44136fa355b3678a"
        "1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}),
    ("slack", "8f742231b10e8888abcd99yyyzzz85a5", {}),
    ("shopify", "hush", {}),
    ("paddle", "pdl_ntfset_1", {}),
    ("linear", "lin_wh_1", {}),
]


def install(folder):
    """The packages, as the user's own npm is set up to get them."""
    shutil.copy(HERE / "oracles/package.json", folder)
    done = subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
         "--no-package-lock", "--no-bin-links", "--no-update-notifier",
         "--cache", f"{folder}/cache"],
        cwd=folder, timeout=INSTALL_S, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(done.stdout[-4000:])
    return done.returncode == 0


def lines(command, documents):
    text = "".join(json.dumps(d) + "\n" for d in documents)
    done = subprocess.run(command, input=text.encode(), check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    return done.splitlines()


def flip(text):
    """Another last character, of the same alphabet."""
    last = text.rstrip("=")[-1]
    at = text.rindex(last)
    return text[:at] + ("A" if last not in "aA" else "B") + text[at + 1:]


def forged(document):
    """The same with one thing changed, each time another."""
    body = document["body"]
    if document["provider"] == "adyen":
        yield "member", {**document, "body": body.replace("INV:42", "INV:43")}
        return
    yield "body", {**document, "body": body + " "}
    yield "body", {**document, "body": body[:-1]}
    for name, value in document["headers"].items():
        if name.lower().endswith("timestamp"):
            later = str(int(value) + 1)
        else:
            later = flip(value)
        yield name, {**document, "headers": {**document["headers"],
                                             name: later}}
    if document["url"] and document["provider"] != "hubspot-v1":
        yield "url", {**document, "url": document["url"] + "x"}


def theirs(check, folder):
    made = subprocess.run(["node", HERE / "oracles/sign.mjs", folder],
                          check=True, stdout=subprocess.PIPE).stdout
    documents = [json.loads(line) for line in made.splitlines()]
    for document, verdict in zip(documents, lines([JUDGE], documents)):
        check(f"taken from {document['provider']}", verdict == "ok", verdict)
    pairs = [(what, f) for d in documents for what, f in forged(d)]
    for (what, document), verdict in zip(
            pairs, lines([JUDGE], [f for _, f in pairs])):
        check(f"refused from {document['provider']} with another {what}",
              verdict != "ok" and verdict in (
                  "no_match", "encoding", "body_form", "body_json",
                  "body_digest", "id_grammar"), verdict)
    check("many were made", len(documents) > 40, len(documents))
    return len(documents), len(pairs)


def ours(check, folder):
    now = int(time.time())
    body = json.dumps({"id": "evt_1", "object": "event", "text": "Grüße 🙂",
                       "webhookTimestamp": now * 1000}, ensure_ascii=False)
    asked = [{"provider": provider, "secret": secret, "method": "POST",
              "url": "", "target": "", "body": body, "now": now,
              "sign": "msg_1", **more} for provider, secret, more in SIGNED]
    for document, made in zip(asked, lines([JUDGE], asked)):
        document["headers"] = json.loads(made)
    broken = [{**d, "body": d["body"].replace("+", "%20", 1) + "&a=b"
               if "=%" in d["body"] else d["body"] + " "} for d in asked]
    verdicts = lines(["node", HERE / "oracles/verify.mjs", folder],
                     asked + broken)
    for document, verdict in zip(asked, verdicts):
        check(f"{document['provider']}'s own package takes ours",
              verdict == "true", verdict)
    for document, verdict in zip(broken, verdicts[len(asked):]):
        check(f"{document['provider']}'s own package looks at the body",
              verdict == "false", verdict)
    return len(asked)


def main():
    check = Checks()
    for tool in "node", "npm":
        if not check(f"there is {tool}", shutil.which(tool) is not None):
            check.exit()
    with tempfile.TemporaryDirectory(prefix="pressgate-oracles.") as folder:
        if check("npm installs the packages", install(folder)):
            made, changed = theirs(check, folder)
            print(f"{made} deliveries of theirs, {changed} forged, "
                  f"{ours(check, folder)} of ours")
    check.exit()


main()
