/*
 * lib/jwt.h: tokens that were valid and have been bent: their parts, their
 * size, their signatures.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/codec.h"
#include "tests/fence.h"
#include "tests/jwt_rows.h"
#include "tests/runner.h"

/* What becomes of a token. The parts are borrowed, without dots. */
struct parts {
	struct gate_span header, claims, signature;
};

static struct parts
parts_of(struct gate_span token)
{
	struct parts p;

	ck_assert(gate_span_until(&token, '.', token.n, &p.header));
	ck_assert(gate_span_until(&token, '.', token.n, &p.claims));
	p.signature = token;
	return p;
}

static void
expect(struct gate_span token, const char *what, enum gate_jwt_fault want)
{
	struct gate_jwt_rules rules = jwt_world_rules();
	struct fence f = fence_page(token);
	enum gate_jwt_fault fault =
	    jwt_world_verdict(jwt_rows_world(), f.span, &rules);

	ck_assert_msg(fault == want, "%s: %s, not %s", what,
	    gate_jwt_fault_name(fault), gate_jwt_fault_name(want));
	fence_free(&f);
}

/* In the text, h c s stand for the parts, all else for itself; H C S for the
 * part without its last character. */
static const struct {
	const char *what, *text;
	enum gate_jwt_fault fault;
} shapes[] = {
    {"as it was", "h.c.s", GATE_JWT_OK},
    {"nothing", "", GATE_JWT_PARTS},
    {"one part", "h", GATE_JWT_PARTS},
    {"two parts", "h.c", GATE_JWT_PARTS},
    {"two parts and a dot", "h.c.", GATE_JWT_PARTS},
    {"four parts", "h.c.s.s", GATE_JWT_PARTS},
    {"four, the last empty", "h.c.s.", GATE_JWT_PARTS},
    {"five parts, as JWE has", "h.c.s.c.s", GATE_JWT_PARTS},
    {"an empty header", ".c.s", GATE_JWT_PARTS},
    {"empty claims, detached", "h..s", GATE_JWT_PARTS},
    {"dots alone", "..", GATE_JWT_PARTS},
    {"parts in another order", "c.h.s", GATE_JWT_ALG},
    {"header as claims", "h.h.s", GATE_JWT_ISS},
    {"another signature", "h.c.c", GATE_JWT_SIGNATURE},
    {"JSON serialization",
	"{\"protected\":\"h\",\"payload\":\"c\",\"signature\":\"s\"}",
	GATE_JWT_PARTS},
    {"padded", "h.c.s==", GATE_JWT_BASE64},
    {"padding in claims", "h.c=.s", GATE_JWT_BASE64},
    {"padding in the header", "h=.c.s", GATE_JWT_BASE64},
    {"a space before", " h.c.s", GATE_JWT_BASE64},
    {"a space after", "h.c.s ", GATE_JWT_BASE64},
    {"a newline after", "h.c.s\n", GATE_JWT_BASE64},
    {"a newline within", "h.c\n.s", GATE_JWT_BASE64},
    {"a space within", "h. c.s", GATE_JWT_BASE64},
    {"Bearer still there", "Bearer h.c.s", GATE_JWT_BASE64},
    {"a comma: two in one header", "h.c.s,x", GATE_JWT_BASE64},
    {"a question mark", "h?.c.s", GATE_JWT_BASE64},
    {"a question mark in the signature", "h.c.s?", GATE_JWT_BASE64},
    {"plus", "h.c.+s", GATE_JWT_BASE64},
    {"slash", "h.c./s", GATE_JWT_BASE64},
    {"percent", "h.c.s%41", GATE_JWT_BASE64},
    {"beyond ASCII", "h.c.s\xc3\xa9", GATE_JWT_BASE64},
    {"a character more", "h.c.sA", GATE_JWT_SIGNATURE},
    {"two characters more", "h.c.sAA", GATE_JWT_SIGNATURE},
    {"four characters more", "h.c.sAAAA", GATE_JWT_SIGNATURE},
    {"a signature cut", "h.c.S", GATE_JWT_BASE64},
    {"a signature of one byte", "h.c.AA", GATE_JWT_SIGNATURE},
    {"of 1 modulo 4", "h.c.AAAAA", GATE_JWT_BASE64},
    {"a signature of noughts",
	"h.c.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAA",
	GATE_JWT_SIGNATURE},
};

static struct gate_span
piece(const struct parts *p, char c)
{
	switch (c) {
	case 'h':
		return p->header;
	case 'c':
		return p->claims;
	case 's':
		return p->signature;
	case 'S':
		return gate_span_of(p->signature.p, p->signature.n - 1);
	default:
		return (struct gate_span){NULL, 0};
	}
}

/* Letters of longer words stay what they are. */
static void
shape(struct gate_buf *out, const struct parts *p, const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		char before = i > 0 ? text[i - 1] : '.';
		bool alone = (before < 'a' || before > 'z') &&
		    (text[i + 1] < 'a' || text[i + 1] > 'z');
		struct gate_span s = piece(p, text[i]);

		if (alone && s.n > 0)
			ck_assert_int_eq(gate_buf_put(out, s), GATE_OK);
		else
			ck_assert_int_eq(
			    gate_buf_put_byte(out, (unsigned char)text[i]),
			    GATE_OK);
	}
}

START_TEST(takes_three_plain_parts_only)
{
	struct gate_buf token, bent;
	struct parts p;

	jwt_world_good(jwt_rows_world(), SIGN_ED, &token);
	p = parts_of(gate_buf_span(&token));
	gate_buf_init(&bent, 10000);
	shape(&bent, &p, shapes[_i].text);
	expect(gate_buf_span(&bent), shapes[_i].what, shapes[_i].fault);
	gate_buf_clear(&bent);
	gate_buf_clear(&token);
}
END_TEST

/* 86 characters hold 64 bytes and four bits that mean nothing. */
START_TEST(takes_one_spelling_of_a_signature_only)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_";
	struct gate_buf token;
	unsigned char last;
	size_t i, taken = 0;

	jwt_world_good(jwt_rows_world(), SIGN_ED, &token);
	last = token.p[token.n - 1];
	for (i = 0; i < 64; i++) {
		bool same = alphabet[i] == (char)last;

		token.p[token.n - 1] = (unsigned char)alphabet[i];
		expect(gate_buf_span(&token), "another last character",
		    same              ? GATE_JWT_OK
			: i % 16 != 0 ? GATE_JWT_BASE64
				      : GATE_JWT_SIGNATURE);
		taken += same;
	}
	ck_assert_uint_eq(taken, 1);
	gate_buf_clear(&token);
}
END_TEST

/* Any other bit makes it another token. */
START_TEST(takes_no_token_with_a_bit_changed)
{
	struct gate_jwt_rules rules = jwt_world_rules();
	struct gate_buf token;
	size_t i;
	int bit;

	jwt_world_good(jwt_rows_world(), SIGN_ED, &token);
	for (i = 0; i < token.n; i++) {
		for (bit = 0; bit < 8; bit++) {
			token.p[i] ^= (unsigned char)(1 << bit);
			ck_assert_int_ne(jwt_world_verdict(jwt_rows_world(),
					     gate_buf_span(&token), &rules),
			    GATE_JWT_OK);
			token.p[i] ^= (unsigned char)(1 << bit);
		}
	}
	expect(gate_buf_span(&token), "as it was", GATE_JWT_OK);
	gate_buf_clear(&token);
}
END_TEST

static const struct {
	size_t size;
	enum gate_jwt_fault fault;
} sizes[] = {
    {GATE_JWT_MAX, GATE_JWT_OK},
    {GATE_JWT_MAX + 1, GATE_JWT_TOO_LONG},
    {100000, GATE_JWT_TOO_LONG},
};

/* Of `size` bytes, by a claim of so many x and a header with white space:
 * three bytes more are four characters more. */
static void
sized(size_t size, struct gate_buf *token)
{
	char claims[200];
	size_t pad = 0, spaces;

	for (;;) {
		(void)snprintf(
		    claims, sizeof(claims), WITH("\"x\":\"~%zux\","), pad);
		for (spaces = 0; spaces <= 2; spaces++) {
			jwt_world_token(jwt_rows_world(), SIGN_ED,
			    &"  " ED[2 - spaces], claims, token);
			if (token->n == size)
				return;
			if (spaces < 2)
				gate_buf_clear(token);
		}
		ck_assert_uint_lt(token->n, size + 4);
		pad += token->n + 16 < size ? (size - token->n) * 3 / 4 - 9 : 1;
		gate_buf_clear(token);
	}
}

START_TEST(takes_tokens_of_8_kib)
{
	struct gate_buf token;

	sized(sizes[_i].size, &token);
	expect(gate_buf_span(&token), "of its size", sizes[_i].fault);
	gate_buf_clear(&token);
}
END_TEST

/* Numbers of 32 bytes, most significant first. */
#define N                                                                      \
	"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"     \
	"\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25"
#define NOUGHT "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ALL                                                                    \
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"     \
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
static const struct {
	const char *what;
	struct gate_span r, s; /* instead of its own; none: its own */
} scalars[] = {
    {"r = 0", BYTES(NOUGHT "\0"), BYTES("")},
    {"s = 0", BYTES(""), BYTES(NOUGHT "\0")},
    {"r = s = 0", BYTES(NOUGHT "\0"), BYTES(NOUGHT "\0")},
    {"r = n", BYTES(N "\x51"), BYTES("")},
    {"s = n", BYTES(""), BYTES(N "\x51")},
    {"r = s = n", BYTES(N "\x51"), BYTES(N "\x51")},
    {"r = n + 1", BYTES(N "\x52"), BYTES("")},
    {"s = n + 1", BYTES(""), BYTES(N "\x52")},
    {"r = 0, s = n", BYTES(NOUGHT "\0"), BYTES(N "\x51")},
    {"r = n, s = 1", BYTES(N "\x51"), BYTES(NOUGHT "\x01")},
    {"r = s = 1", BYTES(NOUGHT "\x01"), BYTES(NOUGHT "\x01")},
    {"r = s = n - 1", BYTES(N "\x50"), BYTES(N "\x50")},
    {"all bits", BYTES(ALL), BYTES(ALL)},
};

/* A good token's beginning with its last dot, and its signature's bytes. */
static void
open_signature(enum jwt_signer by, struct gate_buf *head, struct gate_buf *sig)
{
	struct parts p;

	jwt_world_good(jwt_rows_world(), by, head);
	p = parts_of(gate_buf_span(head));
	gate_buf_init(sig, 10000);
	ck_assert_int_eq(gate_base64url_decode(p.signature, sig), GATE_OK);
	head->n -= p.signature.n;
}

static void
close_signature(struct gate_buf *head, struct gate_buf *sig, const char *what,
    enum gate_jwt_fault fault)
{
	jwt_world_part(head, gate_buf_span(sig));
	expect(gate_buf_span(head), what, fault);
	gate_buf_clear(head);
	gate_buf_clear(sig);
}

START_TEST(takes_scalars_of_the_curve_only)
{
	struct gate_buf head, sig;

	open_signature(SIGN_ES, &head, &sig);
	ck_assert_uint_eq(sig.n, 64);
	if (scalars[_i].r.n > 0)
		memcpy(sig.p, scalars[_i].r.p, 32);
	if (scalars[_i].s.n > 0)
		memcpy(sig.p + 32, scalars[_i].s.p, 32);
	close_signature(&head, &sig, scalars[_i].what, GATE_JWT_SIGNATURE);
}
END_TEST

/* n - s with the same r is as good as s: nobody may take a signature for the
 * name of a message. */
START_TEST(takes_the_other_s_too)
{
	static const unsigned char n[] = N "\x51";
	struct gate_buf head, sig;
	int i, borrow = 0;

	open_signature(SIGN_ES, &head, &sig);
	for (i = 31; i >= 0; i--) {
		int d = n[i] - sig.p[32 + i] - borrow;

		borrow = d < 0;
		sig.p[32 + i] = (unsigned char)(d & 0xff);
	}
	close_signature(&head, &sig, "n - s", GATE_JWT_OK);
}
END_TEST

/* Ed25519 wants s below the order l (RFC 8032 5.1.7): s + l is another
 * spelling. Least significant byte first. */
START_TEST(takes_one_s_of_ed25519_only)
{
	static const unsigned char l[32] =
	    "\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde"
	    "\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";
	struct gate_buf head, sig;
	int i, carry = 0;

	open_signature(SIGN_ED, &head, &sig);
	for (i = 0; i < 32; i++) {
		carry += sig.p[32 + i] + l[i];
		sig.p[32 + i] = (unsigned char)(carry & 0xff);
		carry >>= 8;
	}
	close_signature(&head, &sig, "s + l", GATE_JWT_SIGNATURE);
}
END_TEST

static const struct {
	size_t before, after; /* bytes cut or noughts put; r || s between */
	size_t cut;
	const char *what;
} lengths[] = {
    {0, 0, 1, "63 bytes"},
    {0, 1, 0, "65 bytes, a nought after"},
    {1, 0, 0, "65 bytes, a nought before"},
    {0, 0, 32, "r alone"},
    {0, 8, 0, "72 bytes"},
    {32, 32, 0, "128 bytes"},
    {0, 75, 0, "139 bytes"},
    {0, 1024 - 64, 0, "1,024 bytes"},
    {0, 1025 - 64, 0, "1,025 bytes"},
    {0, 2000 - 64, 0, "2,000 bytes"},
    {0, 4096 - 64, 0, "4 KiB"},
};

START_TEST(takes_64_bytes_of_es256_only)
{
	static const unsigned char noughts[4096];
	struct gate_buf head, sig, bent;

	open_signature(SIGN_ES, &head, &sig);
	gate_buf_init(&bent, 5000);
	(void)gate_buf_put(&bent, gate_span_of(noughts, lengths[_i].before));
	(void)gate_buf_put(&bent, gate_span_of(sig.p, sig.n - lengths[_i].cut));
	ck_assert_int_eq(
	    gate_buf_put(&bent, gate_span_of(noughts, lengths[_i].after)),
	    GATE_OK);
	gate_buf_clear(&sig);
	close_signature(&head, &bent, lengths[_i].what, GATE_JWT_SIGNATURE);
}
END_TEST

static void
put_integer(struct gate_buf *der, const unsigned char *p)
{
	ck_assert_int_eq(gate_buf_put_byte(der, 0x02), GATE_OK);
	ck_assert_int_eq(
	    gate_buf_put_byte(der, p[0] & 0x80 ? 33 : 32), GATE_OK);
	if (p[0] & 0x80)
		ck_assert_int_eq(gate_buf_put_byte(der, 0), GATE_OK);
	ck_assert_int_eq(gate_buf_put(der, gate_span_of(p, 32)), GATE_OK);
}

START_TEST(takes_no_der_for_es256)
{
	struct gate_buf head, sig, der;

	open_signature(SIGN_ES, &head, &sig);
	gate_buf_init(&der, 100);
	ck_assert_int_eq(gate_buf_put(&der, GATE_SPAN("\x30\x44")), GATE_OK);
	put_integer(&der, sig.p);
	put_integer(&der, sig.p + 32);
	der.p[1] = (unsigned char)(der.n - 2);
	gate_buf_clear(&sig);
	close_signature(&head, &der, "DER", GATE_JWT_SIGNATURE);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("jwt_shape");
	TCase *t = tcase_create("jwt_shape");

	tcase_add_unchecked_fixture(t, jwt_rows_open, jwt_rows_close);
	add_row_test(t, takes_three_plain_parts_only, shapes);
	tcase_add_test(t, takes_one_spelling_of_a_signature_only);
	tcase_add_test(t, takes_no_token_with_a_bit_changed);
	add_row_test(t, takes_tokens_of_8_kib, sizes);
	add_row_test(t, takes_scalars_of_the_curve_only, scalars);
	tcase_add_test(t, takes_the_other_s_too);
	tcase_add_test(t, takes_one_s_of_ed25519_only);
	add_row_test(t, takes_64_bytes_of_es256_only, lengths);
	tcase_add_test(t, takes_no_der_for_es256);
	suite_add_tcase(s, t);
	return s;
}
