/*
 * The readings, as tables: of a body, of a secret, of an address. Each takes
 * the bytes and gives others, or says that it does not apply.
 */
#include "config.h"

#include "cli/hint.h"

#include <stdio.h>
#include <string.h>

#include "cli/recode.h"
#include "lib/codec.h"
#include "lib/num.h"

#define BODY_MAX (8u * 1024 * 1024) /* pretty-printed and escaped */
#define SECRET_MAX 32768

/* A reading into out; false: it does not apply. */
typedef bool reading(struct gate_span in, struct gate_buf *out);

static bool
same(struct gate_span in, struct gate_buf *out)
{
	return gate_buf_put(out, in) == GATE_OK;
}

static bool
add_newline(struct gate_span in, struct gate_buf *out)
{
	return same(in, out) && gate_buf_put_byte(out, '\n') == GATE_OK;
}

static bool
add_crlf(struct gate_span in, struct gate_buf *out)
{
	return same(in, out) && gate_buf_put_str(out, "\r\n") == GATE_OK;
}

static bool
cut_end(struct gate_span in, struct gate_buf *out)
{
	size_t n = in.n;

	while (n > 0 &&
	    (in.p[n - 1] == '\n' || in.p[n - 1] == '\r' || in.p[n - 1] == ' ' ||
		in.p[n - 1] == '\t'))
		n--;
	return n < in.n && same(gate_span_of(in.p, n), out);
}

static bool
cut_crs(struct gate_span in, struct gate_buf *out)
{
	size_t i;

	for (i = 0; i < in.n; i++)
		if (in.p[i] != '\r')
			(void)gate_buf_put_byte(out, in.p[i]);
	return out->n < in.n;
}

static bool
add_crs(struct gate_span in, struct gate_buf *out)
{
	size_t i;

	for (i = 0; i < in.n; i++) {
		if (in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			(void)gate_buf_put_byte(out, '\r');
		(void)gate_buf_put_byte(out, in.p[i]);
	}
	return out->n > in.n;
}

static bool
add_mark(struct gate_span in, struct gate_buf *out)
{
	return gate_buf_put_str(out, "\xef\xbb\xbf") == GATE_OK &&
	    same(in, out);
}

static const struct {
	const char *text;
	reading *read;
} bodies[] = {
    {"", same},
    {"with a newline at its end", add_newline},
    {"with CR LF at its end", add_crlf},
    {"without the white space at its end", cut_end},
    {"with LF for CR LF", cut_crs},
    {"with CR LF for LF", add_crs},
    {"with a byte order mark", add_mark},
};

static bool
from_hex(struct gate_span in, struct gate_buf *out)
{
	unsigned char *room;

	if (in.n < 2 || in.n % 2 != 0 ||
	    gate_buf_room(out, in.n / 2, &room) != GATE_OK ||
	    !gate_hex_decode(in, room, in.n / 2))
		return false;
	gate_buf_added(out, in.n / 2);
	return true;
}

static bool
from_base64(struct gate_span in, struct gate_buf *out)
{
	return gate_base64_decode(in, out) == GATE_OK && out->n > 0;
}

static bool
from_base64url(struct gate_span in, struct gate_buf *out)
{
	return gate_base64url_decode(in, out) == GATE_OK && out->n > 0;
}

static bool
cut_whsec(struct gate_span in, struct gate_buf *out)
{
	return gate_span_skip(&in, "whsec_") && same(in, out);
}

static bool
from_whsec(struct gate_span in, struct gate_buf *out)
{
	return gate_span_skip(&in, "whsec_") && from_base64(in, out);
}

static bool
add_whsec(struct gate_span in, struct gate_buf *out)
{
	return gate_buf_put_str(out, "whsec_") == GATE_OK && same(in, out);
}

static bool
to_upper(struct gate_span in, struct gate_buf *out)
{
	size_t i;

	for (i = 0; i < in.n; i++)
		(void)gate_buf_put_byte(out,
		    in.p[i] >= 'a' && in.p[i] <= 'f'
			? (unsigned char)(in.p[i] - 'a' + 'A')
			: in.p[i]);
	return gate_span_only(in, "0123456789abcdef");
}

static const struct {
	const char *text;
	reading *read;
} secrets[] = {
    {"", same},
    {"with a newline at its end", add_newline},
    {"with CR LF at its end", add_crlf},
    {"decoded from hex", from_hex},
    {"decoded from base64", from_base64},
    {"decoded from base64url", from_base64url},
    {"without whsec_", cut_whsec},
    {"without whsec_, decoded from base64", from_whsec},
    {"with whsec_ before it", add_whsec},
    {"in upper-case hex", to_upper},
};

struct hunt {
	const struct hint_case *c;
	struct gate_buf body, secret, url;
	char *text;
};

/* The i-th reading of the body; false: it does not apply, or is none. */
static bool
read_body(struct hunt *h, size_t i, char *text, size_t text_size)
{
	struct gate_span in = h->c->as_is.body;
	struct recode how;

	gate_buf_reset(&h->body);
	if (i < GATE_COUNT(bodies)) {
		(void)snprintf(text, text_size, "%s", bodies[i].text);
		return bodies[i].read(in, &h->body);
	}
	how = recode_at(i - GATE_COUNT(bodies) + 1);
	recode_text(how, text, text_size);
	return recode_put(in, how, &h->body) == GATE_OK &&
	    !gate_span_equal(in, gate_buf_span(&h->body));
}

static bool
try_secrets(struct hunt *h, struct hint_try *t, const char *body, size_t *found)
{
	const struct hint_case *c = h->c;
	size_t i, k;

	for (i = 0; i < c->secret_count; i++)
		for (k = 0; k < GATE_COUNT(secrets); k++) {
			gate_buf_reset(&h->secret);
			if (!secrets[k].read(c->secrets[i].text, &h->secret))
				continue;
			t->secret = i;
			t->text = gate_buf_span(&h->secret);
			if (!c->holds(c->ctx, t))
				continue;
			*found = i;
			(void)snprintf(h->text, HINT_TEXT,
			    "it holds%s%s%s under secret %s%s%s%s%s",
			    body[0] == '\0' ? "" : " for the body ", body,
			    body[0] == '\0' ? "" : ",", c->secrets[i].id,
			    c->secrets[i].site == NULL ? "" : " of site ",
			    c->secrets[i].site == NULL ? ""
						       : c->secrets[i].site,
			    secrets[k].text[0] == '\0' ? "" : " ",
			    secrets[k].text);
			return true;
		}
	return false;
}

static bool
to_http(struct gate_span in, struct gate_buf *out)
{
	return gate_span_skip(&in, "https://") &&
	    gate_buf_put_str(out, "http://") == GATE_OK && same(in, out);
}

static bool
to_https(struct gate_span in, struct gate_buf *out)
{
	return gate_span_skip(&in, "http://") &&
	    gate_buf_put_str(out, "https://") == GATE_OK && same(in, out);
}

static bool
add_port(struct gate_span in, struct gate_buf *out)
{
	struct gate_span host;

	return gate_span_skip(&in, "https://") &&
	    gate_span_until(&in, '/', in.n, &host) &&
	    gate_buf_put_str(out, "https://") == GATE_OK && same(host, out) &&
	    gate_buf_put_str(out, ":443/") == GATE_OK && same(in, out);
}

static bool
add_slash(struct gate_span in, struct gate_buf *out)
{
	return same(in, out) && gate_buf_put_byte(out, '/') == GATE_OK;
}

static bool
cut(struct gate_span in, const char *end, struct gate_buf *out)
{
	size_t n = strlen(end);

	return in.n > n &&
	    gate_span_is(gate_span_of(in.p + in.n - n, n), end) &&
	    same(gate_span_of(in.p, in.n - n), out);
}

static bool
cut_slash(struct gate_span in, struct gate_buf *out)
{
	return cut(in, "/", out);
}

static bool
add_ingest(struct gate_span in, struct gate_buf *out)
{
	return same(in, out) && gate_buf_put_str(out, "/ingest") == GATE_OK;
}

static bool
cut_ingest(struct gate_span in, struct gate_buf *out)
{
	return cut(in, "/ingest", out);
}

static bool
cut_query(struct gate_span in, struct gate_buf *out)
{
	struct gate_span path;

	return gate_span_until(&in, '?', in.n, &path) && same(path, out);
}

static const struct {
	const char *text;
	reading *read;
	bool is_of_target; /* also where there is a URL */
} addresses[] = {
    {"with http for https", to_http, false},
    {"with https for http", to_https, false},
    {"with the port :443", add_port, false},
    {"with a slash at its end", add_slash, false},
    {"without the slash at its end", cut_slash, false},
    {"with /ingest at its end", add_ingest, false},
    {"without /ingest at its end", cut_ingest, false},
    {"without its query", cut_query, true},
};

/* As configured: only the address is read in another way. */
static bool
try_address(struct hunt *h, struct gate_span *part, const char *what,
    struct hint_try *t, size_t *found)
{
	const struct hint_case *c = h->c;
	size_t i;

	*part = gate_buf_span(&h->url);
	for (i = 0; i < c->secret_count; i++) {
		t->secret = i;
		t->text = c->secrets[i].text;
		if (!c->holds(c->ctx, t))
			continue;
		*found = i;
		(void)snprintf(h->text, HINT_TEXT,
		    "it holds for the address %s: the sender was given "
		    "another",
		    what);
		return true;
	}
	return false;
}

static bool
try_addresses(struct hunt *h, size_t *found)
{
	const struct hint_try *as_is = &h->c->as_is;
	struct gate_span *part;
	struct hint_try t;
	size_t i;

	if (as_is->url.n == 0 && as_is->target.n == 0)
		return false;
	for (i = 0; i < GATE_COUNT(addresses); i++) {
		t = *as_is;
		part = as_is->url.n == 0 || addresses[i].is_of_target
		    ? &t.target
		    : &t.url;
		gate_buf_reset(&h->url);
		if (addresses[i].read(*part, &h->url) &&
		    try_address(h, part, addresses[i].text, &t, found))
			return true;
	}
	t = *as_is;
	gate_buf_reset(&h->url);
	(void)gate_buf_put_str(&h->url, h->c->mount);
	(void)gate_buf_put(&h->url, t.target);
	return h->c->mount[0] != '\0' &&
	    try_address(h, &t.target, "with the gate's prefix", &t, found);
}

static bool
try_bodies(struct hunt *h, size_t *found)
{
	size_t i, n = GATE_COUNT(bodies) + RECODE_COUNT - 1;
	struct hint_try t;
	char text[128];

	for (i = 0; i < n; i++) {
		if (!read_body(h, i, text, sizeof(text)))
			continue;
		t = h->c->as_is;
		t.body = gate_buf_span(&h->body);
		if (try_secrets(h, &t, text, found))
			return true;
	}
	return false;
}

bool
hint_find(const struct hint_case *c, char text[HINT_TEXT], size_t *secret,
    bool *nomem)
{
	struct hunt h = {.c = c, .text = text};
	bool found;

	gate_buf_init(&h.body, BODY_MAX);
	gate_buf_init(&h.secret, SECRET_MAX);
	gate_buf_init(&h.url, SECRET_MAX);
	found = try_bodies(&h, secret) || try_addresses(&h, secret);
	*nomem = h.body.failed == GATE_E_NOMEM ||
	    h.secret.failed == GATE_E_NOMEM || h.url.failed == GATE_E_NOMEM;
	gate_buf_clear(&h.url);
	gate_buf_wipe(&h.secret);
	gate_buf_clear(&h.body);
	return found;
}
