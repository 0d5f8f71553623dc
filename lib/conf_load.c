/*
 * The whole configuration: pressgate.conf, its services, every site, and
 * what must hold between sites. Builds a fresh struct; a caller that
 * reloads swaps it in or throws it away.
 */
#include "config.h"

#include "lib/conf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf_clash.h"
#include "lib/conf_errors.h"
#include "lib/conf_fill.h"
#include "lib/conf_load.h"
#include "lib/conf_site.h"
#include "lib/conf_text.h"
#include "lib/conf_tree.h"
#include "lib/conf_value.h"
#include "lib/crypto.h"
#include "lib/num.h"

static const char suffix[] = ".conf";

static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	if (slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}

static void
load_service_secret(const struct gate_conf *c, const struct gate_conf_block *b,
    struct gate_service *s, struct gate_conf_errors *errors)
{
	const char *ref = gate_conf_block_text(b, "secret");
	struct gate_err err = {0};
	enum gate_code code;

	if (ref[0] == '\0')
		return;
	code = gate_secret_load(ref, c->dir, 1, &s->secret, &err);
	if (code == GATE_E_CONF)
		gate_conf_errors_put(errors, b->path,
		    gate_conf_block_key(b, "secret")->line, "secret", "%s",
		    err.text);
	else if (code != GATE_OK)
		errors->nomem = true;
}

/* GATE_E_CONF, or what reading gives. */
static enum gate_code
check_bundle(const char *path, struct gate_err *err)
{
	struct gate_buf text;
	enum gate_code code;

	gate_buf_init(&text, GATE_CONF_TEXT_MAX);
	code = gate_conf_text_read(path, &text, err);
	if (code == GATE_OK && gate_certificates(gate_buf_span(&text)) == 0)
		code = gate_err_set(err, GATE_E_CONF,
		    "holds no certificate, or a broken one, expected PEM");
	gate_buf_clear(&text);
	return code;
}

/* It is libcurl that will read the file, whenever it connects; here it is
 * looked at, to say now what would fail every call. */
static void
load_service_ca(const struct gate_conf *c, const struct gate_conf_block *b,
    struct gate_service *s, struct gate_conf_errors *errors)
{
	const char *ref = gate_conf_block_text(b, "ca");
	struct gate_span path = gate_span_str(ref);
	struct gate_err err = {GATE_OK, ""};

	if (path.n == 0)
		return;
	if (!gate_span_skip(&path, "file:") || path.n == 0) {
		(void)gate_err_set(&err, GATE_E_CONF, "expected file:PATH");
	} else {
		s->ca_file = gate_conf_path(c->dir, ref + strlen("file:"));
		if (s->ca_file == NULL)
			errors->nomem = true;
		else
			(void)check_bundle(s->ca_file, &err);
	}
	if (err.code != GATE_OK)
		gate_conf_errors_put(errors, b->path,
		    gate_conf_block_key(b, "ca")->line, "ca", "%s", err.text);
}

static void
load_service(const struct gate_conf *c, const struct gate_conf_block *b,
    unsigned int want, struct gate_service *s, struct gate_conf_errors *errors)
{
	s->file = strdup(b->path);
	if (s->file == NULL)
		errors->nomem = true;
	s->line = b->line;
	s->name = gate_conf_fill_title(b, errors);
	gate_conf_fill(b, s, c->dir, errors);
	if (s->url != NULL && !s->allow_private &&
	    !gate_span_starts(gate_span_str(s->url), "https://"))
		gate_conf_errors_put(errors, b->path,
		    gate_conf_block_key(b, "url")->line, "url",
		    "is without TLS, expected https://, or allow_private = "
		    "true for a service of your own network");
	if (want & GATE_CONF_VENDOR) {
		load_service_secret(c, b, s, errors);
		load_service_ca(c, b, s, errors);
	}
}

static void
load_main(struct gate_conf *c, const struct gate_conf_block *top,
    unsigned int want, struct gate_conf_errors *errors)
{
	size_t i;

	gate_conf_fill(top, c, c->dir, errors);
	c->services = gate_conf_fill_room(
	    top, "service", sizeof(*c->services), &c->service_count, errors);
	for (i = 0; i < c->service_count; i++)
		load_service(c, gate_conf_block_at(top, "service", i), want,
		    &c->services[i], errors);
}

/* A file of sites.d: NAME.conf, no hidden ones (editors leave those). */
static int
is_site_file(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > sizeof(suffix) - 1 &&
	    strcmp(e->d_name + n - (sizeof(suffix) - 1), suffix) == 0;
}

static void
load_candidate(const struct gate_conf *c, const char *dir, const char *file,
    unsigned int want, struct gate_conf_errors *errors,
    struct gate_conf_candidate *out)
{
	size_t stem = strlen(file) - (sizeof(suffix) - 1);
	char *path = gate_conf_path(dir, file);
	char *name = strndup(file, stem);

	if (path == NULL || name == NULL) {
		errors->nomem = true;
		out->bad = true;
	} else {
		out->bad = !gate_conf_site_load(
		    c, path, name, want, errors, &out->site, &out->tree);
	}
	free(path);
	free(name);
}

static int
by_name(const void *left, const void *right)
{
	const struct gate_conf_candidate *a = left, *b = right;

	return gate_span_compare(
	    gate_span_str(a->site.name), gate_span_str(b->site.name));
}

static void
load_candidates(const struct gate_conf *c, unsigned int want,
    struct gate_conf_errors *errors, struct gate_conf_candidates *all)
{
	char *dir = gate_conf_path(c->dir, c->sites_dir);
	struct dirent **entries = NULL;
	int count, i;

	if (dir == NULL) {
		errors->nomem = true;
		return;
	}
	count = scandir(dir, &entries, is_site_file, alphasort);
	if (count < 0) {
		gate_conf_errors_put(errors, c->path, 0, "sites",
		    "cannot read %s: %s, expected a directory", dir,
		    strerror(errno));
		count = 0;
	}
	all->list = calloc((size_t)count + 1, sizeof(*all->list));
	if (all->list == NULL)
		errors->nomem = true;
	for (i = 0; i < count; i++) {
		if (all->list != NULL)
			load_candidate(c, dir, entries[i]->d_name, want, errors,
			    &all->list[all->count++]);
		free(entries[i]);
	}
	free(entries);
	free(dir);
	if (all->count > 0)
		qsort(all->list, all->count, sizeof(*all->list), by_name);
}

/* Moves the good ones into c and clears the others. */
static void
settle(struct gate_conf *c, struct gate_conf_candidates *all,
    struct gate_conf_errors *errors, size_t *bad)
{
	struct gate_conf_candidate *item;
	size_t i;

	c->sites.list = calloc(all->count + 1, sizeof(*c->sites.list));
	c->trees->sites = calloc(all->count + 1, sizeof(*c->trees->sites));
	if (c->sites.list == NULL || c->trees->sites == NULL)
		errors->nomem = true;
	for (i = 0; i < all->count; i++) {
		item = &all->list[i];
		if (item->bad || errors->nomem) {
			(*bad)++;
			gate_conf_site_clear(&item->site);
			gate_conf_tree_free(item->tree);
			continue;
		}
		c->sites.list[c->sites.count++] = item->site;
		c->trees->sites[c->trees->site_count++] = item->tree;
	}
	c->sites.incomplete = *bad > 0;
}

static void
load_all(struct gate_conf *c, unsigned int want,
    struct gate_conf_errors *errors, bool *main_bad, size_t *bad)
{
	struct gate_conf_candidates all = {0};

	*main_bad = true;
	c->trees = calloc(1, sizeof(*c->trees));
	if (c->trees == NULL) {
		errors->nomem = true;
		return;
	}
	c->trees->main =
	    gate_conf_tree_load(c->path, &gate_conf_main_spec, errors);
	if (c->trees->main == NULL)
		return;
	load_main(c, &c->trees->main->top, want, errors);
	*main_bad = errors->count > 0;
	/* Sites are read all the same: every error at once. */
	if (c->sites_dir != NULL) {
		size_t before = errors->count;

		load_candidates(c, want, errors, &all);
		if (all.count == 0 && errors->count > before)
			*main_bad = true; /* the directory */
	}
	gate_conf_clash_check(&all, errors);
	settle(c, &all, errors, bad);
	free(all.list);
}

enum gate_code
gate_conf_load(const char *path, unsigned int want, gate_conf_report *report,
    void *ctx, struct gate_conf **out, size_t *bad_sites)
{
	struct gate_conf_errors errors;
	enum gate_code code = GATE_OK;
	struct gate_conf *c;
	bool main_bad = true;
	size_t bad = 0;

	*out = NULL;
	*bad_sites = 0;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return GATE_E_NOMEM;
	gate_conf_errors_init(&errors);
	c->path = strdup(path);
	c->dir = directory_of(path);
	if (c->path == NULL || c->dir == NULL)
		errors.nomem = true;
	else
		load_all(c, want, &errors, &main_bad, &bad);
	gate_conf_errors_report(&errors, report, ctx);
	if (errors.nomem)
		code = GATE_E_NOMEM;
	else if (main_bad)
		code = GATE_E_CONF;
	gate_conf_errors_clear(&errors);
	*bad_sites = bad;
	if (code != GATE_OK) {
		gate_conf_free(c);
		return code;
	}
	*out = c;
	return GATE_OK;
}

static void
free_trees(struct gate_conf_trees *t)
{
	size_t i;

	if (t == NULL)
		return;
	gate_conf_tree_free(t->main);
	for (i = 0; i < t->site_count; i++)
		gate_conf_tree_free(t->sites[i]);
	free(t->sites);
	free(t);
}

void
gate_conf_free(struct gate_conf *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->sites.count; i++)
		gate_conf_site_clear(&c->sites.list[i]);
	free(c->sites.list);
	for (i = 0; i < c->service_count; i++) {
		gate_conf_unfill(&gate_conf_service_spec, &c->services[i]);
		gate_secret_clear(&c->services[i].secret);
		free(c->services[i].ca_file);
		free(c->services[i].name);
		free(c->services[i].file);
	}
	free(c->services);
	gate_conf_unfill(&gate_conf_main_spec, c);
	free_trees(c->trees);
	free(c->path);
	free(c->dir);
	free(c);
}

enum gate_code
gate_conf_database_url(const struct gate_conf *c, enum gate_conf_role role,
    char **out, struct gate_err *err)
{
	static const char *const forms[] = {"env:", "file:", "cred:"};
	const char *own[] = {[GATE_CONF_ROLE_OWNER] = NULL,
	    [GATE_CONF_ROLE_INGEST] = c->database.ingest,
	    [GATE_CONF_ROLE_WORKER] = c->database.worker,
	    [GATE_CONF_ROLE_OPERATOR] = c->database.operator, };
	struct gate_secret secret = {0};
	const char *text = own[role];
	enum gate_code code;
	size_t i;

	*out = NULL;
	if (text == NULL || text[0] == '\0')
		text = c->database.url;
	for (i = 0; i < GATE_COUNT(forms); i++)
		if (gate_span_starts(gate_span_str(text), forms[i]))
			break;
	if (i == GATE_COUNT(forms)) {
		*out = strdup(text);
	} else {
		code = gate_secret_load(text, c->dir, 1, &secret, err);
		if (code != GATE_OK)
			return code;
		*out = gate_span_dup(gate_secret_span(&secret));
		gate_secret_clear(&secret);
	}
	if (*out == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	return GATE_OK;
}
