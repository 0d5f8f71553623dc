/*
 * The document of templates. Owns its shape. Outputs of steps are kept
 * beside it and copied in, because what lib/json lends out cannot be added
 * to.
 */
#include "config.h"

#include "worker/doc.h"

#include "lib/json_guard.h"

static enum gate_code
put_text(struct gate_json *doc, const char *key, struct gate_span s)
{
	return s.n == 0 ? gate_json_put_null(doc, key)
			: gate_json_put(doc, key, gate_json_new_string(s));
}

static enum gate_code
put_steps(struct job *j)
{
	return gate_json_put(j->doc, "steps", gate_json_dup(j->steps));
}

enum gate_code
doc_make(struct job *j, const struct doc_parts *p, struct gate_err *err)
{
	enum gate_code rc = gate_json_parse_stored(p->canonical, &j->doc, err);

	if (rc == GATE_OK && p->steps.n > 0)
		rc = gate_json_parse_stored(p->steps, &j->steps, err);
	if (rc != GATE_OK)
		return rc;
	if (j->steps == NULL)
		j->steps = gate_json_new_object();
	if (j->steps == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	if (gate_json_kind(j->doc) != GATE_JSON_OBJECT ||
	    gate_json_kind(j->steps) != GATE_JSON_OBJECT)
		return gate_err_set(err, GATE_E_BAD, "not an object");
	if (put_text(j->doc, "request_id", p->request_id) != GATE_OK ||
	    put_text(j->doc, "idempotency_key", p->idempotency_key) !=
		GATE_OK ||
	    put_text(j->doc, "object_ref", p->object_ref) != GATE_OK ||
	    put_steps(j) != GATE_OK)
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	return GATE_OK;
}

enum gate_code
doc_put_output(struct job *j, const char *step, const struct gate_json *output)
{
	struct gate_json *o = gate_json_new_object();
	enum gate_code rc = gate_json_put(o, "output", gate_json_dup(output));

	if (rc != GATE_OK) {
		gate_json_free(o);
		return rc;
	}
	rc = gate_json_put(j->steps, step, o);
	return rc == GATE_OK ? put_steps(j) : rc;
}

enum gate_code
doc_put_result(struct job *j, const struct gate_json *output,
    struct gate_buf *out, struct gate_err *err)
{
	struct gate_err inner = {GATE_OK, ""};
	enum gate_code rc;
	bool wide;

	if (j->route->result == NULL) {
		rc = gate_json_text(output, out);
		return rc == GATE_OK
		    ? rc
		    : gate_err_set(err, rc, "the result is too long");
	}
	rc = gate_template_fill(j->route->result, j->doc, out, err);
	if (rc != GATE_OK)
		return rc;
	rc = gate_json_guard_stored(gate_buf_span(out), &wide, &inner);
	if (rc != GATE_OK)
		return gate_err_set(err, rc,
		    "the filled result is not JSON "
		    "(holes need |json or |json_escape): %.80s",
		    inner.text);
	return GATE_OK;
}
