/* Requests and answers: making and freeing them, nothing else. */
#include "config.h"

#include "worker/call.h"

#include <string.h>

void
call_init(struct call *c)
{
	memset(c, 0, sizeof(*c));
	gate_buf_init(&c->url, CALL_URL_MAX);
	gate_buf_init(&c->body, CALL_BODY_MAX);
}

void
call_clear(struct call *c)
{
	gate_buf_clear(&c->url);
	gate_buf_clear(&c->body);
}

void
call_answer_clear(struct call_answer *a)
{
	gate_json_free(a->output);
	gate_json_free(a->usage);
	a->output = a->usage = NULL;
}
