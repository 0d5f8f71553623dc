/*
 * The signed bytes of a delivery, as a list of spans: nothing is copied but
 * what has to be written anew (a decoded URL, a checksum) and, for key pairs,
 * which take their data in one piece, the whole.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include <string.h>

#include "lib/num.h"

#define URL_MAX 8192 /* what web servers let pass */

struct filling {
	const struct gate_signing *how;
	const struct gate_hook *hook;
	const struct gate_stamp *stamp;
	struct gate_message *m;
	const char *about;
};

static enum gate_provider_fault
put(struct filling *f, struct gate_span part)
{
	GATE_ASSERT(f->m->count < GATE_MESSAGE_PARTS_MAX);
	f->m->parts[f->m->count++] = part;
	return GATE_PROVIDER_OK;
}

static enum gate_provider_fault
put_body(struct filling *f)
{
	return put(f, f->hook->body);
}

static enum gate_provider_fault
put_time(struct filling *f)
{
	return put(f, f->stamp->time);
}

static enum gate_provider_fault
put_id(struct filling *f)
{
	return put(f, f->stamp->id);
}

static enum gate_provider_fault
put_method(struct filling *f)
{
	return put(f, f->hook->method);
}

/* From the question mark on. */
static struct gate_span
query(struct gate_span target)
{
	struct gate_span path;

	if (!gate_span_until(&target, '?', target.n, &path))
		return (struct gate_span){0};
	return gate_span_of(target.p - 1, target.n + 1);
}

static enum gate_provider_fault
put_url(struct filling *f)
{
	if (f->hook->url.n == 0)
		return GATE_PROVIDER_URL_UNKNOWN;
	(void)put(f, f->hook->url);
	return put(f, query(f->hook->target));
}

/* HubSpot's: these and no others. */
static bool
is_decoded(unsigned char c)
{
	return c != 0 && strchr(":/?@!$'()*,;", c) != NULL;
}

static void
put_decoded(struct gate_buf *out, struct gate_span in)
{
	while (in.n > 0) {
		unsigned char c = in.p[0], decoded;
		size_t n = 1;

		if (c == '%' && in.n >= 3 &&
		    gate_hex_decode(gate_span_of(in.p + 1, 2), &decoded, 1) &&
		    is_decoded(decoded)) {
			c = decoded;
			n = 3;
		}
		(void)gate_buf_put_byte(out, c);
		in = gate_span_of(in.p + n, in.n - n);
	}
}

static enum gate_provider_fault
put_url_decoded(struct filling *f)
{
	if (f->hook->url.n == 0)
		return GATE_PROVIDER_URL_UNKNOWN;
	gate_buf_reset(&f->m->url);
	put_decoded(&f->m->url, f->hook->url);
	put_decoded(&f->m->url, query(f->hook->target));
	if (f->m->url.failed == GATE_E_LIMIT)
		return GATE_PROVIDER_HEADER_LONG;
	if (f->m->url.failed != GATE_OK)
		return GATE_PROVIDER_NO_MEMORY;
	return put(f, gate_buf_span(&f->m->url));
}

static enum gate_provider_fault
put_setting(struct filling *f)
{
	return put(f, gate_span_str(f->how->setting));
}

/* ISO 3309, as zip has it, four bits at a time. */
static uint32_t
crc32_of(struct gate_span s)
{
	static const uint32_t steps[16] = {0x00000000, 0x1db71064, 0x3b6e20c8,
	    0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0,
	    0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	uint32_t crc = 0xffffffffU;
	size_t i;

	for (i = 0; i < s.n; i++) {
		crc ^= s.p[i];
		crc = crc >> 4 ^ steps[crc & 15];
		crc = crc >> 4 ^ steps[crc & 15];
	}
	return ~crc;
}

static enum gate_provider_fault
put_crc32(struct filling *f)
{
	size_t n = gate_i64_text(crc32_of(f->hook->body), f->m->crc32);

	return put(f, gate_span_of(f->m->crc32, n));
}

static const struct {
	const char *name;
	enum gate_provider_fault (*put)(struct filling *f);
} tokens[] = {
    {"body", put_body},
    {"time", put_time},
    {"id", put_id},
    {"method", put_method},
    {"url", put_url},
    {"url-decoded", put_url_decoded},
    {"setting", put_setting},
    {"crc32", put_crc32},
};

static enum gate_provider_fault
put_other(struct filling *f, size_t i)
{
	struct gate_span value;
	bool twice;

	f->about = f->how->others[i];
	if (!gate_hook_header(f->hook, f->about, &value, &twice))
		return twice ? GATE_PROVIDER_HEADER_TWICE
			     : GATE_PROVIDER_HEADER_MISSING;
	if (value.n == 0)
		return GATE_PROVIDER_HEADER_MISSING;
	if (value.n > GATE_SIGNATURE_HEADER_MAX)
		return GATE_PROVIDER_HEADER_LONG;
	f->about = "";
	return put(f, value);
}

static enum gate_provider_fault
put_token(struct filling *f, struct gate_span name)
{
	size_t i;

	if (name.n == 1 && name.p[0] >= '1' &&
	    name.p[0] < '1' + GATE_OTHERS_MAX)
		return put_other(f, (size_t)(name.p[0] - '1'));
	for (i = 0; i < GATE_COUNT(tokens); i++)
		if (gate_span_is(name, tokens[i].name))
			return tokens[i].put(f);
	GATE_ASSERT(false); /* gate_signing_check would have refused it */
	return GATE_PROVIDER_NO_MEMORY;
}

enum gate_provider_fault
gate_message_fill(const struct gate_signing *how, const struct gate_hook *hook,
    const struct gate_stamp *stamp, struct gate_message *m, const char **about)
{
	struct filling f = {how, hook, stamp, m, ""};
	struct gate_span rest = gate_span_str(how->message);
	enum gate_provider_fault fault = GATE_PROVIDER_OK;

	m->count = 0;
	gate_buf_init(&m->url, URL_MAX);
	gate_buf_init(&m->whole, SIZE_MAX / 2);
	while (rest.n > 0 && fault == GATE_PROVIDER_OK) {
		struct gate_span text, name;

		if (!gate_span_until(&rest, '{', rest.n, &text)) {
			(void)put(&f, rest);
			break;
		}
		if (text.n > 0)
			(void)put(&f, text);
		GATE_ASSERT(gate_span_until(&rest, '}', rest.n, &name));
		fault = put_token(&f, name);
	}
	*about = f.about;
	return fault;
}

void
gate_message_clear(struct gate_message *m)
{
	gate_buf_clear(&m->url);
	gate_buf_clear(&m->whole);
}
