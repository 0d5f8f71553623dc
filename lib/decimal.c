/*
 * Decimals as digits and an exponent. Owns the arithmetic that JSON Schema
 * needs of numbers: order, equality, remainder. No double is made anywhere:
 * 9007199254740993 would be another number, and 0.3 no multiple of 0.1.
 */
#include "config.h"

#include "lib/decimal.h"

#define EXPONENT_DIGITS_MAX 4

static bool
is_digit(struct gate_span s)
{
	return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';
}

/* Takes digits into d. Leading zeros count nothing; zeros at the end are
 * kept until a digit follows. False: too many of them. */
static bool
take_digits(
    struct gate_span *s, bool fraction, size_t *zeros, struct gate_decimal *d)
{
	struct gate_span one;

	while (is_digit(*s) && gate_span_take(s, 1, &one)) {
		if (fraction)
			d->exponent--;
		if (one.p[0] == '0') {
			*zeros += d->n > 0;
			continue;
		}
		if (*zeros >= sizeof(d->digits) - d->n)
			return false;
		while (*zeros > 0) {
			d->digits[d->n++] = 0;
			--*zeros;
		}
		d->digits[d->n++] = (unsigned char)(one.p[0] - '0');
	}
	return true;
}

/* [eE][+-]digits. False: not of that form, or too long. */
static bool
take_exponent(struct gate_span *s, int64_t *out)
{
	int64_t e = 0;
	size_t count = 0;
	bool negative;
	struct gate_span one;

	*out = 0;
	if (!gate_span_skip(s, "e") && !gate_span_skip(s, "E"))
		return true;
	negative = gate_span_skip(s, "-");
	if (!negative && gate_span_skip(s, "+"))
		negative = false;
	if (!is_digit(*s))
		return false;
	while (is_digit(*s) && gate_span_take(s, 1, &one)) {
		e = e * 10 + (one.p[0] - '0');
		if (e > 0 && ++count > EXPONENT_DIGITS_MAX)
			return false;
	}
	*out = negative ? -e : e;
	return true;
}

bool
gate_decimal_parse(struct gate_span in, struct gate_decimal *out)
{
	struct gate_decimal d = {.n = 0};
	int64_t exponent;
	size_t zeros = 0;

	d.negative = gate_span_skip(&in, "-");
	if (!is_digit(in) || !take_digits(&in, false, &zeros, &d))
		return false;
	if (gate_span_skip(&in, ".") &&
	    (!is_digit(in) || !take_digits(&in, true, &zeros, &d)))
		return false;
	if (!take_exponent(&in, &exponent) || in.n > 0)
		return false;
	if (d.n == 0) {
		*out = (struct gate_decimal){.n = 0};
		return true;
	}
	d.exponent += exponent + (int64_t)zeros;
	*out = d;
	return true;
}

void
gate_decimal_of_i64(int64_t v, struct gate_decimal *out)
{
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, power = 1;
	struct gate_decimal d = {.negative = v < 0};

	while (rest > 0 && rest % 10 == 0) {
		rest /= 10;
		d.exponent++;
	}
	while (rest / power >= 10)
		power *= 10;
	for (; rest > 0 && power > 0; power /= 10)
		d.digits[d.n++] = (unsigned char)(rest / power % 10);
	*out = d;
}

/* Of the magnitudes; neither is zero. */
static int
compare_magnitudes(const struct gate_decimal *a, const struct gate_decimal *b)
{
	int64_t top_a = (int64_t)a->n + a->exponent;
	int64_t top_b = (int64_t)b->n + b->exponent;
	size_t i;

	if (top_a != top_b)
		return top_a < top_b ? -1 : 1;
	for (i = 0; i < a->n && i < b->n; i++)
		if (a->digits[i] != b->digits[i])
			return a->digits[i] < b->digits[i] ? -1 : 1;
	return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
}

static int
sign(const struct gate_decimal *d)
{
	if (d->n == 0)
		return 0;
	return d->negative ? -1 : 1;
}

int
gate_decimal_compare(const struct gate_decimal *a, const struct gate_decimal *b)
{
	int sign_a = sign(a), sign_b = sign(b);

	if (sign_a != sign_b)
		return sign_a < sign_b ? -1 : 1;
	return sign_a == 0 ? 0 : sign_a * compare_magnitudes(a, b);
}

bool
gate_decimal_is_integer(const struct gate_decimal *d)
{
	return d->n == 0 || d->exponent >= 0;
}

/*
 * d / divisor = D / V * 10^k. The last digit of D is no zero, so where k is
 * negative 10^-k does not divide D.
 */
bool
gate_decimal_is_multiple(
    const struct gate_decimal *d, const struct gate_decimal *divisor)
{
	int64_t k = d->exponent - divisor->exponent;
	uint64_t by = 0, rest = 0;
	size_t i;

	GATE_ASSERT(divisor->n > 0 && divisor->n <= GATE_DIVISOR_DIGITS_MAX);
	if (d->n == 0)
		return true;
	if (k < 0)
		return false;
	for (i = 0; i < divisor->n; i++)
		by = by * 10 + divisor->digits[i];
	for (i = 0; i < d->n; i++)
		rest = (rest * 10 + d->digits[i]) % by;
	for (; k > 0 && rest > 0; k--)
		rest = rest * 10 % by;
	return rest == 0;
}
