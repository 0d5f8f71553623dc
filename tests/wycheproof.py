#!/usr/bin/env python3
"""What lib/jwt.c and lib/crypto_key.c make of the test vectors of project
Wycheproof (github.com/C2SP/wycheproof), which are not part of this tree:

    tests/wycheproof.py CHECKOUT/testvectors_v1

from the build folder. Every vector counts: one that ends otherwise than its
file says is a failure, unless it stands below with the reason why we are
stricter. An "acceptable" one must be refused.
"""

import base64
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

# file: algorithm
RAW = {
    "rsa_signature_2048_sha256_test": "RS256",
    "rsa_signature_3072_sha256_test": "RS256",
    "rsa_signature_4096_sha256_test": "RS256",
    "rsa_signature_8192_sha256_test": "RS256",
    "ecdsa_secp256r1_sha256_p1363_test": "ES256",
    "ed25519_test": "EdDSA",
    "hmac_sha256_test": "HS256",
}
TOKENS = ("json_web_signature_test", "json_web_key_test")

# Refused although valid there.
STRICTER = (
    ("an algorithm that no key of ours can have", lambda v: v.get("alg")
     not in ("RS256", "ES256", "EdDSA", "HS256")),
    ("a secret below 32 bytes", lambda v: v.get("secret_bytes", 32) < 32),
    ("claims that are nothing", lambda v: v.get("verdict") == "parts"
     and ".." in v["jws"]),
    ("a kid beyond A-Z a-z 0-9 . _ -", lambda v: v.get("verdict") == "kid"),
    ("a byte that is no base64url (RFC 8725 would have it refused)",
     lambda v: v.get("verdict") == "base64" and "?" in v["jws"]),
    ("a tag that was cut", lambda v: v.get("tag_bytes", 32) < 32),
)
# Taken although invalid there: by a slip, or about the JWK around a key or
# the set of keys, where our configuration has a PEM, an algorithm and a kid.
LAXER = {
    ("json_web_signature_test", 367): "the bytes of 357, which is valid",
    ("json_web_signature_test", 370): "the bytes of 357, which is valid",
    ("json_web_key_test", 1): "a set of keys of two kinds",
    ("json_web_key_test", 4): "a set with one kid twice (refused at load)",
    ("json_web_key_test", 7): "a modulus of chips with the ROCA flaw",
    ("json_web_key_test", 21): "use in the JWK",
    ("json_web_key_test", 24): "kty in the JWK",
}


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# ---- a JWK as PEM, written here to need no library ------------------------

def tlv(tag, data):
    n = len(data)
    size = bytes([n]) if n < 128 else (
        lambda b: bytes([0x80 | len(b)]) + b)(
            n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + data


def integer(data):
    n = int.from_bytes(data, "big")
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


CLAIMS = ".%s." % base64.urlsafe_b64encode(b'{"iss":"nobody"}').decode() \
    .rstrip("=")

CURVES = {"P-256": "06082a8648ce3d030107", "P-384": "06052b81040022",
          "P-521": "06052b81040023", "secp256k1": "06052b8104000a"}


def spki(jwk):
    if "n" in jwk:
        kind = bytes.fromhex("06092a864886f70d0101010500")
        key = tlv(0x30, integer(b64(jwk["n"])) + integer(b64(jwk["e"])))
    else:
        kind = bytes.fromhex("06072a8648ce3d0201" + CURVES[jwk["crv"]])
        key = b"\4" + b64(jwk["x"]) + b64(jwk["y"])
    return tlv(0x30, tlv(0x30, kind) + tlv(3, b"\0" + key))


def pem(der):
    text = base64.encodebytes(der).decode()
    return ("-----BEGIN PUBLIC KEY-----\n" + text
            + "-----END PUBLIC KEY-----\n")


# ---- the vectors ----------------------------------------------------------

def read(folder, name):
    return json.loads((folder / f"{name}.json").read_text())["testGroups"]


def raw(folder, name):
    for group in read(folder, name):
        for t in group["tests"]:
            v = {"file": name, "tc": t["tcId"], "result": t["result"],
                 "alg": RAW[name], "message": t["msg"],
                 "signature": t.get("sig", t.get("tag"))}
            if "key" in t:
                v["secret_bytes"] = len(t["key"]) // 2
                v["tag_bytes"] = len(t["tag"]) // 2
                v["hex"] = t["key"]
            else:
                v["public"] = group["publicKeyPem"]
            yield v


def keys_of(group):
    doc = group.get("public") or group["private"]
    return doc["keys"] if "keys" in doc else [doc]


def token(name, group, t):
    v = {"file": name, "tc": t["tcId"], "jws": t["jws"],
         "result": t["result"], "flags": t["flags"],
         "comment": f"{group.get('comment')}, {t['comment']}"}
    keys = keys_of(group)
    kid = None
    parts = t["jws"].split(".")
    try:
        kid = json.loads(b64(re.sub("[^A-Za-z0-9_-]", "", parts[0])))["kid"]
    except (ValueError, KeyError, TypeError):
        pass
    found = [k for k in keys if k.get("kid") == kid] or keys
    jwk = found[0]
    v["alg"] = jwk.get("alg")
    if jwk["kty"] == "oct":
        v["secret_bytes"], v["hex"] = len(b64(jwk["k"])), b64(jwk["k"]).hex()
    else:
        v["public"] = pem(spki(jwk))
    if len(parts) == 3:
        try:
            v["message"] = ".".join(parts[:2]).encode().hex()
            v["signature"] = b64(parts[2]).hex()
        except ValueError:
            pass
    return v


def ask(vectors):
    """Asks the library about each: verdict, and raw, that of the bytes."""
    lines, places = [], []
    for v in vectors:
        if "jws" in v:
            # Claims are of any kind there: judged with some of ours, too.
            lines.append({"token": v["jws"]})
            places.append((v, "verdict"))
            lines.append({"token": re.sub(r"\.[^.]*\.", CLAIMS, v["jws"])})
            places.append((v, "around"))
        if "signature" not in v:
            continue
        key = {"public": v["public"]} if "public" in v else {
            "hex": v["hex"], "public": ""}
        lines.append({"algorithm": v["alg"] or "", **key,
                      "message": v["message"], "signature": v["signature"]})
        places.append((v, "raw"))
    judge = os.environ.get("PRESSGATE_BIN", ".") + "/tests/jwt_judge"
    out = subprocess.run(
        [judge], check=True, stdout=subprocess.PIPE, text=True,
        input="".join(json.dumps(d) + "\n" for d in lines)).stdout.split()
    assert len(out) == len(lines)
    for (v, member), answer in zip(places, out):
        v[member] = answer


def is_taken(v):
    if "jws" in v and (v["around"] != "issuer_unknown" or v["verdict"] not in
                       ("claims_json", "iss", "issuer_unknown")):
        return False
    return v.get("raw") == "ok"


def main():
    folder = pathlib.Path(sys.argv[1])
    vectors = [v for name in RAW for v in raw(folder, name)]
    vectors += [token(name, g, t) for name in TOKENS
                for g in read(folder, name) for t in g["tests"]]
    ask(vectors)
    failures = 0
    table = collections.defaultdict(collections.Counter)
    why = collections.Counter()
    for v in vectors:
        taken, row = is_taken(v), table[v["file"]]
        row["taken" if taken else "refused"] += 1
        if taken == (v["result"] == "valid"):
            row["as said"] += 1
            continue
        reasons = ([LAXER[k] for k in [(v["file"], v["tc"])] if k in LAXER]
                   if taken else [r for r, fits in STRICTER if fits(v)])
        if reasons:
            why[("taken: " if taken else "refused: ") + reasons[0]] += 1
        else:
            failures += 1
            print("NOT OK", v["file"], v["tc"], v["result"],
                  "taken" if taken else "refused",
                  v.get("comment", ""), v.get("verdict"), v.get("raw"))
    for name, row in table.items():
        print(f"{name}: {row['taken'] + row['refused']} vectors,"
              f" {row['taken']} taken, {row['refused']} refused,"
              f" {row['as said']} as said")
    for reason, n in why.most_common():
        print(f"{n} {reason}")
    print(f"{len(vectors)} vectors, {failures} failures")
    sys.exit(1 if failures else 0)


main()
