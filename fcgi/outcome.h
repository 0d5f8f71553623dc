/*
 * How a request ends. One list: it makes the enum, the answer's status and
 * text, the name in the log and the label of the counter. An outcome is a
 * decision of ours; several outcomes may look the same to the sender (all
 * of 401 do), and are told apart only in our log and counters.
 *
 *	X(symbol, name, status, text for the sender)
 *
 * A text is fixed: nothing of the input is ever echoed.
 */
#ifndef FCGI_OUTCOME_H
#define FCGI_OUTCOME_H

#include "lib/err.h"

/* One body for everything that did not prove who it is, so that an answer
 * does not tell which part was wrong or which sites exist. */
#define OUTCOME_TEXT_401 "The request could not be authenticated."

#define OUTCOME_LIST(X)                                                        \
	X(ACCEPTED, "accepted", 202, "")                                       \
	X(DUPLICATE, "duplicate", 202, "")                                     \
	X(GREETED, "greeted", 200, "")                                         \
	X(FOUND, "found", 200, "")                                             \
	X(UNCHANGED, "unchanged", 304, "")                                     \
	X(MALFORMED, "malformed", 400, "The request is malformed.")            \
	X(HEADER_TWICE, "header_twice", 400,                                   \
	    "A header that may stand once stands twice.")                      \
	X(HEADER_MISSING, "header_missing", 400,                               \
	    "A required header is missing.")                                   \
	X(TWO_SCHEMES, "two_schemes", 400,                                     \
	    "Headers of two schemes: one request proves itself in one way.")   \
	X(BAD_KEY, "bad_key", 400,                                             \
	    "The idempotency key must be 1 to 128 visible ASCII characters.")  \
	X(KEY_DIFFERS, "key_differs", 400,                                     \
	    "idempotency_key in the body differs from the header.")            \
	X(NO_UUID, "no_uuid", 400,                                             \
	    "The body must have idempotency_key, a UUID in lower case.")       \
	X(EMPTY_BODY, "empty_body", 400, "The body is empty.")                 \
	X(CUT_BODY, "cut_body", 400,                                           \
	    "The body is not as long as Content-Length says.")                 \
	X(BAD_JSON, "bad_json", 400, "The body is not valid JSON.")            \
	X(BAD_CURSOR, "bad_cursor", 400,                                       \
	    "since must be a cursor of ours and limit a number from 1.")       \
	X(BAD_SIGNATURE, "bad_signature", 401, OUTCOME_TEXT_401)               \
	X(BAD_TOKEN, "bad_token", 401, OUTCOME_TEXT_401)                       \
	X(STALE, "stale", 401, OUTCOME_TEXT_401)                               \
	X(UNKNOWN_SITE, "unknown_site", 401, OUTCOME_TEXT_401)                 \
	X(REPLAYED, "replayed", 401, OUTCOME_TEXT_401)                         \
	X(PLAIN_HTTP, "plain_http", 403, "HTTPS is required.")                 \
	X(BAD_ADDRESS, "bad_address", 403,                                     \
	    "Requests from this address are not taken.")                       \
	X(NOT_FOUND, "not_found", 404, "There is nothing here.")               \
	X(BAD_METHOD, "bad_method", 405, "This method is not allowed here.")   \
	X(LATE_BODY, "late_body", 408, "The body did not arrive in time.")     \
	X(GONE, "gone", 410,                                                   \
	    "Results after this cursor are gone; go on from restart.")         \
	X(TOO_LARGE, "too_large", 413, "The body is too large.")               \
	X(BAD_MEDIA_TYPE, "bad_media_type", 415,                               \
	    "The body must be application/json, UTF-8, not encoded.")          \
	X(NO_EVENT, "no_event", 422,                                           \
	    "The body must be an object that has its event type as a string.") \
	X(UNKNOWN_EVENT, "unknown_event", 422,                                 \
	    "The site's configuration does not know this event type.")         \
	X(UNFIT, "schema", 422,                                                \
	    "The body does not fit the schema of its event type.")             \
	X(CONFLICT, "conflict", 422,                                           \
	    "This idempotency key came before with another body.")             \
	X(RATE, "rate", 429, "Too many requests: slow down.")                  \
	X(BUSY, "busy", 429, "Too much is waiting here: try again later.")     \
	X(OURS, "ours", 500, "The gateway's configuration is at fault.")       \
	X(AWAY, "away", 503, "Try again later.")                               \
	X(UNSURE, "unsure", 503, "Try again later.")

#define OUTCOME_SYMBOL(symbol, name, status, text) OUTCOME_##symbol,
enum outcome { OUTCOME_LIST(OUTCOME_SYMBOL) OUTCOME_COUNT };
#undef OUTCOME_SYMBOL

/* What the stages of a pipeline return to say "go on". */
#define OUTCOME_NONE OUTCOME_COUNT

#endif
