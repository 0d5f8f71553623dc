/*
 * URLs by RFC 3986. Owns the grammar and the normal form. Nothing is mended
 * here: what is no URL is not guessed at, as browsers do (and libcurl after
 * them), since two programs that guess differently see two hosts.
 */
#include "config.h"

#include "lib/url.h"

#include "lib/address.h"
#include "lib/codec.h"
#include "lib/num.h"

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"
#define UNRESERVED ALPHA DIGIT "-._~"
#define SUB_DELIMS "!$&'()*+,;="
#define PCHAR UNRESERVED SUB_DELIMS ":@"

struct parts {
	struct gate_span scheme, user, host, port, path, query, fragment;
	bool has_authority, has_user, has_query, has_fragment;
};

static bool
is_among(unsigned char c, const char *set)
{
	return gate_span_only(gate_span_of(&c, 1), set);
}

/* Only characters of the set and %XX; wide: and those beyond ASCII. */
static bool
is_made_of(struct gate_span s, const char *set, bool wide)
{
	struct gate_span one;
	unsigned char unused;

	while (gate_span_take(&s, 1, &one)) {
		if (one.p[0] == '%') {
			if (!gate_span_take(&s, 2, &one) ||
			    !gate_hex_decode(one, &unused, 1))
				return false;
		} else if (!(wide && one.p[0] >= 0x80) &&
		    !is_among(one.p[0], set)) {
			return false;
		}
	}
	return true;
}

/* Takes what stands before the first of the characters, or all. */
static struct gate_span
take_before(struct gate_span *s, const char *ends)
{
	struct gate_span out = {0};
	size_t n = 0;

	while (n < s->n && !is_among(s->p[n], ends))
		n++;
	if (!gate_span_take(s, n, &out))
		out.n = 0;
	return out;
}

/* [user@]host[:port], host in brackets or not. */
static bool
split_authority(struct gate_span s, struct parts *p)
{
	struct gate_span rest = s;

	p->user = take_before(&rest, "@");
	p->has_user = gate_span_skip(&rest, "@");
	if (!p->has_user) {
		p->user = (struct gate_span){0};
		rest = s;
	}
	if (gate_span_starts(rest, "[")) {
		struct gate_address unused;
		struct gate_span inner = rest;

		p->host = take_before(&rest, "]");
		if (!gate_span_skip(&rest, "]"))
			return false;
		p->host.n++;
		inner = gate_span_of(p->host.p + 1, p->host.n - 2);
		if (!gate_address_parse(inner, &unused))
			return false;
	} else {
		p->host = take_before(&rest, ":");
		if (!is_made_of(p->host, UNRESERVED SUB_DELIMS, false))
			return false;
	}
	if (gate_span_skip(&rest, ":"))
		p->port = take_before(&rest, "");
	return rest.n == 0 && gate_span_only(p->port, DIGIT) &&
	    is_made_of(p->user, UNRESERVED SUB_DELIMS ":", false);
}

static bool
split(struct gate_span s, bool wide, struct parts *p)
{
	*p = (struct parts){.has_query = false};
	if (!gate_span_until(&s, ':', s.n, &p->scheme) || p->scheme.n == 0 ||
	    !is_among(p->scheme.p[0], ALPHA) ||
	    !gate_span_only(p->scheme, ALPHA DIGIT "+-."))
		return false;
	p->has_authority = gate_span_skip(&s, "//");
	if (p->has_authority && !split_authority(take_before(&s, "/?#"), p))
		return false;
	p->path = take_before(&s, "?#");
	p->has_query = gate_span_skip(&s, "?");
	if (p->has_query)
		p->query = take_before(&s, "#");
	p->has_fragment = gate_span_skip(&s, "#");
	if (p->has_fragment)
		p->fragment = s;
	return is_made_of(p->path, PCHAR "/", wide) &&
	    is_made_of(p->query, PCHAR "/?", wide) &&
	    is_made_of(p->fragment, PCHAR "/?", wide);
}

bool
gate_url_is_uri(struct gate_span in)
{
	struct parts p;

	return split(in, false, &p);
}

/* RFC 3986 lets a name be nearly anything, escaped; names that one can look
 * up are plainer. */
static bool
is_name_or_address(struct gate_span host)
{
	return host.n > 0 &&
	    (host.p[0] == '[' || gate_span_only(host, UNRESERVED));
}

static bool
split_web(struct gate_span in, struct parts *p)
{
	uint64_t port = 0;

	return in.n <= GATE_URL_MAX && split(in, true, p) &&
	    (gate_span_is_nocase(p->scheme, "http") ||
		gate_span_is_nocase(p->scheme, "https")) &&
	    !p->has_user && is_name_or_address(p->host) &&
	    (p->port.n == 0 || gate_span_u64(p->port, 65535, &port));
}

bool
gate_url_is_web(struct gate_span in)
{
	struct parts p;

	return split_web(in, &p);
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

static void
put_escaped(struct gate_buf *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";

	(void)gate_buf_put_byte(out, '%');
	(void)gate_buf_put_byte(out, (unsigned char)digits[c >> 4]);
	(void)gate_buf_put_byte(out, (unsigned char)digits[c & 15]);
}

/* Text that is_made_of has passed: %XX only where it is needed. */
static void
put_text(struct gate_buf *out, struct gate_span s, bool in_lower)
{
	struct gate_span one, hex;
	unsigned char c;

	while (gate_span_take(&s, 1, &one)) {
		c = one.p[0];
		if (c == '%' && gate_span_take(&s, 2, &hex) &&
		    gate_hex_decode(hex, &c, 1) && !is_among(c, UNRESERVED))
			put_escaped(out, c);
		else if (c >= 0x80)
			put_escaped(out, c);
		else
			(void)gate_buf_put_byte(out, in_lower ? lower(c) : c);
	}
}

/* Back to before the last '/' that stands at or behind `from`. */
static void
drop_segment(struct gate_buf *out, size_t from)
{
	while (out->n > from && out->p[out->n - 1] != '/')
		gate_buf_cut(out, out->n - 1);
	if (out->n > from)
		gate_buf_cut(out, out->n - 1);
}

/* RFC 3986 section 5.2.4: each segment with the '/' before it. */
static void
put_path(struct gate_buf *out, struct gate_span path)
{
	size_t from = out->n, begun;
	struct gate_span segment, written;
	bool open = true; /* a '/' is due at the end */

	while (gate_span_skip(&path, "/") && out->failed == GATE_OK) {
		segment = take_before(&path, "/");
		begun = out->n;
		(void)gate_buf_put_byte(out, '/');
		put_text(out, segment, false);
		if (out->failed != GATE_OK)
			return;
		written = gate_span_of(out->p + begun + 1, out->n - begun - 1);
		open =
		    gate_span_is(written, ".") || gate_span_is(written, "..");
		if (!open)
			continue;
		open = true;
		begun = written.n == 2 ? 1 : 0;
		gate_buf_cut(out, out->n - written.n - 1);
		if (begun == 1)
			drop_segment(out, from);
	}
	if (open)
		(void)gate_buf_put_byte(out, '/');
}

enum gate_code
gate_url_normalise(struct gate_span in, struct gate_buf *out)
{
	struct parts p;
	uint64_t port = 0;
	bool tls;

	if (!split_web(in, &p))
		return GATE_E_BAD;
	tls = gate_span_is_nocase(p.scheme, "https");
	(void)gate_buf_put_str(out, tls ? "https://" : "http://");
	put_text(out, p.host, true);
	if (p.port.n > 0 && gate_span_u64(p.port, 65535, &port) &&
	    port != (tls ? 443 : 80)) {
		(void)gate_buf_put_byte(out, ':');
		(void)gate_buf_put_i64(out, (int64_t)port);
	}
	put_path(out, p.path);
	if (p.has_query) {
		(void)gate_buf_put_byte(out, '?');
		put_text(out, p.query, false);
	}
	if (p.has_fragment) {
		(void)gate_buf_put_byte(out, '#');
		put_text(out, p.fragment, false);
	}
	return out->failed;
}
