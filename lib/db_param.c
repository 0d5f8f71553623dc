/*
 * Parameters and array parameters for lib/db.c. Owns nothing of the
 * connection; knows only PostgreSQL's text form of arrays
 * (PostgreSQL manual, 8.15.6 "Array Input and Output Syntax").
 */
#include "config.h"

#include "lib/db_param.h"

#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/num.h"

struct gate_param
gate_param_text(struct gate_span v)
{
	return (struct gate_param){.v = v};
}

struct gate_param
gate_param_str(const char *v)
{
	if (v == NULL)
		return gate_param_null();
	return gate_param_text(gate_span_str(v));
}

struct gate_param
gate_param_bytes(struct gate_span v)
{
	return (struct gate_param){.v = v, .binary = true};
}

struct gate_param
gate_param_null(void)
{
	return (struct gate_param){.null = true};
}

struct gate_param
gate_param_i64(int64_t v, char num[GATE_PARAM_I64_TEXT])
{
	size_t n = gate_i64_text(v, num);

	return gate_param_text(gate_span_of(num, n));
}

static enum gate_code
copy_size(const struct gate_param *params, size_t count, size_t *size)
{
	size_t i;

	*size = (count + 1) * sizeof(*params);
	for (i = 0; i < count; i++) {
		if (!params[i].binary && params[i].v.n > 0 &&
		    memchr(params[i].v.p, '\0', params[i].v.n) != NULL)
			return GATE_E_BAD;
		if (!gate_add(*size, params[i].v.n, size) ||
		    !gate_add(*size, (size_t)1, size))
			return GATE_E_LIMIT;
	}
	return GATE_OK;
}

enum gate_code
gate_params_copy(const struct gate_param *params, size_t count, bool deep,
    struct gate_param **out)
{
	size_t i, size;
	enum gate_code code = copy_size(params, count, &size);
	struct gate_param *copy;
	unsigned char *p;

	if (code != GATE_OK)
		return code;
	copy = malloc(size);
	if (copy == NULL)
		return GATE_E_NOMEM;
	p = (unsigned char *)(copy + count + 1);
	for (i = 0; i < count; i++) {
		copy[i] = params[i];
		if (params[i].binary && !deep)
			continue;
		if (params[i].v.n > 0)
			memcpy(p, params[i].v.p, params[i].v.n);
		copy[i].v.p = p;
		p += params[i].v.n;
		*p++ = '\0';
	}
	*out = copy;
	return GATE_OK;
}

void
gate_array_init(struct gate_array *a, size_t max_bytes)
{
	gate_buf_init(&a->buf, max_bytes);
	a->count = 0;
}

void
gate_array_clear(struct gate_array *a)
{
	gate_buf_clear(&a->buf);
	a->count = 0;
}

static void
next(struct gate_array *a)
{
	(void)gate_buf_put_byte(&a->buf, a->count++ == 0 ? '{' : ',');
}

void
gate_array_put(struct gate_array *a, struct gate_span v)
{
	struct gate_span run = v;
	size_t i;

	next(a);
	(void)gate_buf_put_byte(&a->buf, '"');
	for (i = 0; i < v.n; i++) {
		if (v.p[i] != '"' && v.p[i] != '\\')
			continue;
		run.n = (size_t)(v.p + i - run.p);
		(void)gate_buf_put(&a->buf, run);
		(void)gate_buf_put_byte(&a->buf, '\\');
		run.p = v.p + i;
	}
	run.n = v.n == 0 ? 0 : (size_t)(v.p + v.n - run.p);
	(void)gate_buf_put(&a->buf, run);
	(void)gate_buf_put_byte(&a->buf, '"');
}

void
gate_array_put_bytes(struct gate_array *a, struct gate_span v)
{
	next(a);
	(void)gate_buf_put_str(&a->buf, "\"\\\\x");
	(void)gate_hex_put(&a->buf, v);
	(void)gate_buf_put_byte(&a->buf, '"');
}

void
gate_array_put_i64(struct gate_array *a, int64_t v)
{
	next(a);
	(void)gate_buf_put_i64(&a->buf, v);
}

void
gate_array_put_null(struct gate_array *a)
{
	next(a);
	(void)gate_buf_put_str(&a->buf, "NULL");
}

enum gate_code
gate_array_param(struct gate_array *a, struct gate_param *out)
{
	if (a->count == 0)
		(void)gate_buf_put_str(&a->buf, "{");
	(void)gate_buf_put_byte(&a->buf, '}');
	if (a->buf.failed != GATE_OK)
		return a->buf.failed;
	*out = gate_param_text(gate_buf_span(&a->buf));
	return GATE_OK;
}
