#!/bin/sh
# The command against a private server: what an operator types, what comes
# back, with which exit code.

set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
if [ -z "${PG_DIR:-}" ]; then
	exec "$srcdir/tests/lib/pg_cluster.sh" run "$0" "$@"
fi
program=$(pwd)/pressgate
PRESSGATE_SQL_DIR=$srcdir/sql
work=$PG_DIR/cli
PRESSGATE_CONF=$work/pressgate.conf
export PRESSGATE_SQL_DIR PRESSGATE_CONF
umask 077
. "$srcdir/tests/lib/command.sh"

silent()
{
	[ ! -s "$work/$1" ] || {
		complain "$1 is not empty"
		cat "$work/$1"
	}
}

q()
{
	psql -qXAt -v ON_ERROR_STOP=1 -c "$1"
}

mkdir -p "$work/sites.d"
cat >"$PRESSGATE_CONF" <<END
database { url = "dbname=postgres" }
service "llm" { kind = "openai-chat" url = "https://llm.example/v1" }
END

# ---- the command line -------------------------------------------------------

run 0 --version
says out "pressgate "
says out "libpq "
run 2
silent out
run 2 nonsense
run 2 dlq
run 2 status --roles
says err "status does not take --roles"
run 2 --limit
run 2 status --limit=
run 2 status more
run 2 site add
run 2 --json=yes status
run 0 help dlq replay
says out "--new-key"
run 0 dlq list --help
run 0 help dlq
says out "pressgate dlq list"
says out "pressgate dlq replay ID"
run 0 dlq --help
says out "pressgate dlq replay ID"
run 2 help nothing
says err "no such verb: nothing"
run 2 dlq nothing --help
run 3 -c /nonexistent/pressgate.conf check
says err "No such file or directory"
run 0 --config="$PRESSGATE_CONF" check

# ---- before there is a schema ----------------------------------------------

run 1 apply
says err "pressgate migrate makes it"
run 0 migrate --dry-run
says out "001_tables.sql: would be applied"
[ "$(q "select to_regclass('pressgate.migration') is null")" = t ] ||
	complain "--dry-run made a schema"

# ---- migrate ----------------------------------------------------------------

# Four at once: each file is applied once, by one of them.
pids=
for n in 1 2 3 4; do
	"$program" migrate >"$work/migrate.$n" 2>&1 &
	pids="$pids $!"
done
for p in $pids; do
	wait "$p" || complain "a concurrent migrate failed"
done
files=$(ls "$srcdir"/sql/[0-9][0-9][0-9]_*.sql | wc -l)
[ "$(cat "$work"/migrate.* | grep -c ': applied$')" = "$files" ] || {
	complain "not each file was applied once"
	cat "$work"/migrate.*
}
[ "$(q "select count(*) || ' ' || max(version) from pressgate.migration")" = \
	"$files $files" ] || complain "pressgate.migration is not $files rows"
# Nor do grants, which no version guards, get into each other's way.
pids=
for n in 1 2 3 4 5 6; do
	"$program" migrate --roles >"$work/migrate.$n" 2>&1 &
	pids="$pids $!"
done
for p in $pids; do
	wait "$p" || {
		complain "a concurrent migrate --roles failed"
		cat "$work"/migrate.*
	}
done
run 0 migrate --roles
says out "nothing to apply"
says out "roles.sql: applied"
run 0 migrate --roles --json
json "[x['name'] for x in d] == ['roles.sql']"
run 0 check --database

# A file that fails leaves nothing behind, and those before it stand.
cp -r "$srcdir/sql" "$work/sql"
next=$(printf %03d $((files + 1)))
echo "create table pressgate.half (x int); select no_such_function();" \
	>"$work/sql/${next}_bad.sql"
PRESSGATE_SQL_DIR=$work/sql run 1 migrate
says err "no_such_function"
[ "$(q "select to_regclass('pressgate.half') is null")" = t ] ||
	complain "half of a file was applied"
mv "$work/sql/${next}_bad.sql" "$work/sql/$(printf %03d $((files + 2)))_gap.sql"
PRESSGATE_SQL_DIR=$work/sql run 1 migrate
says err "expected number $next"
rm "$work/sql/"*_gap.sql
q "insert into pressgate.migration values ($files + 1, 'later')"
run 1 migrate
says err "install the newer pressgate"
run 1 status
says err "install the newer pressgate"
q "delete from pressgate.migration where version > $files"
PRESSGATE_SQL_DIR=$work/nowhere run 1 migrate
says err "PRESSGATE_SQL_DIR"

# ---- apply ------------------------------------------------------------------

run 0 apply
says out "policy"
run 0 apply
says out "nothing changed"

# ---- site add ---------------------------------------------------------------

run 2 site add blog
says err "--url"
run 2 site add blog --url https://blog.example.com
says err "--endpoint"
run 2 site add Blog --url https://b --endpoint https://g
run 2 site add ../x --url https://b --endpoint https://g
run 2 site add b --url 'https://b"; evil' --endpoint https://g
run 2 site add b --url 'https://b/*/system(1);/*' --endpoint https://g
run 2 site add b --url https://b --endpoint "https://g'"
run 2 site add b --url https://b --endpoint https://g --key 'a b'
[ "$(ls "$work/sites.d")" = "" ] || complain "a refused site left files"
run 2 site add b --url https://b --endpoint https://g --door side
run 0 site add blog --url https://blog.example.com --door relay \
	--endpoint https://gate.example.com --default
silent err
secret=$(cat "$work/secrets.d/blog.relay")
says out "define( 'PRESSGATE_ENDPOINT', 'https://gate.example.com' );"
says out "define( 'PRESSGATE_SITE', 'blog' );"
says out "define( 'PRESSGATE_SCHEME', 'relay' );"
says out "define( 'PRESSGATE_KEY_ID', 'blog-1' );"
says out "define( 'PRESSGATE_SECRET', '$secret' );"
expr "$secret" : '[0-9a-f]\{64\}$' >/dev/null || complain "not a secret"
[ "$(stat -c %a "$work/secrets.d/blog.relay" "$work/secrets.d" |
	tr '\n' ' ')" = "600 700 " ] || complain "the secret is not closed"
grep -q "^relay blog-1 current 20..-" "$work/sites.d/blog.keys" ||
	complain "no state of the key"
[ "$(q "select name || url || active from pressgate.site")" = \
	"bloghttps://blog.example.comtrue" ] || complain "site not applied"
grep -r "$secret" "$work/sites.d" && complain "the secret is in sites.d"

run 1 site add blog --url https://b --endpoint https://g
says err "is there already"
run 1 site add blog --url https://b --endpoint https://g --key k
says err "is there already"
run 1 site add shop --url https://s --endpoint https://g --default
says err "blog is the default site"
run 1 site add shop --url https://s --endpoint https://g --key blog-1 \
	--door relay
says err "is taken"
[ "$(ls "$work/sites.d" "$work/secrets.d" | grep -c shop)" = 0 ] ||
	complain "a refused site left files"
run 0 site add shop --url https://s --endpoint https://g --no-apply --json \
	--door relay
json "d['site'] == 'shop' and d['key_id'] == 'shop-1' and
	d['scheme'] == 'relay' and len(d['secret']) == 64"
[ "$(q "select count(*) from pressgate.site")" = 1 ] ||
	complain "--no-apply applied"
run 0 site list --json
json "[(x['name'], x['default']) for x in d] == [('blog', True), ('shop', False)]"

# Two at once: one wins, whole.
"$program" site add twin --url https://a --endpoint https://g --no-apply \
	--door relay >"$work/twin.1" 2>&1 &
one=$!
"$program" site add twin --url https://b --endpoint https://g --no-apply \
	--door relay >"$work/twin.2" 2>&1
two=$?
wait "$one"
one=$?
[ $((one + two)) = 1 ] || complain "of two site add, $one and $two"
winner=$(cat "$work"/twin.? | sed -n "s/.*PRESSGATE_SECRET', '\(.*\)'.*/\1/p")
[ "$winner" = "$(cat "$work/secrets.d/twin.relay")" ] ||
	complain "the printed secret is not the one on disk"
run 0 check
says out "3 sites"

# ---- a link in its way ------------------------------------------------------

# Whoever owns the folder would have another's file written, root's even.
echo precious >"$work/precious"
ln -s "$work/precious" "$work/.generation.new"
run 0 apply
[ "$(cat "$work/precious")" = precious ] || complain "apply follows a link"
[ "$(stat -c %a "$work/generation")" = 644 ] || complain "generation is hidden"
rm -f "$work/.generation.new"

# ---- a bad site -------------------------------------------------------------

generation=$(stat -c %i "$work/generation")
cp "$work/sites.d/blog.conf" "$work/blog.conf"
echo 'site "blog" { urll = 1 }' >"$work/sites.d/blog.conf"
run 3 check
says err "blog.conf:1: no such option 'urll'"
run 3 check --json
json "not d['ok'] and 'urll' in d['errors'][0]"
run 3 apply
[ "$(q "select active from pressgate.site where name = 'blog'")" = t ] ||
	complain "a bad file made its site inactive"
[ "$(stat -c %i "$work/generation")" = "$generation" ] ||
	complain "a refused apply raised the generation"
run 0 status
says out "1 INVALID"
run 3 site list
says out "shop"

# ---- routes and lanes -------------------------------------------------------

cat >"$work/sites.d/blog.conf" <<'END'
site "blog" {
	url = "https://blog.example.com"
	default = true
	relay { key "blog-1" { secret = "file:secrets.d/blog.relay" } }
	route "summarise" {
		events = {"post.published"}
		urgency = "low"
		step "one" { service = llm model = m prompt = "{{/data/title}}" }
		step "two" { service = llm model = m prompt = "{{/data/title}}" }
	}
}
END
run 0 apply --json
json "sorted((x['what'], x['name'], x['change']) for x in d
	if x['what'] != 'site') == [
	('lane', 'low/llm/summarise', 'new'),
	('lane', 'low/llm/summarise (replay)', 'new'),
	('route', 'blog/summarise', 'new')]"
[ "$(q "select lease_s || ' ' || max_attempt || ' ' || window_s
	from pressgate.lane where not replay")" = "23 12 259200" ] ||
	complain "the lane is another"
[ "$(stat -c %i "$work/generation")" != "$generation" ] ||
	complain "apply did not raise the generation"
sed 's/urgency = "low"/urgency = "high"/' "$work/sites.d/blog.conf" \
	>"$work/new" && cat "$work/new" >"$work/sites.d/blog.conf"
run 0 apply
says out "lane   high/llm/summarise           new"
rm "$work/sites.d/twin.conf"
run 0 apply

# ---- dead letters -----------------------------------------------------------

run 0 dlq list
run 0 dlq list --json
json "d == []"
run 5 dlq replay 1
silent out
run 2 dlq replay one
run 2 dlq list --limit -1
q "insert into pressgate.dead (id, event_id, site_id, lane, route, step,
	mode, cause, last_code, last_error, event_type, idempotency_key,
	attempts, queued_at)
   select n + 10, gen_random_uuid(), s.id, l.id, r.id, 'one', 'live', 'config', 401,
	E'a \\x1b[31mred\\x1b[0m error \\u00e9\\u009b', 'post.published', 'k' || n,
	'[]', now()
   from generate_series(1, 3) n, pressgate.site s, pressgate.route r,
	pressgate.lane l
   where s.name = 'blog' and r.site_id = s.id and l.urgency = 'high'
	and not l.replay" || complain "no dead letters to try"
run 0 dlq list
[ "$(wc -l <"$work/out")" = 4 ] || complain "not three dead letters"
says out "?[31mred?[0m error é?"
grep -q "$(printf '\033')" "$work/out" && complain "an escape sequence got out"
run 0 dlq list --limit 1 --json
json "len(d) == 1 and d[0]['cause'] == 'config'"
id=$(python3 -c "import json; print(json.load(open('$work/out'))[0]['id'])")
run 0 dlq list --site shop --json
json "d == []"
run 0 dlq replay "$id"
says out "replayed as job"
run 1 dlq replay "$id"
says err "has been replayed as job"
[ "$(q "select replayed_by from pressgate.dead where id = $id")" = \
	"$(id -un)" ] || complain "the audit does not know who replayed"
run 0 dlq list --json
json "len(d) == 2"
run 0 dlq list --all --json
json "len(d) == 3"
run 0 dlq replay --json $((id - 1)) --new-key
json "d['dead'] == $id - 1 and d['job'] > 0"

# ---- status -----------------------------------------------------------------

run 0 status
says out "no worker is alive"
says out "dead letters: 1"
q "select pressgate.worker_start('host', 1, 'v')" >/dev/null
run 0 status --json
json "d['schema_version'] == $files and d['dead_letters'] == 1 and
	len(d['workers']) == 1 and d['workers'][0]['host'] == 'host' and
	d['queue'][0]['depth'] == 2 and d['config']['sites'] == 2 and
	d['config']['bad_sites'] == 0 and d['config']['age_s'] >= 0"

# As the operator's role, which owns nothing.
sed 's/url = "dbname=postgres"/& operator = "dbname=postgres user=pressgate_operator"/' \
	"$PRESSGATE_CONF" >"$work/new" && cat "$work/new" >"$PRESSGATE_CONF"
run 0 status
run 0 apply
run 0 dlq list
run 0 check --database
echo "create table pressgate.more (x int);" >"$work/sql/${next}_more.sql"
PRESSGATE_SQL_DIR=$work/sql run 0 migrate
says out "${next}_more.sql: applied"
rm "$work/sql/${next}_more.sql"
q "delete from pressgate.migration where version > $files"

# ---- send -------------------------------------------------------------------

run 2 send
says err "expected --url URL"
run 5 send --site nowhere --url http://127.0.0.1:9/
run 5 send --key nothing --url http://127.0.0.1:9/
run 4 send --url http://127.0.0.1:9/
run 2 send --url ftp://127.0.0.1/
run 2 send post.published --data x --url http://127.0.0.1:9/
run 1 send --data "$work/nothing" --url http://127.0.0.1:9/

# A server that checks the signature as the gate does, and answers in JSON.
cat >"$work/server.py" <<'END'
import hashlib, hmac, http.server, json, sys, time
secret = open(sys.argv[1]).read().strip().encode()
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ts = self.headers["X-WP-Timestamp"]
        mac = hmac.new(secret, ts.encode() + b"." + body, hashlib.sha256)
        good = (mac.hexdigest() == self.headers["X-WP-Signature"] and
                abs(time.time() - int(ts)) < 5 and
                self.headers["X-WP-Key-Id"] == "blog-1" and
                self.headers["Content-Type"] == "application/json")
        out = json.dumps({"path": self.path, "body": body.decode(),
            "key": self.headers["Idempotency-Key"]}).encode()
        self.send_response(202 if good else 401)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)
    def log_message(self, *args):
        pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
END
python3 "$work/server.py" "$work/secrets.d/blog.relay" >"$work/port" &
server=$!
n=0
until [ -s "$work/port" ] || [ $n = 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
echo "endpoint = \"http://127.0.0.1:$(cat "$work/port")/gate\"" \
	>>"$PRESSGATE_CONF"
run 0 send --json
json "d['status'] == 202 and d['body']['path'] == '/gate/webhooks/wp' and
	d['body']['key'] == d['idempotency_key'] and
	json.loads(d['body']['body'])['event'] == 'post.published' and
	json.loads(d['body']['body'])['idempotency_key'] == d['body']['key']"
run 0 send comment.posted --idempotency-key 'a"b' --json
json "d['idempotency_key'] == 'a\"b' and
	json.loads(d['body']['body'])['event'] == 'comment.posted'"
run 0 send
grep -q "^202 " "$work/out" || complain "send does not print the status"
printf '{"event":"x","idempotency_key":"mine" }' >"$work/body"
run 0 send --data "$work/body" --json
json "d['idempotency_key'] == 'mine' and
	d['body']['body'] == '{\"event\":\"x\",\"idempotency_key\":\"mine\" }'"
printf 'not json' | "$program" send --data - --json >"$work/out" 2>"$work/err"
json "d['body']['body'] == 'not json' and len(d['idempotency_key']) == 36"
run 1 send --site shop --json
json "d['status'] == 401"
kill "$server"
grep -r "$secret" "$work/out" "$work/err" && complain "a secret got out"

# ---- the database away ------------------------------------------------------

"$srcdir/tests/lib/pg_cluster.sh" stop "$PG_DIR"
run 4 status
run 4 apply
run 4 migrate
run 4 dlq list
run 4 check --database
run 0 check
run 4 site add late --url https://l --endpoint https://g
says err "made but not applied"
says out "PRESSGATE_SECRET"

[ "$failures" = 0 ]
