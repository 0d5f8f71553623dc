/*
 * Makes requests; sends nothing. Keys are random UUIDs, as a sender's are:
 * they meet the unique index in no order. All numbers have a fixed count of
 * digits, so that a reader may find the n-th request by counting bytes.
 */
#include "config.h"

#include "bench/event.h"

#include <inttypes.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/secret.h"

#define BODY_MAX 1024
#define FIRST_POST 100000000 /* nine digits, and room for as many again */

enum gate_code
event_maker_init(struct event_maker *m, const char *path, struct gate_err *err)
{
	struct gate_secret secret;
	char ref[256];
	enum gate_code code;

	*m = (struct event_maker){.now_s = gate_wall_ms() / 1000};
	(void)snprintf(ref, sizeof(ref), "file:%s", path);
	code = gate_secret_load(ref, "/", 24, &secret, err);
	if (code != GATE_OK)
		return code;
	code = gate_hmac_key_new(gate_secret_span(&secret), &m->key);
	gate_secret_clear(&secret);
	if (code != GATE_OK)
		return gate_err_set(err, code, "HMAC key");
	return GATE_OK;
}

void
event_maker_clear(struct event_maker *m)
{
	gate_hmac_key_free(m->key);
	m->key = NULL;
}

static enum gate_code
new_key(char dst[GATE_UUID_TEXT])
{
	struct gate_uuid u;
	enum gate_code code = gate_random(u.b, sizeof(u.b));

	if (code != GATE_OK)
		return code;
	u.b[6] = (unsigned char)((u.b[6] & 0x0f) | 0x40); /* version 4 */
	u.b[8] = (unsigned char)((u.b[8] & 0x3f) | 0x80);
	gate_uuid_text(&u, dst);
	return GATE_OK;
}

static enum gate_code
put_body(struct gate_buf *b, int64_t number, const char *key)
{
	return gate_buf_printf(b,
	    "{\"event\":\"post.published\",\"post_id\":%" PRId64 ","
	    "\"title\":\"What a gate does between two houses\","
	    "\"url\":\"https:\\/\\/blog.example.com\\/2026\\/11\\/%" PRId64
	    "\\/\",\"author\":\"Ada Lovelace\","
	    "\"published_at\":\"2026-11-22T09:40:00Z\","
	    "\"idempotency_key\":\"%s\","
	    "\"site\":\"https:\\/\\/blog.example.com\","
	    "\"meta\":{\"categories\":[\"News\",\"Caf\\u00e9\"],"
	    "\"tags\":[\"gate\",\"queue\",\"automation\"]}}",
	    number, number, key);
}

enum gate_code
event_put(struct gate_buf *out, struct event_maker *m)
{
	unsigned char mac[GATE_SHA256_BYTES];
	char key[GATE_UUID_TEXT], hex[2 * GATE_SHA256_BYTES + 1], ts[24];
	struct gate_span parts[3];
	struct gate_buf body;
	enum gate_code code = new_key(key);

	gate_buf_init(&body, BODY_MAX);
	if (code == GATE_OK)
		code = put_body(&body, FIRST_POST + m->made, key);
	(void)snprintf(ts, sizeof(ts), "%" PRId64, m->now_s);
	parts[0] = gate_span_str(ts);
	parts[1] = GATE_SPAN(".");
	parts[2] = gate_buf_span(&body);
	if (code == GATE_OK)
		code = gate_hmac_sha256(m->key, parts, 3, mac);
	if (code == GATE_OK) {
		gate_hex_text(gate_span_of(mac, sizeof(mac)), hex, sizeof(hex));
		code = gate_buf_printf(out,
		    "POST /webhooks/wp HTTP/1.1\r\nHost: gate.example.com\r\n"
		    "User-Agent: WordPress/6.1; https://blog.example.com\r\n"
		    "Accept: */*\r\nContent-Type: application/json\r\n"
		    "X-WP-Timestamp: %s\r\nX-WP-Signature: %s\r\n"
		    "Idempotency-Key: %s\r\nContent-Length: %zu\r\n\r\n",
		    ts, hex, key, body.n);
	}
	if (code == GATE_OK)
		code = gate_buf_put(out, gate_buf_span(&body));
	gate_buf_clear(&body);
	m->made++;
	return code;
}
