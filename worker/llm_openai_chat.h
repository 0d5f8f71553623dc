/*
 * OpenAI's chat completions protocol, as OpenAI, vLLM, llama.cpp, Ollama
 * and others speak it. Builds a request and understands an answer; sends
 * nothing.
 */
#ifndef WORKER_LLM_OPENAI_CHAT_H
#define WORKER_LLM_OPENAI_CHAT_H

#include "lib/err.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/route.h"
#include "worker/call.h"

/*
 * Fills *out (after call_init) with POST URL/chat/completions: model,
 * messages (system only if the step has one) and max_tokens if set.
 * Codes as gate_template_fill, GATE_E_NOMEM.
 */
enum gate_code llm_openai_chat_render(const struct gate_step *step,
    const struct gate_json *doc, struct call *out,
    struct gate_err *err) GATE_MUSTCHECK;

/*
 * Understands an answer. output is {"text", "finish_reason", "model",
 * "request_id"}, usage the three token counts that are there.
 *
 * No repeat: what outcome_from_answer says, an answer about money (no quota,
 * spend limit: cause budget), a refusal or an answer without text (cause
 * schema: it was paid for, and would be again). Repeated: a 2xx that is not
 * the protocol's JSON, since that is a gateway's page or a cut answer.
 * Sources: openai/openai-openapi openapi.yaml (CreateChatCompletionResponse,
 * Error); vLLM, Ollama and Anthropic for the other shapes of errors.
 */
void llm_openai_chat_answer(const struct gate_http_answer *a,
    int64_t now_wall_ms, struct call_answer *out);

#endif
