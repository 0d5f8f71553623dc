/*
 * The states of secrets. Reads lines of four words; knows the one scheme
 * that has keys.
 */
#include "config.h"

#include "lib/conf_keys.h"

#include <errno.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf_text.h"
#include "lib/num.h"

static const char *const states[] = {
    [GATE_KEY_NEXT] = "next",
    [GATE_KEY_CURRENT] = "current",
    [GATE_KEY_RETIRING] = "retiring",
};

static void
set_state(
    struct gate_site *site, struct gate_span id, enum gate_key_state state)
{
	size_t i;

	for (i = 0; i < site->relay_key_count; i++)
		if (gate_span_is(id, site->relay_keys[i].id))
			site->relay_keys[i].state = state;
}

static bool
take_line(struct gate_span line, struct gate_site *site)
{
	struct gate_span scheme, id, word;
	int64_t made_at;
	size_t i;

	line = gate_span_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return true;
	if (!gate_span_until(&line, ' ', 64, &scheme) ||
	    !gate_span_until(&line, ' ', 64, &id) ||
	    !gate_span_until(&line, ' ', 64, &word) ||
	    !gate_time_parse(line, &made_at) || !gate_span_is(scheme, "relay"))
		return false;
	for (i = 0; i < GATE_COUNT(states); i++)
		if (gate_span_is(word, states[i])) {
			set_state(site, id, (enum gate_key_state)i);
			return true;
		}
	return false;
}

void
gate_conf_keys_load(
    const char *path, struct gate_site *site, struct gate_conf_errors *errors)
{
	struct gate_err err = {0};
	struct gate_span rest, line;
	struct gate_buf text;
	enum gate_code code;
	int number = 1;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return;
	gate_buf_init(&text, GATE_CONF_TEXT_MAX);
	code = gate_conf_text_read(path, &text, &err);
	rest = gate_buf_span(&text);
	if (code == GATE_E_NOMEM)
		errors->nomem = true;
	else if (code != GATE_OK)
		gate_conf_errors_put(errors, path, 0, NULL, "%s", err.text);
	for (; code == GATE_OK && rest.n > 0; number++) {
		if (!gate_span_until(&rest, '\n', rest.n, &line)) {
			line = rest;
			rest.n = 0;
		}
		if (!take_line(line, site))
			gate_conf_errors_put(errors, path, number, NULL,
			    "not understood, expected: relay KEY_ID "
			    "next|current|retiring TIME");
	}
	gate_buf_clear(&text);
}
