/* The vectors as they are in the file: nothing is computed here. */
#include "config.h"

#include "tests/wire.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/runner.h"

static struct gate_json *wire;

/* A file of tests/vectors. */
static struct gate_buf
read_file(const char *name)
{
	const char *srcdir = getenv("srcdir");
	struct gate_buf b;
	char path[4096], block[4096];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s",
	    srcdir != NULL ? srcdir : ".", name);
	f = fopen(path, "re");
	if (f == NULL) {
		perror(path);
		abort();
	}
	gate_buf_init(&b, 4 * 1024 * 1024);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		(void)gate_buf_put(&b, gate_span_of(block, n));
	fclose(f);
	if (b.failed != GATE_OK || b.n == 0)
		abort();
	return b;
}

void
wire_load(void)
{
	struct gate_buf b = read_file("wire.json");
	struct gate_err err = {0};

	if (gate_json_parse(gate_buf_span(&b), &wire, &err) != GATE_OK) {
		fprintf(stderr, "wire.json: %s\n", err.text);
		abort();
	}
	gate_buf_clear(&b);
}

const struct gate_json *
wire_list(const char *name)
{
	return wire_member(wire, name);
}

const struct gate_json *
wire_member(const struct gate_json *v, const char *name)
{
	const struct gate_json *out;

	if (!gate_json_get(v, name, &out)) {
		fprintf(stderr, "wire.json: no member %s\n", name);
		abort();
	}
	return out;
}

bool
wire_has(const struct gate_json *v, const char *name)
{
	const struct gate_json *out;

	return gate_json_get(v, name, &out) &&
	    gate_json_kind(out) != GATE_JSON_NULL;
}

struct gate_span
wire_text(const struct gate_json *v, const char *name)
{
	struct gate_span out = {0};

	if (wire_has(v, name))
		ck_assert(gate_json_string(wire_member(v, name), &out));
	return out;
}

const char *
wire_word(const struct gate_json *v, const char *name)
{
	static char ring[4][2048];
	static unsigned int at;
	char *dst = ring[at++ % 4];

	ck_assert(gate_span_copy(wire_text(v, name), dst, sizeof(ring[0])));
	return dst;
}

int64_t
wire_number(const struct gate_json *v, const char *name)
{
	int64_t out;

	ck_assert(gate_json_i64(wire_member(v, name), &out));
	return out;
}

struct gate_buf
wire_bytes(const struct gate_json *v, const char *name)
{
	struct gate_buf b;

	gate_buf_init(&b, 65536);
	ck_assert_int_eq(gate_base64_decode(wire_text(v, name), &b), GATE_OK);
	return b;
}

static const struct gate_json *
named(const char *where, const struct gate_json *v, const char *by)
{
	return wire_member(wire_list(where), wire_word(v, by));
}

struct gate_hmac_key *
wire_secret(const struct gate_json *v)
{
	struct gate_hmac_key *key = NULL;
	struct gate_span text;

	if (wire_has(v, "secret")) {
		text = wire_text(named("secrets", v, "secret"), "secret");
		ck_assert_int_eq(gate_hmac_key_new(text, &key), GATE_OK);
	}
	return key;
}

/* The bytes of a key: of its file, or a secret. */
static struct gate_buf
key_bytes(const struct gate_json *key, const char *file, enum gate_alg *alg)
{
	struct gate_buf b;

	ck_assert(gate_alg_parse(wire_text(key, "algorithm"), alg));
	if (wire_has(key, file))
		return read_file(wire_word(key, file));
	gate_buf_init(&b, 4096);
	(void)gate_buf_put(&b, wire_text(key, "secret"));
	return b;
}

struct gate_sign_key *
wire_sign_key(const struct gate_json *v)
{
	struct gate_sign_key *out = NULL;
	struct gate_err err = {0};
	enum gate_alg alg;
	struct gate_buf b =
	    key_bytes(named("keys", v, "key"), "private_file", &alg);

	ck_assert_msg(
	    gate_sign_key_new(alg, gate_buf_span(&b), &out, &err) == GATE_OK,
	    "%s", err.text);
	gate_buf_wipe(&b);
	return out;
}

struct gate_verify_key *
wire_verify_key_named(const char *name)
{
	struct gate_verify_key *out = NULL;
	struct gate_err err = {0};
	enum gate_alg alg;
	struct gate_buf b = key_bytes(
	    wire_member(wire_list("keys"), name), "public_file", &alg);

	if (gate_verify_key_new(alg, gate_buf_span(&b), &out, &err) !=
	    GATE_OK) {
		fprintf(stderr, "wire.json: %s: %s\n", name, err.text);
		abort();
	}
	gate_buf_clear(&b);
	return out;
}

struct gate_verify_key *
wire_verify_key(const struct gate_json *v)
{
	return wire_verify_key_named(wire_word(v, "key"));
}
