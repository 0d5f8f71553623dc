/*
 * Judges and makes deliveries for flow_oracles.py: reads JSON documents, one
 * a line, from stdin, each with strings
 *
 *	provider secret setting method url target body	now (integer)
 *	headers (an object of strings)
 *
 * and answers a line each: the name of a fault or ok; or, if the document has
 * "sign", a JSON object of the headers that lib/provider_sign.c makes, with
 * the id that "sign" is. What is missing is empty. Anything else ends it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/json.h"
#include "lib/provider.h"

#define LINE_BYTES 262144
#define HEADERS_MAX 16

struct line {
	struct gate_json *doc;
	const struct gate_provider *provider;
	struct gate_signing how;
	char *setting;
	struct gate_provider_key *key;
	struct gate_hook hook;
	struct gate_hook_header headers[HEADERS_MAX];
};

static struct gate_span
member(const struct gate_json *doc, const char *name)
{
	const struct gate_json *v;
	struct gate_span s = {0};

	GATE_ASSERT(!gate_json_get(doc, name, &v) || gate_json_string(v, &s));
	return s;
}

static bool
take_header(const char *name, const struct gate_json *value, void *ctx)
{
	struct line *l = ctx;
	struct gate_hook_header *h = &l->headers[l->hook.header_count];

	GATE_ASSERT(l->hook.header_count < HEADERS_MAX);
	h->name = gate_span_str(name);
	GATE_ASSERT(gate_json_string(value, &h->value));
	l->hook.header_count++;
	return true;
}

static void
read_line(struct line *l, struct gate_span text)
{
	const struct gate_json *v;
	struct gate_err err;

	*l = (struct line){0};
	GATE_ASSERT(gate_json_parse(text, &l->doc, &err) == GATE_OK);
	l->provider = gate_provider_find(member(l->doc, "provider"));
	GATE_ASSERT(l->provider != NULL);
	l->how = l->provider->signing;
	l->setting = gate_span_dup(member(l->doc, "setting"));
	l->how.setting = l->setting;
	if (gate_provider_key_new(l->provider, &l->how,
		member(l->doc, "secret"), &l->key, &err) != GATE_OK) {
		fprintf(stderr, "%s: %s\n", l->provider->name, err.text);
		exit(EXIT_FAILURE);
	}
	l->hook.headers = l->headers;
	if (gate_json_get(l->doc, "headers", &v))
		(void)gate_json_each(v, take_header, l);
	l->hook.method = member(l->doc, "method");
	l->hook.url = member(l->doc, "url");
	l->hook.target = member(l->doc, "target");
	l->hook.body = member(l->doc, "body");
	GATE_ASSERT(gate_json_get(l->doc, "now", &v) &&
	    gate_json_i64(v, &l->hook.now_s));
}

static void
print_fault(const struct line *l)
{
	struct gate_provider_secret secret = {"secret", l->key};
	struct gate_verdict verdict;
	enum gate_provider_fault fault = gate_provider_verify(
	    l->provider, &l->how, &secret, 1, &l->hook, &verdict);

	puts(gate_provider_fault_name(fault));
}

static void
print_headers(const struct line *l)
{
	struct gate_sign_headers made;
	struct gate_json *out = gate_json_new_object();
	struct gate_buf text;
	size_t i;

	gate_sign_init(&made);
	gate_buf_init(&text, LINE_BYTES);
	GATE_ASSERT(gate_provider_sign(l->provider, &l->how, l->key, &l->hook,
			member(l->doc, "sign"), &made) == GATE_OK);
	for (i = 0; i < made.count; i++) {
		struct gate_span value =
		    gate_span_str(gate_sign_line(&made, i));
		struct gate_span name;
		char key[64];

		GATE_ASSERT(gate_span_until(&value, ':', value.n, &name) &&
		    gate_span_copy(name, key, sizeof(key)));
		GATE_ASSERT(gate_json_put(out, key,
				gate_json_new_string(gate_span_trim(value))) ==
		    GATE_OK);
	}
	GATE_ASSERT(gate_json_text(out, &text) == GATE_OK);
	puts(gate_buf_str(&text));
	gate_json_free(out);
	gate_buf_clear(&text);
	gate_sign_clear(&made);
}

int
main(void)
{
	static char text[LINE_BYTES];
	const struct gate_json *v;
	struct line l;

	while (fgets(text, sizeof(text), stdin) != NULL) {
		read_line(&l, gate_span_str(text));
		if (gate_json_get(l.doc, "sign", &v))
			print_headers(&l);
		else
			print_fault(&l);
		gate_provider_key_free(l.key);
		free(l.setting);
		gate_json_free(l.doc);
	}
	return EXIT_SUCCESS;
}
