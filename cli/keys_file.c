/*
 * Editing lines. Pure: reading and writing the file is cli/files.h's.
 */
#include "config.h"

#include "cli/keys_file.h"

#include "lib/clock.h"

#define WORD_MAX 64

/* The next line without its end; false: there is none. */
static bool
take_line(struct gate_span *rest, struct gate_span *out)
{
	if (rest->n == 0)
		return false;
	if (!gate_span_until(rest, '\n', rest->n, out)) {
		*out = *rest;
		rest->n = 0;
	}
	return true;
}

static bool
read_line(struct gate_span text, struct keys_line *out)
{
	struct gate_span scheme, state, time;
	struct keys_line line = {0};

	text = gate_span_trim(text);
	if (!gate_span_until(&text, ' ', WORD_MAX, &scheme) ||
	    !gate_span_until(&text, ' ', WORD_MAX, &line.id) ||
	    !gate_span_until(&text, ' ', WORD_MAX, &state) ||
	    !gate_scheme_parse(scheme, &line.scheme) ||
	    !gate_key_state_parse(state, &line.state))
		return false;
	if (!gate_span_until(&text, ' ', WORD_MAX, &time))
		time = text;
	else if (gate_span_until(&text, ' ', WORD_MAX, &line.algorithm))
		line.file = text;
	else
		return false;
	if (!gate_time_parse(time, &line.made_at_ms))
		return false;
	*out = line;
	return true;
}

bool
keys_line_take(struct gate_span *rest, struct keys_line *out)
{
	struct gate_span text;

	return take_line(rest, &text) && read_line(text, out);
}

static bool
is_of(
    const struct keys_line *line, enum gate_scheme scheme, struct gate_span id)
{
	return line->scheme == scheme && gate_span_equal(line->id, id);
}

bool
keys_file_find(struct gate_span text, enum gate_scheme scheme,
    struct gate_span id, struct keys_line *out)
{
	struct keys_line line;

	while (text.n > 0)
		if (keys_line_take(&text, &line) && is_of(&line, scheme, id)) {
			*out = line;
			return true;
		}
	return false;
}

static void
put(struct gate_buf *b, const struct keys_line *line)
{
	char time[GATE_TIME_TEXT];

	gate_time_text(line->made_at_ms, time);
	(void)gate_buf_printf(b, "%s %.*s %s %s",
	    gate_scheme_name(line->scheme), GATE_SPAN_ARG(line->id),
	    gate_key_state_name(line->state), time);
	if (line->file.n > 0)
		(void)gate_buf_printf(b, " %.*s %.*s",
		    GATE_SPAN_ARG(line->algorithm), GATE_SPAN_ARG(line->file));
	(void)gate_buf_put_byte(b, '\n');
}

enum gate_code
keys_file_put(
    struct gate_span text, const struct keys_line *line, struct gate_buf *out)
{
	struct gate_span row;
	struct keys_line old;
	bool is_put = false;

	while (take_line(&text, &row)) {
		if (read_line(row, &old) &&
		    is_of(&old, line->scheme, line->id)) {
			put(out, line);
			is_put = true;
			continue;
		}
		(void)gate_buf_put(out, row);
		(void)gate_buf_put_byte(out, '\n');
	}
	if (!is_put)
		put(out, line);
	return out->failed;
}
