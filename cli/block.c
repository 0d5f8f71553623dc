/*
 * Blocks A and B as text. One is written, one is read; neither touches a
 * file.
 */
#include "config.h"

#include "cli/block.h"

#include <stddef.h>
#include <string.h>

#include "lib/num.h"

#define LINE_MAX_BYTES 512 /* an issuer is an address */

/* Rows of block A: PRESSGATE_NAME in PHP, name in JSON. */
static const struct {
	const char *php;
	const char *json;
	size_t at;
	bool bridge;
} rows[] = {
#define AT(member) offsetof(struct block_a, member)
    {"KEY_ID", "key_id", AT(key_id), false},
    {"SECRET", "secret", AT(secret), false},
    {"ISSUER", "issuer", AT(issuer), true},
    {"AUDIENCE", "audience", AT(audience), true},
    {"RESULTS_AUDIENCE", "results_audience", AT(results_audience), true},
#undef AT
};

static void
put_row(struct gate_buf *out, bool json, const char *php, const char *key,
    const char *value)
{
	if (json)
		(void)gate_buf_printf(out, ",\"%s\":\"%s\"", key, value);
	else
		(void)gate_buf_printf(
		    out, "define( 'PRESSGATE_%s', '%s' );\n", php, value);
}

enum gate_code
block_a_put(struct gate_buf *out, const struct block_a *a, bool json)
{
	size_t i;

	if (json)
		(void)gate_buf_printf(out, "{\"url\":\"%s\"", a->url);
	else
		(void)gate_buf_printf(out,
		    "/* pressgate, block A: for wp-config.php of %s */\n",
		    a->url);
	put_row(out, json, "ENDPOINT", "endpoint", a->endpoint);
	put_row(out, json, "SITE", "site", a->site);
	put_row(out, json, "SCHEME", "scheme", gate_door_name(a->door));
	for (i = 0; i < GATE_COUNT(rows); i++)
		if (!rows[i].bridge || a->door == GATE_DOOR_BRIDGE)
			put_row(out, json, rows[i].php, rows[i].json,
			    *(const char *const *)(const void *)((const char *)
								     a +
				rows[i].at));
	return json ? gate_buf_put_str(out, "}\n") : out->failed;
}

/* Block B's lines before the key. The first one has no value: it says what
 * this is, and the version of the grammar. */
static const struct {
	const char *name;
	size_t at;
} lines[] = {
    {"pressgate site key 1", 0},
    {"site: ", offsetof(struct block_b, site)},
    {"issuer: ", offsetof(struct block_b, issuer)},
    {"key-id: ", offsetof(struct block_b, key_id)},
    {"algorithm: ", offsetof(struct block_b, algorithm)},
};

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"
#define PEM_END "-----END PUBLIC KEY-----"

/* The next line without its end. False: there is none. */
static bool
take_line(struct gate_span *rest, struct gate_span *line)
{
	if (rest->n == 0)
		return false;
	if (!gate_span_until(rest, '\n', rest->n, line)) {
		*line = *rest;
		*rest = (struct gate_span){0};
	}
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* Any form of one: PKCS #8, PKCS #1, SEC 1, encrypted, OpenSSH's. */
static bool
has_private_key(struct gate_span in)
{
	static const char words[] = "PRIVATE KEY";

	for (; in.n >= sizeof(words) - 1; in.p++, in.n--)
		if (gate_span_starts(in, words))
			return true;
	return false;
}

static struct gate_span
skip_blank_lines(struct gate_span in)
{
	while (
	    in.n > 0 && strchr(" \t\r\n", in.p[0]) != NULL && in.p[0] != '\0') {
		in.p++;
		in.n--;
	}
	return in;
}

static enum gate_code
take_lines(struct gate_span *rest, struct block_b *b, struct gate_err *err)
{
	struct gate_span line;
	size_t i;

	for (i = 0; i < GATE_COUNT(lines); i++) {
		if (!take_line(rest, &line) ||
		    !gate_span_skip(&line, lines[i].name))
			return gate_err_set(err, GATE_E_BAD,
			    "line %zu: expected \"%s%s\"", i + 1, lines[i].name,
			    i == 0 ? "" : "...");
		if (line.n > LINE_MAX_BYTES)
			return gate_err_set(
			    err, GATE_E_LIMIT, "line %zu: too long", i + 1);
		if (i == 0 ? line.n > 0
			   : line.n == 0 || !gate_span_within(line, 0x21, 0x7e))
			return gate_err_set(err, GATE_E_BAD,
			    "line %zu: expected %s", i + 1,
			    i == 0 ? "no more than its name and version 1"
				   : "one word of visible ASCII");
		if (i > 0)
			*(struct gate_span *)(void *)((char *)b + lines[i].at) =
			    line;
	}
	return GATE_OK;
}

static enum gate_code
take_pem(struct gate_span *rest, struct gate_buf *pem, struct gate_err *err)
{
	struct gate_span line;

	if (!take_line(rest, &line) || !gate_span_is(line, PEM_BEGIN))
		return gate_err_set(err, GATE_E_BAD,
		    "line %zu: expected " PEM_BEGIN, GATE_COUNT(lines) + 1);
	do {
		if (!gate_span_within(line, 0x20, 0x7e))
			return gate_err_set(err, GATE_E_BAD,
			    "the key has a line that is not plain text");
		(void)gate_buf_put(pem, line);
		(void)gate_buf_put_byte(pem, '\n');
		if (gate_span_is(line, PEM_END))
			return pem->failed;
	} while (take_line(rest, &line));
	return gate_err_set(
	    err, GATE_E_BAD, "the key has no end: expected " PEM_END);
}

enum gate_code
block_b_parse(struct gate_span in, struct block_b *out, struct gate_err *err)
{
	struct gate_span rest = skip_blank_lines(in);
	struct block_b b = {.site = {0}};
	enum gate_code code;

	if (has_private_key(in))
		return gate_err_set(err, GATE_E_AUTH, "it is a private key");
	if (in.n > BLOCK_B_MAX)
		return gate_err_set(
		    err, GATE_E_LIMIT, "longer than %d bytes", BLOCK_B_MAX);
	gate_buf_init(&b.pem, 2 * BLOCK_B_MAX);
	code = take_lines(&rest, &b, err);
	if (code == GATE_OK)
		code = take_pem(&rest, &b.pem, err);
	if (code == GATE_OK && skip_blank_lines(rest).n > 0)
		code = gate_err_set(err, GATE_E_BAD,
		    "something follows the key: expected nothing");
	if (code == GATE_OK)
		*out = b;
	else
		gate_buf_clear(&b.pem);
	return code;
}

void
block_b_clear(struct block_b *b)
{
	gate_buf_clear(&b->pem);
	*b = (struct block_b){.site = {0}};
}
