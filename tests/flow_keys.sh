#!/bin/sh
# Keys change hands in two pastes: what site add, site key, site list, sign
# and send do with each door, and what they refuse. No server, no database.

set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
program=$(pwd)/pressgate
work=$(mktemp -d "${TMPDIR:-/tmp}/pressgate-keys.XXXXXX") || exit 1
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
PRESSGATE_CONF=$work/etc/pressgate.conf
export PRESSGATE_CONF
umask 022
. "$srcdir/tests/lib/command.sh"

# is FILE MODE
is()
{
	[ "$(stat -c %a "$1")" = "$2" ] ||
		complain "$1 has mode $(stat -c %a "$1"), wanted $2"
}

etc=$work/etc
: >"$work/in"
mkdir -p "$etc/sites.d"
cat >"$PRESSGATE_CONF" <<'END'
endpoint = "https://gate.example.com"
database { url = "dbname=nowhere" }
END
[ "$(id -u)" != 0 ] || chown nobody "$etc"

# ---- block A ----------------------------------------------------------------

run 0 site add blog --url https://blog.example.com --default --no-apply
secret=$(cat "$etc/secrets.d/blog.hmac")
says out "define( 'PRESSGATE_ENDPOINT', 'https://gate.example.com' );"
says out "define( 'PRESSGATE_SITE', 'blog' );"
says out "define( 'PRESSGATE_SCHEME', 'bridge' );"
says out "define( 'PRESSGATE_KEY_ID', 'blog-1' );"
says out "define( 'PRESSGATE_SECRET', '$secret' );"
says out "define( 'PRESSGATE_ISSUER', 'https://blog.example.com' );"
says out "define( 'PRESSGATE_AUDIENCE', 'pressgate' );"
says out "define( 'PRESSGATE_RESULTS_AUDIENCE', 'pressgate-results' );"
says err "pressgate site key blog -"
grep -q "^hmac blog-1 current 20..-" "$etc/sites.d/blog.keys" ||
	complain "no state of the secret"
is "$etc/secrets.d" 700
is "$etc/secrets.d/blog.hmac" 600
is "$etc/sites.d/blog.keys" 644
run 1 site add blog2 --url https://blog.example.com --no-apply --key other
says err "is the issuer of site blog"
run 0 site add shop --url https://shop.example.com --no-apply --door edge --json
json "d == {'url': 'https://shop.example.com', 'site': 'shop',
	'endpoint': 'https://gate.example.com', 'scheme': 'edge',
	'key_id': 'shop-1', 'secret': open('$etc/secrets.d/shop.edge').read().strip()}"
[ ! -s "$work/err" ] || complain "--json says more"
run 0 site add news --url https://news.example.com --no-apply --door relay \
	--json
json "d['scheme'] == 'relay'"
run 0 site list
says out "pressgate site key blog -"

# ---- a site makes a key, and its block B --------------------------------------

# make NAME OPENSSL-ARGUMENTS...: a pair
make()
{
	name=$1
	shift
	(umask 077 && openssl genpkey -out "$work/$name.key" "$@" 2>/dev/null)
	openssl pkey -in "$work/$name.key" -pubout -out "$work/$name.pub"
}

# block SITE ISSUER KEY-ID ALGORITHM FILE: to the next run's standard input
block()
{
	printf 'pressgate site key 1\nsite: %s\nissuer: %s\nkey-id: %s\n' \
		"$1" "$2" "$3" >"$work/in"
	printf 'algorithm: %s\n' "$4" >>"$work/in"
	cat "$5" >>"$work/in"
}

fingerprint()
{
	openssl pkey -pubin -in "$1" -outform DER |
		openssl dgst -sha256 -r | cut -d' ' -f1
}

issuer=https://blog.example.com
make rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
make ec -algorithm EC -pkeyopt ec_paramgen_curve:P-256
make ed -algorithm ED25519
make weak -algorithm RSA -pkeyopt rsa_keygen_bits:1024

cp -r "$etc" "$work/before"
unchanged()
{
	diff -r "$work/before" "$etc" >"$work/diff" || {
		complain "a refused key has left something"
		cat "$work/diff"
	}
}

block nowhere "$issuer" k1 RS256 "$work/rsa.pub"
run 5 site key nowhere -
run 1 site key blog -
says err "another site's"
block shop https://shop.example.com k1 RS256 "$work/rsa.pub"
run 1 site key shop -
says err "no block bridge"
block blog https://blog.example.com/ k1 RS256 "$work/rsa.pub"
run 1 site key blog -
says err "another issuer"
block blog "$issuer" ../k1 RS256 "$work/rsa.pub"
run 1 site key blog -
says err "key-id: expected"
block blog "$issuer" k1 HS256 "$work/rsa.pub"
run 1 site key blog -
says err "algorithm: expected"
block blog "$issuer" k1 RS256 "$work/weak.pub"
run 1 site key blog -
says err "2048"
block blog "$issuer" k1 RS256 "$work/ec.pub"
run 1 site key blog -
block blog "$issuer" k1 RS256 "$work/rsa.pub"
echo "and more" >>"$work/in"
run 2 site key blog -
says err "no block B"
head -c 70000 /dev/zero >"$work/in"
run 1 site key blog -
says err "longer than"
run 1 site key blog "$work/nothing"
run 2 site key blog

# A private key, as itself and in the place of the public one.
cp "$work/rsa.key" "$work/in"
run 2 site key blog -
says err "PRIVATE"
block blog "$issuer" k1 RS256 "$work/rsa.key"
run 2 site key blog -
says err "PRIVATE"
sed 1,2d "$work/rsa.key" | head -n 3 >"$work/lines"
grep -q -F -f "$work/lines" "$work/out" "$work/err" &&
	complain "a private key was shown"
unchanged

block blog "$issuer" k1 RS256 "$work/rsa.pub"
generation=$(stat -c %i "$etc/generation" 2>/dev/null)
run 0 site key blog -
says out "$(fingerprint "$work/rsa.pub")"
says err "SIGHUP"
[ "$(stat -c %i "$etc/generation")" != "$generation" ] ||
	complain "site key did not raise the generation"
cmp "$work/rsa.pub" "$etc/secrets.d/blog.k1.pem" ||
	complain "the key on disk is another"
is "$etc/secrets.d/blog.k1.pem" 644
is "$etc/sites.d/blog.keys" 644
grep -q "^bridge k1 current 20.*Z RS256 secrets.d/blog.k1.pem$" \
	"$etc/sites.d/blog.keys" || complain "no line of the key"
run 0 check
[ "$(id -u)" != 0 ] ||
	[ "$(find "$etc/secrets.d" "$etc/sites.d" ! -user nobody ! -path "$etc/sites.d" |
		wc -l)" = 0 ] || complain "not all files were given away"

# The same again, from a form, and from a file.
rm -rf "$work/before"
cp -r "$etc" "$work/before"
sed 's/$/\r/' "$work/in" >"$work/crlf"
run 0 site key blog "$work/crlf" --json
json "d == {'site': 'blog', 'key_id': 'k1', 'algorithm': 'RS256', 'new': False,
	'fingerprint': '$(fingerprint "$work/rsa.pub")'}"
block blog "$issuer" k1 ES256 "$work/ec.pub"
run 1 site key blog -
says err "is taken by another key"
block blog "$issuer" k2 RS256 "$work/rsa.pub"
run 1 site key blog -
says err "has this key already, with key id k1"
unchanged

# Many more at once, the last one by two commands: each is taken in once.
pids=
for n in 2 3 4 5 6 7 8 8; do
	[ -s "$work/k$n.pub" ] || make "k$n" -algorithm ED25519
	block blog "$issuer" "k$n" EdDSA "$work/k$n.pub"
	cp "$work/in" "$work/b$n"
done
for n in 2 3 4 5 6 7 8 8; do
	"$program" site key blog "$work/b$n" >>"$work/many" 2>&1 &
	pids="$pids $!"
done
for p in $pids; do
	wait "$p" || complain "of many site key at once, one failed"
done
[ "$(grep -c "is taken in" "$work/many")" = 7 ] &&
	[ "$(grep -c "^bridge k" "$etc/sites.d/blog.keys")" = 8 ] || {
	complain "not each key was taken in once"
	cat "$work/many"
}
run 0 site list --json
json "[(k['scheme'], k['id'], k.get('algorithm'), k['state'])
	for s in d if s['name'] == 'blog' for k in s['keys']][:2] ==
	[('hmac', 'blog-1', None, 'current'), ('bridge', 'k1', 'RS256', 'current')]
	and sum(len(s['keys']) for s in d) == 11"
sed 's/20..-..-..T/2020-01-01T/' "$etc/sites.d/shop.keys" >"$work/new" &&
	cat "$work/new" >"$etc/sites.d/shop.keys"
run 0 site list
says out "  bridge  EdDSA  current      0 days  k2"
grep -q "  edge           current   [0-9]\{4\} days  shop-1" "$work/out" ||
	complain "site list does not show the age"
[ "$(ls "$etc/secrets.d" | grep -c "\.new$")" = 0 ] || complain "leftovers"

# ---- sign -------------------------------------------------------------------

# headers JSON-OUTPUT: verifies what sign printed, by openssl and Python alone
cat >"$work/verify.py" <<'END'
import base64, hashlib, hmac, json, subprocess, sys, time
scheme, what, secret, *public = sys.argv[1:]
h = json.load(sys.stdin)
data = open(what[1:], "rb").read() if what[0] == "@" else b"GET " + what.encode()
mac = lambda b: hmac.new(secret.encode(), b, hashlib.sha256).hexdigest()
def b64(s): return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
if scheme == "bridge":
    token = h["Authorization"].split(" ")[1]
    head, claims, signature = token.split(".")
    open(public[0] + ".sig", "wb").write(b64(signature))
    subprocess.run(["openssl", "dgst", "-sha256", "-verify", public[0],
        "-signature", public[0] + ".sig"], check=True, stdout=2,
        input=f"{head}.{claims}".encode())
    claims = json.loads(b64(claims))
    assert json.loads(b64(head)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims["iss"] == "https://blog.example.com"
    assert claims["aud"] == ("pressgate" if what[0] == "@" else
        "pressgate-results"), claims
    assert abs(claims["iat"] - time.time()) < 5
    assert 0 < claims["exp"] - claims["iat"] <= 300 and claims["jti"]
    if what[0] == "@":
        assert h["X-Signature"] == "sha256=" + mac(data)
else:
    name = {"relay": "WP", "edge": "Edge"}[scheme]
    ts = h[f"X-{name}-Timestamp"].encode() + b"."
    if scheme == "edge":
        ts += h["X-Edge-Nonce"].encode() + b"."
    assert h[f"X-{name}-Signature"] == mac(ts + data), h
    assert h[f"X-{name}-Key-Id"].endswith("-1"), h
print(h.get("X-Idempotency-Key", h.get("Idempotency-Key", "")))
END

# signed SCHEME WHAT SECRET-FILE [PUBLIC]: of the last run; prints the key
signed()
{
	scheme=$1 what=$2 file=$3
	shift 3
	python3 "$work/verify.py" "$scheme" "$what" "$(cat "$etc/secrets.d/$file")" \
		"$@" <"$work/out" >"$work/key" || complain "sign: $scheme $what"
	cat "$work/key"
}

printf '{"id":"evt_1","idempotency_key":"%s"}' \
	7d444840-9dc0-11d1-b245-5ffdce74fad2 >"$work/body"
run 0 sign /results --site blog --key-file "$work/rsa.key" --json
signed bridge /results blog.hmac "$work/rsa.pub" >/dev/null
run 0 sign --data "$work/body" --site blog --key-file "$work/rsa.key" --json
[ "$(signed bridge "@$work/body" blog.hmac "$work/rsa.pub")" = \
	7d444840-9dc0-11d1-b245-5ffdce74fad2 ] || complain "bridge: another key"
run 0 sign '/results?limit=5' --site news --json
signed relay '/results?limit=5' news.relay >/dev/null
run 0 sign --data "$work/body" --site shop --json
[ "$(signed edge "@$work/body" shop.edge)" = prov:evt_1 ] ||
	complain "edge: not the provider's id"
printf '{"a":1}' >"$work/other"
run 0 sign --data "$work/other" --site shop --json
[ "$(signed edge "@$work/other" shop.edge)" = \
	"hash:$(sha256sum "$work/other" | cut -d' ' -f1)" ] ||
	complain "edge: not the hash of the body"
run 0 sign /results --site shop
grep -q '^X-Edge-Nonce: [A-Za-z0-9_-]\{16,64\}$' "$work/out" ||
	complain "sign does not print lines"
run 2 sign
run 2 sign results
run 2 sign /results --data "$work/body"
run 2 sign /results --door side
run 2 sign /results --site shop --key-file "$work/rsa.key" --door edge
run 2 sign --data "$work/body" --site shop --idempotency-key 'a b'
run 5 sign /results --site shop --door relay
run 2 sign /results --site blog
says err "--key-file"
run 0 sign /results --site blog --key-file "$work/k3.key"
run 5 sign /results --site blog --key-file "$work/rsa.key" --key k2
run 5 sign /results --site blog --key-file "$work/weak.key"
chmod 644 "$work/k3.key"
run 1 sign /results --site blog --key-file "$work/k3.key"
says err "chmod"

# ---- send -------------------------------------------------------------------

# A server that hands back what it was sent.
cat >"$work/server.py" <<'END'
import http.server, json
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        out = json.dumps({"path": self.path, "body": body.decode(),
            "headers": dict(self.headers)}).encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)
    def log_message(self, *args):
        pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
END
python3 "$work/server.py" >"$work/port" &
server=$!
n=0
until [ -s "$work/port" ] || [ $n = 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
sed "s#https://gate.example.com#http://127.0.0.1:$(cat "$work/port")/gate/#" \
	"$PRESSGATE_CONF" >"$work/new" && cat "$work/new" >"$PRESSGATE_CONF"

# again SCHEME SECRET-FILE [PUBLIC]: what the server got holds, too
again()
{
	python3 -c "import json
d = json.load(open('$work/out'))['body']
open('$work/sent', 'w').write(d['body'])
json.dump(d['headers'], open('$work/out', 'w'))"
	scheme=$1 file=$2
	shift 2
	signed "$scheme" "@$work/sent" "$file" "$@" >/dev/null
}

run 0 send --site blog --key-file "$work/rsa.key" --json
json "d['body']['path'] == '/gate/ingest'"
json "(lambda b: b['event_type'] == 'post.published' and
	b['idempotency_key'] == d['idempotency_key'] and
	b['occurred_at'].endswith('Z') and b['object_ref'] == 'test' and
	b['data']['title'])(json.loads(d['body']['body']))"
again bridge blog.hmac "$work/rsa.pub"
run 0 send --site news --json
json "d['body']['path'] == '/gate/webhooks/wp'"
again relay news.relay
run 0 send order.paid --site shop --json
json "d['body']['path'] == '/gate/ingest/webhook' and
	json.loads(d['body']['body'])['type'] == 'order.paid' and
	d['idempotency_key'].startswith('prov:')"
again edge shop.edge

grep -r -F "$secret" "$etc/sites.d" "$work/err" &&
	complain "a secret got out"

[ "$failures" = 0 ]
