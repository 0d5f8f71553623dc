/*
 * One request as a step has rendered it, and one answer as a step has
 * understood it: what the kinds of steps (llm_openai_chat.c, call_http.c)
 * make, and what sending and settling take. Plain data.
 */
#ifndef WORKER_CALL_H
#define WORKER_CALL_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/json.h"
#include "worker/outcome.h"

#define CALL_URL_MAX 8192       /* as lib/http takes it */
#define CALL_BODY_MAX 2097152   /* a prompt holds a whole post, escaped */
#define CALL_ANSWER_MAX 1048576 /* what an answer may have, in bytes */

struct call {
	const char *method; /* borrowed from the configuration */
	struct gate_buf url;
	struct gate_buf body;
	const char *content_type; /* NULL: no body, none sent */
	bool with_secret; /* the URL is the service's own: its secret goes */
};

void call_init(struct call *c);
void call_clear(struct call *c);

/* What a step makes of an answer. json is owned, NULL where there is none. */
struct call_answer {
	struct outcome outcome;
	struct gate_json *output; /* only with OUTCOME_OK */
	struct gate_json *usage;  /* {"prompt_tokens": ...} */
};

void call_answer_clear(struct call_answer *a);

#endif
