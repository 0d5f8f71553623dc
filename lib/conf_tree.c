/*
 * A file's blocks and keys, by libconfuse; the only file that includes its
 * header. Every key is a string or a list of strings to libconfuse: the
 * tables' types are lib/conf_value.c's, so that one bad value does not end
 * the parse. What libconfuse does not keep is put where it leaves room:
 *
 *	line of a key      in the option's comment, by the validate callback
 *	line of a block    in the comment of an option without a name, whose
 *	                   default is parsed when the block opens
 *	errors             in the block's comment: the error callback gets no
 *	                   context, and we keep no globals
 *
 * Flag KEYSTRVAL lets the parse go on after an unknown key.
 */
#include "config.h"

#include "lib/conf_tree.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/conf_text.h"
#include "lib/num.h"

#define UNKNOWN_KEY "no such option"
#define ERROR_TEXT 256

/* What an option's comment holds while a file is parsed. */
struct mark {
	int line;       /* where the key was first given */
	unsigned int n; /* values at the last call */
	int calls;      /* of the validate callback */
};

static bool
mark_get(const char *comment, struct mark *m)
{
	struct gate_span s = gate_span_str(comment), line, n;
	uint64_t v[3];

	if (!gate_span_until(&s, ' ', 20, &line) ||
	    !gate_span_until(&s, ' ', 20, &n) ||
	    !gate_span_u64(line, INT32_MAX, &v[0]) ||
	    !gate_span_u64(n, INT32_MAX, &v[1]) ||
	    !gate_span_u64(s, INT32_MAX, &v[2]))
		return false;
	m->line = (int)v[0];
	m->n = (unsigned int)v[1];
	m->calls = (int)v[2];
	return true;
}

/*
 * Called after each value, and for a list once more at its closing brace.
 * A second `key =` starts a list again: its count falls back to 1, or, for
 * lists of one, there are more calls than one value and one brace.
 */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	struct mark m = {0};
	char comment[64];
	bool again;

	if (mark_get(opt->comment, &m)) {
		if (opt->flags & CFGF_LIST)
			again = opt->nvalues < m.n ||
			    (opt->nvalues == 1 && m.calls >= 2);
		else
			again = true;
		if (again) {
			cfg_error(cfg, "%s is given twice, first in line %d",
			    opt->name, m.line);
			m.calls = 0; /* said once, not at its brace again */
		}
	} else {
		m.line = cfg->line;
	}
	(void)snprintf(comment, sizeof(comment), "%d %u %d", m.line,
	    opt->nvalues, m.calls + 1);
	/* Without it the key counts as not given: no memory is found out
	 * when the tree is made. */
	return cfg_opt_setcomment(opt, comment) == CFG_SUCCESS ? 0 : -1;
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap) GATE_PRINTF(2, 0);

/* Appends "LINE text\n" to the block's comment. */
static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[ERROR_TEXT], *all;
	size_t old = cfg->comment == NULL ? 0 : strlen(cfg->comment), size;

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (!gate_add(old, sizeof(text) + 32, &size))
		return;
	all = realloc(cfg->comment, size);
	if (all == NULL)
		return; /* the parse still fails, with a general text */
	(void)snprintf(all + old, size - old, "%d %s\n", cfg->line, text);
	cfg->comment = all;
}

static size_t
spec_block_count(const struct gate_conf_spec *spec)
{
	size_t n = 0;

	while (spec->blocks != NULL && spec->blocks[n] != NULL)
		n++;
	return n;
}

static void
options_free(cfg_opt_t *opts)
{
	size_t i;

	for (i = 0; opts != NULL && opts[i].name != NULL; i++)
		options_free(opts[i].subopts);
	free(opts);
}

/* libconfuse copies all of it in cfg_init, so names are only borrowed. */
static cfg_opt_t *
options_new(const struct gate_conf_spec *spec)
{
	static const char *const line_mark = "line";
	size_t blocks = spec_block_count(spec), i;
	cfg_opt_t *opts, *o;

	opts = calloc(1 + spec->key_count + blocks + 1, sizeof(*opts));
	if (opts == NULL)
		return NULL;
	o = opts;
	*o++ = (cfg_opt_t){.name = "",
	    .type = CFGT_STR,
	    .flags = CFGF_LIST,
	    .def = {.parsed = (char *)(uintptr_t)line_mark},
	    .validcb = on_value};
	for (i = 0; i < spec->key_count; i++)
		*o++ = (cfg_opt_t){.name = spec->keys[i].name,
		    .type = CFGT_STR,
		    .flags = CFGF_NODEFAULT |
			(spec->keys[i].flags & GATE_CONF_LIST ? CFGF_LIST : 0),
		    .validcb = on_value};
	for (i = 0; i < blocks; i++, o++) {
		*o = (cfg_opt_t){.name = spec->blocks[i]->name,
		    .type = CFGT_SEC,
		    .flags = CFGF_MULTI | CFGF_NO_TITLE_DUPES |
			(spec->blocks[i]->title != NULL ? CFGF_TITLE : 0),
		    .subopts = options_new(spec->blocks[i])};
		if (o->subopts == NULL) {
			options_free(opts);
			return NULL;
		}
	}
	return opts;
}

/* ", expected a, b or ..." of what the tables know in this block. */
static void
put_known(const cfg_t *cfg, struct gate_buf *out)
{
	const cfg_opt_t *o;
	const char *between = ", expected one of ";

	for (o = cfg->opts + 1; o->name != NULL; o++) {
		if (o->validcb == NULL && o->type != CFGT_SEC)
			continue; /* made by KEYSTRVAL for an unknown key */
		gate_buf_put_str(out, between);
		gate_buf_put_str(out, o->name);
		between = ", ";
	}
}

/* Says what stands in a block's comment, and in those below it. */
static void
report_block(cfg_t *cfg, const char *path, struct gate_conf_errors *errors)
{
	struct gate_span rest = gate_span_str(cfg->comment), row, number;
	struct gate_buf known;
	uint64_t line;
	unsigned int i, k;

	gate_buf_init(&known, 1024);
	put_known(cfg, &known);
	while (gate_span_until(&rest, '\n', rest.n, &row)) {
		if (!gate_span_until(&row, ' ', row.n, &number) ||
		    !gate_span_u64(number, INT32_MAX, &line))
			continue;
		gate_conf_errors_put(errors, path, (int)line, NULL, "%.*s%s",
		    GATE_SPAN_ARG(row),
		    gate_span_starts(row, UNKNOWN_KEY) ? gate_buf_str(&known)
						       : "");
	}
	gate_buf_clear(&known);
	for (i = 0; cfg->opts[i].name != NULL; i++)
		for (k = 0;
		     cfg->opts[i].type == CFGT_SEC && k < cfg->opts[i].nvalues;
		     k++)
			if (cfg->opts[i].values[k]->section != NULL)
				report_block(cfg->opts[i].values[k]->section,
				    path, errors);
}

static bool
copy_key(const cfg_opt_t *opt, struct gate_conf_given *out)
{
	struct mark m;
	unsigned int i;

	/* `key = {}` has values but no callback: it counts as not given. */
	if (opt->nvalues == 0 || !mark_get(opt->comment, &m))
		return true;
	out->text = calloc(opt->nvalues, sizeof(*out->text));
	if (out->text == NULL)
		return false;
	out->line = m.line;
	for (i = 0; i < opt->nvalues; i++) {
		out->text[i] = strdup(opt->values[i]->string);
		if (out->text[i] == NULL)
			return false;
		out->count++;
	}
	return true;
}

static bool copy_block(cfg_t *cfg, const struct gate_conf_spec *spec,
    const char *path, struct gate_conf_block *out);

static bool
copy_blocks(const struct gate_conf_spec *spec, const cfg_opt_t *opts,
    struct gate_conf_block *out)
{
	size_t kinds = spec_block_count(spec), total = 0, i;
	unsigned int k;

	for (i = 0; i < kinds; i++)
		total += opts[i].nvalues;
	if (total == 0)
		return true;
	out->blocks = calloc(total, sizeof(*out->blocks));
	if (out->blocks == NULL)
		return false;
	for (i = 0; i < kinds; i++)
		for (k = 0; k < opts[i].nvalues; k++)
			if (!copy_block(opts[i].values[k]->section,
				spec->blocks[i], out->path,
				&out->blocks[out->block_count++]))
				return false;
	return true;
}

static bool
copy_block(cfg_t *cfg, const struct gate_conf_spec *spec, const char *path,
    struct gate_conf_block *out)
{
	struct mark m = {0};
	size_t i;

	*out = (struct gate_conf_block){.spec = spec, .path = path};
	if (mark_get(cfg->opts[0].comment, &m))
		out->line = m.line;
	if (cfg->title != NULL && (out->title = strdup(cfg->title)) == NULL)
		return false;
	out->keys = calloc(spec->key_count + 1, sizeof(*out->keys));
	if (out->keys == NULL)
		return false;
	for (i = 0; i < spec->key_count; i++)
		if (!copy_key(&cfg->opts[1 + i], &out->keys[i]))
			return false;
	return copy_blocks(spec, &cfg->opts[1 + spec->key_count], out);
}

void
gate_conf_tree_free(struct gate_conf_tree *t)
{
	if (t == NULL)
		return;
	if (t->top.spec != NULL)
		gate_conf_block_clear(&t->top);
	free(t->path);
	free(t);
}

static struct gate_conf_tree *
tree_new(cfg_t *cfg, const struct gate_conf_spec *spec, const char *path)
{
	struct gate_conf_tree *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->path = strdup(path);
	if (t->path == NULL || !copy_block(cfg, spec, t->path, &t->top)) {
		gate_conf_tree_free(t);
		return NULL;
	}
	t->top.line = 1;
	return t;
}

static struct gate_conf_tree *
parse(const char *path, const char *text, const struct gate_conf_spec *spec,
    struct gate_conf_errors *errors)
{
	struct gate_conf_tree *t = NULL;
	cfg_opt_t *opts = options_new(spec);
	cfg_t *cfg = opts == NULL ? NULL : cfg_init(opts, CFGF_KEYSTRVAL);
	size_t before = errors->count;
	int result;

	options_free(opts);
	if (cfg == NULL) {
		errors->nomem = true;
		return NULL;
	}
	(void)cfg_set_error_function(cfg, on_error);
	result = cfg_parse_buf(cfg, text);
	report_block(cfg, path, errors);
	if (result != CFG_SUCCESS && errors->count == before)
		gate_conf_errors_put(
		    errors, path, cfg->line, NULL, "cannot be parsed");
	if (result == CFG_SUCCESS) {
		t = tree_new(cfg, spec, path);
		if (t == NULL)
			errors->nomem = true;
	}
	cfg_free(cfg);
	return t;
}

struct gate_conf_tree *
gate_conf_tree_load(const char *path, const struct gate_conf_spec *spec,
    struct gate_conf_errors *errors)
{
	struct gate_conf_tree *t = NULL;
	struct gate_err err = {0};
	struct gate_buf text;

	gate_buf_init(&text, GATE_CONF_TEXT_MAX);
	switch (gate_conf_text_read(path, &text, &err)) {
	case GATE_OK:
		if (gate_conf_text_check(path, &text, errors))
			t = parse(path, gate_buf_str(&text), spec, errors);
		break;
	case GATE_E_NOMEM:
		errors->nomem = true;
		break;
	default:
		gate_conf_errors_put(errors, path, 0, NULL, "%s", err.text);
	}
	gate_buf_clear(&text);
	return t;
}

const char *
gate_conf_version(void)
{
	return confuse_version;
}
