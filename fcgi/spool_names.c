/*
 * What is in the spool's folder, by the names alone: how much there is, what
 * is to be drained, and what one who was killed has left.
 */
#include "config.h"

#include "fcgi/spool_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/codec.h"
#include "lib/num.h"
#include "lib/span.h"

#define LEFT_S 60 /* nobody takes so long to write a file */

bool
spool_name(const char *name, uint64_t *bytes)
{
	struct gate_span rest = gate_span_str(name), id;
	struct gate_uuid uuid;

	return rest.n < SPOOL_NAME &&
	    gate_span_until(&rest, '.', rest.n, &id) &&
	    gate_uuid_parse(id, &uuid) && gate_span_u64(rest, INT64_MAX, bytes);
}

/* Whom to tell of each file; false ends it. */
struct walker {
	bool (*see)(struct walker *w, const char *name, uint64_t bytes);
	void (*other)(struct walker *w, const char *name); /* or NULL */
};

static enum gate_code
walk(DIR *d, struct walker *w, struct gate_err *err)
{
	const struct dirent *e;
	uint64_t bytes;

	for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
		if (!spool_name(e->d_name, &bytes)) {
			if (w->other != NULL)
				w->other(w, e->d_name);
			continue;
		}
		if (!w->see(w, e->d_name, bytes))
			break;
	}
	return e == NULL && errno != 0 ? gate_err_sys(err, "spool") : GATE_OK;
}

/* Each walk has a position of its own: a dup() would share it. */
static enum gate_code
walk_spool(struct spool *s, struct walker *w, struct gate_err *err)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	enum gate_code code;

	if (d == NULL) {
		(void)gate_err_sys(err, "spool");
		if (fd >= 0)
			(void)close(fd);
		return GATE_E_SYS;
	}
	code = walk(d, w, err);
	(void)closedir(d);
	return code;
}

static bool
see_one(struct walker *w, const char *name, uint64_t bytes)
{
	(void)name;
	(void)bytes;
	w->see = NULL; /* seen */
	return false;
}

bool
spool_has_some(const char *path)
{
	struct walker w = {.see = see_one};
	DIR *d = opendir(path);

	if (d == NULL)
		return false;
	(void)walk(d, &w, NULL);
	(void)closedir(d);
	return w.see == NULL;
}

struct counter {
	struct walker w;
	uint64_t files, bytes;
};

static bool
count(struct walker *w, const char *name, uint64_t bytes)
{
	struct counter *c = (struct counter *)(void *)w;

	(void)name;
	c->files++;
	return gate_add(c->bytes, bytes, &c->bytes);
}

enum gate_code
spool_count(
    struct spool *s, uint64_t *files, uint64_t *bytes, struct gate_err *err)
{
	struct counter c = {.w = {.see = count}};
	enum gate_code code = walk_spool(s, &c.w, err);

	*files = c.files;
	*bytes = c.bytes;
	return code;
}

struct lister {
	struct walker w;
	struct spool *spool;
	struct spool_names *names;
	bool nomem;
};

static bool
list(struct walker *w, const char *name, uint64_t bytes)
{
	struct lister *l = (struct lister *)(void *)w;
	struct spool_names *n = l->names;
	size_t room = n->room == 0 ? 64 : 2 * n->room;
	void *more;

	(void)bytes;
	if (n->count == n->room) {
		more = realloc(n->list, room * sizeof(*n->list));
		if (more == NULL) {
			l->nomem = true;
			return false;
		}
		n->list = more;
		n->room = room;
	}
	(void)snprintf(n->list[n->count++], SPOOL_NAME, "%s", name);
	return true;
}

/* What one who was killed has left: nobody was told that it is there. */
static void
tidy(struct walker *w, const char *name)
{
	struct lister *l = (struct lister *)(void *)w;
	struct stat st;

	if (name[0] == '.' && strlen(name) > 30 &&
	    fstatat(l->spool->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && time(NULL) - st.st_mtime > LEFT_S)
		(void)unlinkat(l->spool->dir, name, 0);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum gate_code
spool_list(struct spool *s, struct spool_names *out, struct gate_err *err)
{
	struct lister l = {
	    .w = {.see = list, .other = tidy}, .spool = s, .names = out};
	enum gate_code code = walk_spool(s, &l.w, err);

	if (l.nomem)
		return gate_err_set(err, GATE_E_NOMEM, "spool: no memory");
	if (code == GATE_OK && out->count > 1)
		qsort(out->list, out->count, sizeof(*out->list), by_name);
	return code;
}

void
spool_names_clear(struct spool_names *n)
{
	free(n->list);
	*n = (struct spool_names){0};
}
