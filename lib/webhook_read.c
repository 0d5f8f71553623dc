/*
 * The body of a third party's delivery, read once. Takes JSON and forms as
 * the provider's profile says; a form whose field `payload` is a document is
 * that document (GitHub, Slack).
 */
#include "config.h"

#include "lib/webhook.h"

#include <stdlib.h>

#include "lib/num.h"

/* A form of 1 MiB, each byte escaped. */
#define FORM_TEXT_MAX (6u * 1024 * 1024)

static bool
takes(enum gate_media media, bool is_form)
{
	return media == GATE_MEDIA_EITHER ||
	    (media == GATE_MEDIA_FORM) == is_form;
}

/* Bad is no error here, only nothing. */
static enum gate_code
parse(struct gate_webhook *w, struct gate_span text)
{
	struct gate_err err; /* names an offset only, but it is theirs */
	enum gate_code code = gate_json_parse(text, &w->doc, &err);

	if (code == GATE_OK)
		w->text = text;
	return code == GATE_E_NOMEM ? code : GATE_OK;
}

static enum gate_code
read_form(struct gate_webhook *w, struct gate_span body)
{
	enum gate_code code = gate_form_parse(body, &w->form);
	struct gate_span payload;

	if (code != GATE_OK)
		return code == GATE_E_NOMEM ? code : GATE_OK;
	if (gate_form_get(&w->form, "payload", &payload)) {
		code = parse(w, payload);
		if (code != GATE_OK || w->doc != NULL)
			return code;
	}
	code = gate_form_json(&w->form, &w->body);
	if (code == GATE_OK)
		code = parse(w, gate_buf_span(&w->body));
	return code == GATE_E_LIMIT ? GATE_OK : code;
}

enum gate_code
gate_webhook_read(struct gate_webhook *w, const struct gate_webhook_in *in)
{
	struct gate_span body = in->hook->body;

	gate_buf_init(&w->body, FORM_TEXT_MAX);
	if (!takes(in->source->profile.media, in->is_form))
		return GATE_OK;
	return in->is_form ? read_form(w, body) : parse(w, body);
}

void
gate_webhook_clear(struct gate_webhook *w)
{
	gate_json_free(w->doc);
	gate_form_clear(&w->form);
	free(w->events);
	gate_buf_clear(&w->words);
	gate_buf_clear(&w->body);
	*w = (struct gate_webhook){.doc = NULL};
}
