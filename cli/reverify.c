/*
 * pressgate event reverify: proves stored events again. Reads rows in the
 * order of their ids, a batch at a time, and has cli/evidence.c judge each;
 * nothing is written, and nobody is asked but the database.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/evidence.h"
#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/conf_unit.h"
#include "lib/json.h"
#include "lib/num.h"

#define RAW_MAX (2 * 1024 * 1024) /* above what the gate takes */

/* $1 id or null; $2 site or null; $3, $4 times or null; $5 the last id seen.
 * Bounds on the id, so that only the weeks meant are read. */
#define EVENTS                                                                 \
	"select e.id, e.site, coalesce(e.source, ''), e.scheme, e.key_id, "    \
	"e.created_by, e.type, e.idempotency_key, e.object_ref, "              \
	"e.signed_headers, e.canonical, e.fingerprint, e.fp_version, "         \
	"encode(coalesce(e.raw, (select r.raw from pressgate.events r "        \
	"where r.id = e.raw_of)), 'hex'), "                                    \
	"floor(extract(epoch from e.occurred_at) * 1000)::bigint, "            \
	"floor(extract(epoch from e.received_at) * 1000)::bigint "             \
	"from pressgate.events e where ($1::uuid is null or e.id = $1) "       \
	"and ($2::text is null or e.site = $2) and e.id > $5::uuid "           \
	"and e.id >= pressgate.uuid_at(coalesce($3::timestamptz, "             \
	"'1970-01-01Z')) "                                                     \
	"and e.id < pressgate.uuid_at(coalesce($4::timestamptz, "              \
	"'9999-01-01Z')) "                                                     \
	"order by e.id limit 32"

enum { STMT_READY, STMT_EVENTS };
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_EVENTS] = {"reverify", EVENTS, 5},
};
/* Columns of EVENTS. */
enum {
	ID,
	SITE,
	SOURCE,
	SCHEME,
	KEY_ID,
	CREATED_BY,
	TYPE,
	KEY,
	OBJECT_REF,
	SIGNED_HEADERS,
	CANONICAL,
	FINGERPRINT,
	FP_VERSION,
	RAW,
	OCCURRED,
	RECEIVED
};

struct walk {
	const struct command *command;
	const struct gate_conf *conf;
	struct gate_dummy dummy;
	struct gate_buf raw;
	int64_t counts[EVIDENCE_VERDICT_COUNT], count;
	char last[GATE_UUID_TEXT];
	bool is_one;
	const char *between; /* of findings, in JSON */
};

/* How long ago, or when. */
static int
read_time(const struct command *c, enum option o, char dst[GATE_TIME_TEXT],
    struct gate_param *out)
{
	const char *text = c->line->value[o];
	int64_t ms;

	*out = gate_param_null();
	if (text == NULL)
		return CLI_OK;
	if (gate_conf_duration_ms(gate_span_str(text), &ms))
		ms = ms > gate_wall_ms() ? 0 : gate_wall_ms() - ms;
	else if (!gate_time_parse(gate_span_str(text), &ms))
		return command_fail(CLI_USAGE,
		    "%s: expected 2026-11-22T06:30:00Z, or 90s, 2h, 7d",
		    option_name(o));
	gate_time_text(ms, dst);
	*out = gate_param_str(dst);
	return CLI_OK;
}

static bool
decode_raw(struct walk *w, struct gate_span hex, struct gate_span *out)
{
	unsigned char *room;
	size_t n = hex.n / 2;

	gate_buf_reset(&w->raw);
	if (n == 0)
		return true;
	if (gate_buf_room(&w->raw, n, &room) != GATE_OK ||
	    !gate_hex_decode(hex, room, n))
		return false;
	*out = gate_span_of(room, n);
	return true;
}

static bool
read_event(struct walk *w, const struct gate_rows *rows, size_t i,
    unsigned char fingerprint[GATE_SHA256_BYTES], struct evidence_event *e)
{
	*e = (struct evidence_event){
	    .site = gate_rows_get(rows, i, SITE),
	    .source = gate_rows_get(rows, i, SOURCE),
	    .scheme = gate_rows_get(rows, i, SCHEME),
	    .key_id = gate_rows_get(rows, i, KEY_ID),
	    .created_by = gate_rows_get(rows, i, CREATED_BY),
	    .type = gate_rows_get(rows, i, TYPE),
	    .key = gate_rows_get(rows, i, KEY),
	    .object_ref = gate_rows_get(rows, i, OBJECT_REF),
	    .signed_headers = gate_rows_get(rows, i, SIGNED_HEADERS),
	    .canonical = gate_rows_get(rows, i, CANONICAL),
	    .fp_version = gate_rows_i64(rows, i, FP_VERSION),
	    .has_raw = !gate_rows_is_null(rows, i, RAW),
	    .has_occurred = !gate_rows_is_null(rows, i, OCCURRED),
	    .received_ms = gate_rows_i64(rows, i, RECEIVED),
	};
	if (e->has_occurred)
		e->occurred_ms = gate_rows_i64(rows, i, OCCURRED);
	if (gate_hex_decode(gate_rows_get(rows, i, FINGERPRINT), fingerprint,
		GATE_SHA256_BYTES))
		e->fingerprint = gate_span_of(fingerprint, GATE_SHA256_BYTES);
	return decode_raw(w, gate_rows_get(rows, i, RAW), &e->raw);
}

static void
print_json(struct walk *w, const char *id, const struct evidence *v)
{
	struct gate_buf b;

	gate_buf_init(&b, 1024);
	(void)gate_json_put_string(&b, gate_span_str(v->why));
	printf("%s{\"id\":\"%s\",\"verdict\":\"%s\",\"why\":%s,"
	       "\"key_is_signed\":%s}",
	    w->between, id, evidence_verdict_name(v->verdict),
	    v->verdict == EVIDENCE_AUTHENTIC ? "null" : gate_buf_str(&b),
	    v->key_is_signed ? "true" : "false");
	w->between = ",";
	gate_buf_clear(&b);
}

/* The why is made of our words and of ids that the grammar let through or
 * that print in our own quotes. */
static void
print_text(const char *id, const struct evidence *v, bool is_one)
{
	const char *p;

	printf("%s  %s", id, evidence_verdict_name(v->verdict));
	if (v->why[0] != '\0')
		fputs(": ", stdout);
	for (p = v->why; *p != '\0'; p++)
		putchar(*p >= 0x20 && *p <= 0x7e ? *p : '?');
	if (is_one && v->verdict == EVIDENCE_AUTHENTIC && !v->key_is_signed)
		fputs(" (its idempotency key was not signed)", stdout);
	putchar('\n');
}

static int
judge(struct walk *w, const struct gate_rows *rows, size_t i)
{
	unsigned char fingerprint[GATE_SHA256_BYTES];
	const char *id = gate_rows_str(rows, i, ID);
	struct evidence_event e;
	struct evidence v;

	if (!read_event(w, rows, i, fingerprint, &e) ||
	    evidence_judge(&w->conf->sites, &w->dummy, &e, &v) != GATE_OK)
		return command_fail(CLI_FAILED, "out of memory");
	w->count++;
	w->counts[v.verdict]++;
	if (!w->is_one && v.verdict == EVIDENCE_AUTHENTIC)
		return CLI_OK;
	if (w->command->json)
		print_json(w, id, &v);
	else
		print_text(id, &v, w->is_one);
	return CLI_OK;
}

static int
walk(struct walk *w, struct gate_db *db, struct gate_param params[5])
{
	struct gate_rows *rows;
	size_t i, n = 1;
	int exit_code = CLI_OK;

	while (exit_code == CLI_OK && n > 0) {
		rows = NULL;
		params[4] = gate_param_str(w->last);
		exit_code = command_call(db, STMT_EVENTS, params, 5, &rows);
		n = exit_code == CLI_OK ? gate_rows_count(rows) : 0;
		for (i = 0; i < n && exit_code == CLI_OK; i++)
			exit_code = judge(w, rows, i);
		if (n > 0)
			(void)snprintf(w->last, sizeof(w->last), "%s",
			    gate_rows_str(rows, n - 1, ID));
		gate_rows_free(rows);
	}
	return exit_code;
}

static int
conclude(const struct walk *w)
{
	size_t i;

	if (w->command->json)
		printf("],\"events\":%" PRId64, w->count);
	else if (!w->is_one)
		printf("%" PRId64 " events", w->count);
	for (i = 0; i < EVIDENCE_VERDICT_COUNT; i++)
		if (w->command->json || !w->is_one)
			printf(w->command->json ? ",\"%s\":%" PRId64
						: ", %s %" PRId64,
			    evidence_verdict_name((enum evidence_verdict)i),
			    w->counts[i]);
	if (w->command->json || !w->is_one)
		puts(w->command->json ? "}" : "");
	if (w->count == 0)
		return command_fail(CLI_NOTHING, "no such event");
	if (w->counts[EVIDENCE_ALTERED] > 0)
		return CLI_FAILED;
	return w->counts[EVIDENCE_AUTHENTIC] == w->count ? CLI_OK
							 : CLI_UNPROVEN;
}

static int
read_words(struct walk *w, struct gate_param params[5], char id[GATE_UUID_TEXT],
    char times[2][GATE_TIME_TEXT])
{
	const struct command *c = w->command;
	const char *const *value = c->line->value;
	struct gate_uuid uuid;
	int exit_code;

	params[0] = gate_param_null();
	params[1] = gate_param_str(value[OPTION_SITE]);
	w->is_one = c->word_count > 0;
	if (w->is_one && !gate_uuid_parse(gate_span_str(c->words[0]), &uuid))
		return command_fail(
		    CLI_USAGE, "%s: expected an event's id", c->words[0]);
	if (w->is_one == (value[OPTION_SINCE] != NULL) ||
	    (w->is_one && value[OPTION_UNTIL] != NULL))
		return command_fail(
		    CLI_USAGE, "expected an event's id, or --since TIME");
	if (w->is_one) {
		gate_uuid_text(&uuid, id);
		params[0] = gate_param_str(id);
	}
	exit_code = read_time(c, OPTION_SINCE, times[0], &params[2]);
	if (exit_code == CLI_OK)
		exit_code = read_time(c, OPTION_UNTIL, times[1], &params[3]);
	return exit_code;
}

static int
open_all(struct walk *w, struct gate_conf **conf, struct gate_db **db)
{
	size_t bad = 0; /* their events are "key gone"; said in any case */
	struct gate_err err = {0};
	int exit_code = command_conf(w->command, GATE_CONF_INGEST, conf, &bad);

	w->conf = *conf;
	if (exit_code == CLI_OK && gate_dummy_init(&w->dummy, &err) != GATE_OK)
		exit_code = command_fail_err(&err);
	if (exit_code == CLI_OK)
		exit_code = command_db(*conf, GATE_CONF_ROLE_OPERATOR, stmts,
		    GATE_COUNT(stmts), 0, db);
	return exit_code == CLI_OK ? command_schema(*db, STMT_READY)
				   : exit_code;
}

int
event_reverify_run(const struct command *c)
{
	struct walk w = {.command = c,
	    .between = "",
	    .last = "00000000-0000-0000-0000-000000000000"};
	char id[GATE_UUID_TEXT], times[2][GATE_TIME_TEXT];
	struct gate_conf *conf = NULL;
	struct gate_param params[5];
	struct gate_db *db = NULL;
	int exit_code = read_words(&w, params, id, times);

	gate_buf_init(&w.raw, RAW_MAX);
	if (exit_code == CLI_OK)
		exit_code = open_all(&w, &conf, &db);
	if (exit_code == CLI_OK && c->json)
		fputs("{\"findings\":[", stdout);
	if (exit_code == CLI_OK)
		exit_code = walk(&w, db, params);
	if (exit_code == CLI_OK)
		exit_code = conclude(&w);
	gate_db_close(db);
	gate_dummy_clear(&w.dummy);
	gate_conf_free(conf);
	gate_buf_clear(&w.raw);
	return exit_code;
}
