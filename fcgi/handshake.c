/*
 * Handshakes, one function for each kind of a profile. Their answers are
 * made in the buffer of pages. What is echoed comes from a sender that has
 * proved who it is, and is JSON or visible ASCII.
 */
#include "config.h"

#include "fcgi/handshake.h"

#include "fcgi/limits.h"
#include "lib/codec.h"
#include "lib/form.h"
#include "lib/num.h"

#define CHALLENGE_MAX 1024
#define PLAIN_TOKEN_MAX 256
#define DIGITS_MAX 20

static enum outcome
greet(struct visit *v)
{
	struct gate_buf *b = &v->tools->page;

	if (b->failed != GATE_OK)
		return OUTCOME_AWAY;
	v->reply.body = gate_buf_span(b);
	return OUTCOME_GREETED;
}

enum outcome
handshake_unsigned(struct arrival *a)
{
	struct gate_span body = a->hook.body;
	uint64_t n;

	if (!a->in.is_form || !gate_span_skip(&body, "webhook_id=") ||
	    body.n > DIGITS_MAX || !gate_span_u64(body, UINT64_MAX, &n))
		return OUTCOME_NONE;
	a->visit->reply.media = "text/plain";
	gate_buf_reset(&a->visit->tools->page);
	return greet(a->visit);
}

/* A member that is a string. */
static bool
member(const struct gate_json *doc, const char *pointer, struct gate_span *out)
{
	const struct gate_json *v;

	return gate_json_pointer(doc, pointer, &v) && gate_json_string(v, out);
}

static bool
member_is(const struct gate_json *doc, const char *pointer, const char *text)
{
	struct gate_span v;

	return member(doc, pointer, &v) && gate_span_is(v, text);
}

static enum outcome
greet_slack(struct arrival *a)
{
	struct gate_buf *b = &a->visit->tools->page;
	struct gate_span challenge;

	if (!member_is(a->webhook.doc, "/type", "url_verification") ||
	    !member(a->webhook.doc, "/challenge", &challenge))
		return OUTCOME_NONE;
	(void)gate_buf_put_str(b, "{\"challenge\":");
	(void)gate_json_put_string(b, challenge);
	(void)gate_buf_put_byte(b, '}');
	return greet(a->visit);
}

static enum outcome
greet_zoom(struct arrival *a)
{
	struct gate_buf *b = &a->visit->tools->page;
	unsigned char mac[GATE_SHA256_BYTES];
	struct gate_span token;
	enum gate_code code;

	/* The bound: the secret signs this and nothing longer for them. */
	if (!member_is(a->webhook.doc, "/event", "endpoint.url_validation") ||
	    !member(a->webhook.doc, "/payload/plainToken", &token) ||
	    token.n > PLAIN_TOKEN_MAX)
		return OUTCOME_NONE;
	code = gate_provider_key_mac(
	    a->source->keys[a->verdict.which].key, token, mac);
	if (code != GATE_OK)
		return arrival_trouble(a, code);
	(void)gate_buf_put_str(b, "{\"plainToken\":");
	(void)gate_json_put_string(b, token);
	(void)gate_buf_put_str(b, ",\"encryptedToken\":\"");
	(void)gate_hex_put(b, gate_span_of(mac, sizeof(mac)));
	(void)gate_buf_put_str(b, "\"}");
	return greet(a->visit);
}

/* Type 0 is a ping of webhook events. Type 1 is one of interactions if it
 * has a token; else it is an event. */
static enum outcome
greet_discord(struct arrival *a)
{
	const struct gate_json *v;
	struct gate_span token;
	int64_t type;

	if (!gate_json_get(a->webhook.doc, "type", &v) ||
	    !gate_json_i64(v, &type))
		return OUTCOME_NONE;
	if (type == 0) {
		a->visit->reply.status = 204;
		return greet(a->visit);
	}
	if (type != 1 || !member(a->webhook.doc, "/token", &token))
		return OUTCOME_NONE;
	(void)gate_buf_put_str(&a->visit->tools->page, "{\"type\":1}");
	return greet(a->visit);
}

static enum outcome
greet_github(struct arrival *a)
{
	struct gate_span event;
	bool twice;

	if (!gate_hook_header(&a->hook, "X-GitHub-Event", &event, &twice) ||
	    !gate_span_is(event, "ping"))
		return OUTCOME_NONE;
	(void)gate_buf_put_str(&a->visit->tools->page, "{\"status\":\"pong\"}");
	return greet(a->visit);
}

enum outcome
handshake_signed(struct arrival *a)
{
	gate_buf_reset(&a->visit->tools->page);
	switch (a->source->profile.handshake) {
	case GATE_HANDSHAKE_SLACK:
		return greet_slack(a);
	case GATE_HANDSHAKE_ZOOM:
		return greet_zoom(a);
	case GATE_HANDSHAKE_DISCORD:
		return greet_discord(a);
	case GATE_HANDSHAKE_GITHUB:
		return greet_github(a);
	case GATE_HANDSHAKE_NONE:
	case GATE_HANDSHAKE_META:
	case GATE_HANDSHAKE_WOOCOMMERCE:
		break;
	}
	return OUTCOME_NONE;
}

/* ---- Meta --------------------------------------------------------------- */

/* An empty token of the operator's never is the same: it is none. Time does
 * not tell whether there is one. */
static bool
is_token(struct gate_span mine, struct gate_span theirs)
{
	static const unsigned char none[1] = {0};
	struct gate_span held = mine.n > 0 ? mine : gate_span_of(none, 1);

	return gate_ct_equal(held, theirs) && mine.n > 0;
}

static bool
is_challenge(struct gate_span s)
{
	return s.n > 0 && s.n <= CHALLENGE_MAX &&
	    gate_span_only(s,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
}

static enum outcome
judge(struct visit *v, const struct gate_source *source,
    const struct gate_form *query)
{
	struct gate_span mode, token, challenge, mine = {0};

	if (source != NULL && limits_allow(v, &source->allow) == OUTCOME_NONE)
		mine = gate_secret_span(&source->verify_token);
	if (!gate_form_get(query, "hub.mode", &mode) ||
	    !gate_form_get(query, "hub.verify_token", &token) ||
	    !gate_form_get(query, "hub.challenge", &challenge) ||
	    !gate_span_is(mode, "subscribe") || !is_challenge(challenge))
		return OUTCOME_BAD_SIGNATURE;
	if (!is_token(mine, token))
		return OUTCOME_BAD_SIGNATURE;
	gate_buf_reset(&v->tools->page);
	(void)gate_buf_put(&v->tools->page, challenge);
	v->reply.media = "text/plain";
	return greet(v);
}

enum outcome
handshake_get(struct visit *v)
{
	const struct gate_sites *sites = &v->tools->settings->conf->sites;
	const struct gate_source *source;
	struct gate_form query;
	enum gate_code code;
	enum outcome o;

	v->stage = "challenge";
	source = gate_source_find(sites, v->match.argument, &v->site);
	if (source == NULL && sites->incomplete)
		return OUTCOME_UNSURE;
	v->source = source == NULL ? NULL : source->name;
	o = limits_failures(v, v->match.argument);
	if (o != OUTCOME_NONE)
		return o;
	code = gate_form_parse(v->match.query, &query);
	if (code == GATE_E_NOMEM)
		return OUTCOME_AWAY;
	o = OUTCOME_BAD_SIGNATURE;
	if (code == GATE_OK) {
		o = judge(v, source, &query);
		gate_form_clear(&query);
	}
	if (o == OUTCOME_BAD_SIGNATURE)
		limits_failed(v, v->match.argument);
	return o;
}
