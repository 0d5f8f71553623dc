/*
 * base64, base64url, hex, UUIDs, percent escapes, traceparents. All but
 * percent escapes have one spelling for each value (hex and UUIDs: in lower
 * case), so that writing what was read must give the input back.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/codec.h"
#include "lib/quote.h"
#include "lib/trace.h"

typedef enum gate_code decoder(struct gate_span, struct gate_buf *);
typedef enum gate_code encoder(struct gate_buf *, struct gate_span);

static void
check_base64(struct gate_span in, decoder *decode, encoder *encode)
{
	struct gate_buf bytes, text;

	gate_buf_init(&bytes, in.n);
	gate_buf_init(&text, 2 * in.n + 4);
	if (decode(in, &bytes) == GATE_OK) {
		GATE_ASSERT(encode(&text, gate_buf_span(&bytes)) == GATE_OK);
		GATE_ASSERT(gate_span_equal(in, gate_buf_span(&text)));
	} else {
		GATE_ASSERT(bytes.n == 0);
	}
	/* Any bytes go there and back. */
	gate_buf_reset(&bytes);
	gate_buf_reset(&text);
	GATE_ASSERT(encode(&text, in) == GATE_OK);
	GATE_ASSERT(decode(gate_buf_span(&text), &bytes) == GATE_OK);
	GATE_ASSERT(gate_span_equal(in, gate_buf_span(&bytes)));
	gate_buf_clear(&bytes);
	gate_buf_clear(&text);
}

static void
check_hex(struct gate_span in)
{
	unsigned char bytes[32];
	char text[2 * sizeof(bytes) + 1];
	struct gate_uuid u;

	if (in.n / 2 <= sizeof(bytes) && gate_hex_decode(in, bytes, in.n / 2)) {
		gate_hex_text(
		    gate_span_of(bytes, in.n / 2), text, sizeof(text));
		GATE_ASSERT(gate_span_is_nocase(in, text));
	}
	if (gate_uuid_parse(in, &u)) {
		gate_uuid_text(&u, text);
		GATE_ASSERT(gate_span_is_nocase(in, text));
	}
}

static void
check_trace(struct gate_span in)
{
	char text[GATE_TRACEPARENT_TEXT];
	struct gate_trace t;

	if (!gate_trace_parse(in, &t))
		return;
	gate_trace_text(&t, text);
	GATE_ASSERT(gate_span_is(in, text));
}

static void
check_percent(struct gate_span in)
{
	struct gate_buf b;

	gate_buf_init(&b, in.n);
	if (gate_percent_decode(in, &b) == GATE_OK)
		GATE_ASSERT(gate_span_within(gate_buf_span(&b), 1, 255));
	else
		GATE_ASSERT(b.n == 0);
	gate_buf_clear(&b);
}

/* What is quoted must be printable ASCII or UTF-8 beyond it. */
static void
check_quote(struct gate_span in)
{
	struct gate_buf b;

	gate_buf_init(&b, 6 * in.n + 2);
	GATE_ASSERT(gate_quote_put(&b, in) == GATE_OK);
	GATE_ASSERT(gate_span_within(gate_buf_span(&b), 0x20, 0xff));
	gate_buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span in = gate_span_of(data, size);

	check_base64(in, gate_base64_decode, gate_base64_put);
	check_base64(in, gate_base64url_decode, gate_base64url_put);
	check_hex(in);
	check_trace(in);
	check_percent(in);
	check_quote(in);
	return 0;
}
