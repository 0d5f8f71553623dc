/*
 * What the body of a failed call says: the shapes of errors that vendors
 * use, and which of them are about money.
 */
#ifndef WORKER_COMPLAINT_H
#define WORKER_COMPLAINT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/span.h"
#include "worker/outcome.h"

#define COMPLAINT_MAX 300 /* of a vendor's message; the rest is noise */

/*
 * Adds to a failed outcome's text what the body says of itself, if it is
 * JSON of one of these shapes:
 *
 *	{"error": {"message", "type", "code"}}		OpenAI, llama.cpp
 *	{"error": {"type", "message", "details": {"error_code"}}}  Anthropic
 *	{"object": "error", "message", "type", "code"}	vLLM before 0.10
 *	{"error": "text"}				Ollama
 *	{"message", "code" or "category"}		WordPress, HubSpot
 *
 * 402, and a 429 that names a quota or a spend limit, become dead with cause
 * budget: repeating cannot help, and load is not what is wrong. Anything
 * else keeps its verdict. The text may quote the request, so it is for the
 * database, never for a log.
 */
void complaint_read(struct gate_span body, struct outcome *o);

/*
 * What an answer is worth before its step looks into it: *o, with what a
 * failed call says of itself. True: a 2xx, whose body the step is to read.
 */
bool complaint_is_none(const struct gate_http_answer *a, int64_t now_wall_ms,
    struct outcome *o) GATE_MUSTCHECK;

/* Member key of v as text; p is NULL if there is none or it is no string.
 * Borrows from v. */
struct gate_span complaint_text(const struct gate_json *v, const char *key);

#endif
