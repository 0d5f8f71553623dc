#include "config.h"

#include "tests/hook_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/num.h"
#include "tests/keyring.h"

struct gate_span
hook_copy(struct hook_world *w, struct gate_span s)
{
	GATE_ASSERT(w->fence_count < GATE_COUNT(w->fences));
	w->fences[w->fence_count] = fence_heap(s);
	return w->fences[w->fence_count++].span;
}

static struct gate_provider_key *
make_key(const struct hook_world *w, const char *text)
{
	struct gate_provider_key *key = NULL;
	struct gate_span name = gate_span_str(text), secret = name;
	char *owned = NULL;
	struct gate_err err;

	if (gate_span_skip(&name, "keyring:")) {
		owned = keyring_text((const char *)name.p);
		secret = gate_span_str(owned);
	}
	if (gate_provider_key_new(w->provider, &w->how, secret, &key, &err) !=
	    GATE_OK) {
		(void)fprintf(stderr, "%s: %s\n", w->provider->name, err.text);
		abort();
	}
	free(owned);
	return key;
}

void
hook_begin(struct hook_world *w, const struct hook_row *row)
{
	size_t i;

	*w = (struct hook_world){0};
	w->provider = gate_provider_find(gate_span_str(row->provider));
	if (w->provider == NULL) {
		(void)fprintf(stderr, "no provider %s\n", row->provider);
		abort();
	}
	w->how = w->provider->signing;
	if (row->setting != NULL)
		w->how.setting = row->setting;
	w->keys[0] = make_key(w, row->secret);
	w->keys[1] = make_key(w, row->other);
	for (i = 0; i < HOOK_HEADERS_MAX && row->headers[i] != NULL; i++) {
		struct gate_span value = gate_span_str(row->headers[i]), name;

		GATE_ASSERT(gate_span_until(&value, ':', value.n, &name));
		w->headers[i].name = hook_copy(w, name);
		w->headers[i].value = hook_copy(w, value);
	}
	w->hook = (struct gate_hook){.headers = w->headers,
	    .header_count = i,
	    .body = hook_copy(w, row->body),
	    .method = gate_span_str(row->method != NULL ? row->method : "POST"),
	    .url = gate_span_str(row->url),
	    .target = gate_span_str(row->target),
	    .now_s = row->now_s};
}

void
hook_end(struct hook_world *w)
{
	size_t i;

	for (i = 0; i < w->fence_count; i++)
		fence_free(&w->fences[i]);
	gate_provider_key_free(w->keys[0]);
	gate_provider_key_free(w->keys[1]);
}

struct gate_hook_header *
hook_header(struct hook_world *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->hook.header_count; i++)
		if (gate_span_is_nocase(w->headers[i].name, name))
			return &w->headers[i];
	return NULL;
}

enum gate_provider_fault
hook_verify(const struct hook_world *w, struct gate_verdict *out)
{
	struct gate_provider_secret secret = {"right", w->keys[0]};

	return gate_provider_verify(
	    w->provider, &w->how, &secret, 1, &w->hook, out);
}
