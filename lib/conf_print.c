/*
 * The tables for people: the configuration in force, the samples, the
 * manual's list of keys. Everything comes from the tables and the trees;
 * nothing here knows a key by name.
 */
#include "config.h"

#include "lib/conf.h"

#include <ctype.h>
#include <string.h>

#include "lib/conf_load.h"
#include "lib/conf_table.h"
#include "lib/conf_tree.h"
#include "lib/conf_value.h"

#define WIDTH 78

static void
put_tabs(FILE *f, int depth)
{
	while (depth-- > 0)
		fputc('\t', f);
}

/* Types that are written without quotes. */
static bool
is_bare(enum gate_conf_type type)
{
	return type == GATE_CONF_BOOL || type == GATE_CONF_COUNT;
}

static void
put_quoted(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\' || (*s == '$' && s[1] == '{'))
			fputc('\\', f);
		if (*s == '\n')
			fputs("\\n", f);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

static bool
is_masked(const struct gate_conf_key *key, const char *text)
{
	return (key->flags & GATE_CONF_SECRET) && text[0] != '\0' &&
	    strncmp(text, "env:", 4) != 0 && strncmp(text, "file:", 5) != 0 &&
	    strncmp(text, "cred:", 5) != 0;
}

static void
put_value(FILE *f, const struct gate_conf_key *key, const char *text)
{
	if (is_masked(key, text))
		fputs("\"***\"", f);
	else if (is_bare(key->type))
		fputs(text, f);
	else
		put_quoted(f, text);
}

static void
put_key(FILE *f, const struct gate_conf_key *key,
    const struct gate_conf_given *given, int depth)
{
	bool list = (key->flags & GATE_CONF_LIST) != 0;
	size_t i;

	if (given->line == 0 && key->def == NULL)
		return;
	put_tabs(f, depth);
	fprintf(f, "%s = %s", key->name, list ? "{" : "");
	if (given->line == 0)
		put_value(f, key, key->def);
	for (i = 0; i < given->count; i++) {
		fputs(i > 0 ? ", " : "", f);
		put_value(f, key, given->text[i]);
	}
	fprintf(f, "%s\n", list ? "}" : "");
}

static void put_block(FILE *f, const struct gate_conf_spec *spec,
    const struct gate_conf_block *b, int depth);

/* b NULL: the file has no such block, so everything has its default. */
static void
put_inside(FILE *f, const struct gate_conf_spec *spec,
    const struct gate_conf_block *b, int depth)
{
	static const struct gate_conf_given nothing;
	const struct gate_conf_spec *const *sub;
	const struct gate_conf_block *inner;
	size_t i;

	for (i = 0; i < spec->key_count; i++)
		put_key(f, &spec->keys[i], b == NULL ? &nothing : &b->keys[i],
		    depth);
	for (sub = spec->blocks; sub != NULL && *sub != NULL; sub++) {
		inner =
		    b == NULL ? NULL : gate_conf_block_at(b, (*sub)->name, 0);
		if (inner == NULL && (*sub)->at != GATE_CONF_NOWHERE)
			put_block(f, *sub, NULL, depth);
		for (i = 0; inner != NULL;
		     inner = gate_conf_block_at(b, (*sub)->name, ++i))
			put_block(f, *sub, inner, depth);
	}
}

static void
put_block(FILE *f, const struct gate_conf_spec *spec,
    const struct gate_conf_block *b, int depth)
{
	put_tabs(f, depth);
	fputs(spec->name, f);
	if (b != NULL && b->title != NULL) {
		fputc(' ', f);
		put_quoted(f, b->title);
	}
	fputs(" {\n", f);
	put_inside(f, spec, b, depth + 1);
	put_tabs(f, depth);
	fputs("}\n", f);
}

void
gate_conf_print(const struct gate_conf *c, FILE *f)
{
	size_t i;

	fprintf(f, "# %s\n", c->trees->main->path);
	put_inside(f, &gate_conf_main_spec, &c->trees->main->top, 0);
	for (i = 0; i < c->trees->site_count; i++) {
		fprintf(f, "\n# %s\n", c->trees->sites[i]->path);
		put_inside(
		    f, &gate_conf_site_file_spec, &c->trees->sites[i]->top, 0);
	}
}

/* Words of text, broken into lines of "# ...". */
static void
put_comment(FILE *f, const char *text, int depth)
{
	size_t room = (size_t)(WIDTH - 8 * depth - 2), n;

	while (*text != '\0') {
		n = strlen(text);
		if (n > room)
			for (n = room; n > 0 && text[n] != ' '; n--)
				;
		if (n == 0)
			n = strcspn(text, " ");
		put_tabs(f, depth);
		fprintf(f, "# %.*s\n", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

static void
put_help(FILE *f, const struct gate_conf_key *key, int depth)
{
	char expect[256], text[768];

	gate_conf_expectation(key, expect, sizeof(expect));
	(void)snprintf(text, sizeof(text), "%s (%s%s)", key->help,
	    key->flags & GATE_CONF_LIST ? "list, each " : "", expect);
	put_comment(f, text, depth);
}

/* What must be given stands there, what has a default is commented out. */
static void
put_sample_key(FILE *f, const struct gate_conf_key *key, int depth)
{
	bool optional =
	    key->def != NULL || (key->flags & GATE_CONF_OPTIONAL) != 0;
	const char *text = key->def == NULL ? key->example : key->def;

	put_help(f, key, depth);
	put_tabs(f, depth);
	if (optional && (key->flags & GATE_CONF_SHOWN) == 0)
		fputc('#', f);
	fprintf(f, "%s = ", key->name);
	GATE_ASSERT(text != NULL); /* a test prints all of them */
	if (is_bare(key->type) || (key->flags & GATE_CONF_LIST))
		fputs(text, f);
	else
		put_quoted(f, text);
	fputc('\n', f);
}

static void
put_sample(FILE *f, const struct gate_conf_spec *spec, int depth)
{
	const struct gate_conf_spec *const *sub;
	size_t i;

	for (i = 0; i < spec->key_count; i++)
		put_sample_key(f, &spec->keys[i], depth);
	for (sub = spec->blocks; sub != NULL && *sub != NULL; sub++) {
		fputc('\n', f);
		put_comment(f, (*sub)->help, depth);
		put_tabs(f, depth);
		fputs((*sub)->name, f);
		if ((*sub)->title != NULL)
			fprintf(f, " \"%s\"", (*sub)->sample);
		fputs(" {\n", f);
		put_sample(f, *sub, depth + 1);
		put_tabs(f, depth);
		fputs("}\n", f);
	}
}

static const char sample_head[] =
    "# The manual is pressgate.conf(5); `pressgate check` reads this file\n"
    "# and all of sites.d and reports every error at once. A key that is\n"
    "# commented out has its default, or none: the manual tells which.\n\n";

void
gate_conf_print_sample(FILE *f)
{
	fputs("# pressgate.conf: the whole gate. Sites are in sites.d.\n", f);
	fputs(sample_head, f);
	put_sample(f, &gate_conf_main_spec, 0);
}

void
gate_conf_print_site_sample(FILE *f)
{
	fputs("# sites.d/blog.conf: one WordPress site.\n", f);
	fputs(sample_head, f);
	put_sample(f, &gate_conf_site_file_spec, 0);
}

/* troff takes a backslash, and a dot or quote at the start, as its own. */
static void
put_troff(FILE *f, const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", f);
	for (; *s != '\0'; s++)
		if (*s == '\\')
			fputs("\\e", f);
		else if (*s == '-')
			fputs("\\-", f);
		else
			fputc(*s, f);
}

static void
put_manual_key(FILE *f, const struct gate_conf_key *key)
{
	char expect[256];

	fprintf(f, ".TP\n\\fB%s\\fR", key->name);
	if (key->def != NULL && !is_bare(key->type)) {
		fputs(" = \"", f);
		put_troff(f, key->def);
		fputs("\"", f);
	} else if (key->def != NULL) {
		fprintf(f, " = %s", key->def);
	} else if ((key->flags & GATE_CONF_OPTIONAL) == 0) {
		fputs(" (must be given)", f);
	}
	fputc('\n', f);
	put_troff(f, key->help);
	gate_conf_expectation(key, expect, sizeof(expect));
	fprintf(f, "\nExpected: %s",
	    key->flags & GATE_CONF_LIST ? "a list, each " : "");
	put_troff(f, expect);
	fprintf(f, ".%s\n",
	    key->flags & GATE_CONF_RESTART ? " Takes a restart to change."
					   : "");
}

static void
put_manual(FILE *f, const struct gate_conf_spec *spec, const char *within)
{
	const struct gate_conf_spec *const *sub;
	char path[128];
	size_t i;

	for (i = 0; i < spec->key_count; i++)
		put_manual_key(f, &spec->keys[i]);
	for (sub = spec->blocks; sub != NULL && *sub != NULL; sub++) {
		(void)snprintf(path, sizeof(path), "%s%s%s", within,
		    within[0] == '\0' ? "" : ", ", (*sub)->name);
		fprintf(f, ".SS %s%s%s\n", path,
		    (*sub)->title == NULL ? "" : " ",
		    (*sub)->title == NULL ? "" : (*sub)->title);
		put_troff(f, (*sub)->help);
		fputc('\n', f);
		put_manual(f, *sub, path);
	}
}

void
gate_conf_print_manual(FILE *f)
{
	fputs(".SH KEYS OF PRESSGATE.CONF\n", f);
	put_manual(f, &gate_conf_main_spec, "");
	fputs(".SH KEYS OF A SITE\n", f);
	put_manual(f, &gate_conf_site_file_spec, "");
}
