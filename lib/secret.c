/*
 * Secrets by reference. Owns the bytes it hands out until they are cleared;
 * wipes every copy it made on the way. Checks the file that it opened, not
 * the name: a symbolic link is an administrator's way to arrange files, and
 * what it leads to must satisfy the rules.
 */
#include "config.h"

#include "lib/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/crypto.h"
#include "lib/num.h"

#define REF_SHOWN "%.80s" /* a reference in an error text */

struct wanted {
	const char *ref;
	const char *name; /* ref without its scheme */
	const char *base_dir;
	size_t min;
	bool is_public; /* others may read it, but not change it */
};

static enum gate_code
fail(struct gate_err *err, const char *ref, const char *why)
{
	return gate_err_set(err, GATE_E_CONF, REF_SHOWN ": %s", ref, why);
}

static enum gate_code
fail_errno(struct gate_err *err, const char *ref)
{
	return fail(err, ref, strerror(errno));
}

/* Root, as whom the command may be called, reads what the configuration's
 * owner reads: as that one the programs run. */
static bool
is_trusted(uid_t owner, const char *base_dir)
{
	struct stat dir;

	if (owner == 0 || owner == geteuid())
		return true;
	return geteuid() == 0 && stat(base_dir, &dir) == 0 &&
	    dir.st_uid == owner;
}

/*
 * Why the file is refused, or NULL. systemd hands a credential to a service
 * that is not root by an access list, and then the group bits show that
 * list's mask: for a file of root:root they grant nobody else anything.
 */
static const char *
refusal(const struct stat *st, const struct wanted *w, bool credential)
{
	mode_t others = S_IRWXG | S_IRWXO;

	if (credential && st->st_uid == 0 && st->st_gid == 0)
		others &= ~(mode_t)S_IRGRP;
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (!is_trusted(st->st_uid, w->base_dir))
		return "owned by somebody else than root or this user";
	if (w->is_public)
		return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0
		    ? "group or others may change it: chmod go-w"
		    : NULL;
	if ((st->st_mode & others) != 0)
		return "group or others may use it: chmod 0600";
	return NULL;
}

/* Reads up to size bytes; -1 with errno. */
static ssize_t
read_all(int fd, unsigned char *p, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, p + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static const char *
flaw(struct gate_span bytes, const struct wanted *w)
{
	if (bytes.n == 0)
		return "empty";
	if (bytes.n > GATE_SECRET_MAX)
		return "too long";
	if (bytes.n < w->min)
		return "too short";
	if (!w->is_public && strchr(" \t\r\n", bytes.p[bytes.n - 1]) != NULL &&
	    bytes.p[bytes.n - 1] != '\0')
		return "ends in white space";
	return NULL;
}

/* Checks, then copies into *out. */
static enum gate_code
keep(struct gate_span bytes, const struct wanted *w, struct gate_secret *out,
    struct gate_err *err)
{
	const char *why = flaw(bytes, w);
	unsigned char *p;

	if (why != NULL)
		return fail(err, w->ref, why);
	p = malloc(bytes.n);
	if (p == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	memcpy(p, bytes.p, bytes.n);
	*out = (struct gate_secret){p, bytes.n};
	return GATE_OK;
}

static enum gate_code
load_fd(int fd, const struct wanted *w, struct gate_secret *out,
    struct gate_err *err)
{
	unsigned char bytes[GATE_SECRET_MAX + 2]; /* newline, one too many */
	ssize_t got = read_all(fd, bytes, sizeof(bytes));
	struct gate_span text;
	enum gate_code code;

	if (got < 0)
		return fail_errno(err, w->ref);
	text = gate_span_of(bytes, (size_t)got);
	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	code = keep(text, w, out, err);
	gate_wipe(bytes, sizeof(bytes));
	return code;
}

static enum gate_code
load_file(const char *path, bool credential, const struct wanted *w,
    struct gate_secret *out, struct gate_err *err)
{
	/* O_NONBLOCK: a FIFO must be refused, not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum gate_code code;
	struct stat st;
	const char *why;

	if (fd < 0)
		return fail_errno(err, w->ref);
	if (fstat(fd, &st) != 0) {
		code = fail_errno(err, w->ref);
	} else {
		why = refusal(&st, w, credential);
		code = why != NULL ? fail(err, w->ref, why)
				   : load_fd(fd, w, out, err);
	}
	(void)close(fd); /* read only: nothing can be lost */
	return code;
}

/* dir/name, or name alone if it is absolute. False: too long. */
static bool
join(const char *dir, const char *name, char path[PATH_MAX])
{
	bool absolute = name[0] == '/' || dir == NULL || dir[0] == '\0';
	int n = snprintf(path, PATH_MAX, "%s%s%s", absolute ? "" : dir,
	    absolute ? "" : "/", name);

	return n >= 0 && n < PATH_MAX;
}

static enum gate_code
load_env(const struct wanted *w, struct gate_secret *out, struct gate_err *err)
{
	const char *value = getenv(w->name);

	if (value == NULL)
		return fail(err, w->ref, "not in the environment");
	return keep(gate_span_str(value), w, out, err);
}

static enum gate_code
load_path(const struct wanted *w, struct gate_secret *out, struct gate_err *err)
{
	char path[PATH_MAX];

	if (!join(w->base_dir, w->name, path))
		return fail(err, w->ref, "path too long");
	return load_file(path, false, w, out, err);
}

static enum gate_code
load_credential(
    const struct wanted *w, struct gate_secret *out, struct gate_err *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (strchr(w->name, '/') != NULL || w->name[0] == '.')
		return fail(err, w->ref, "no name of a credential");
	if (dir == NULL || dir[0] != '/')
		return fail(err, w->ref, "CREDENTIALS_DIRECTORY is not set");
	if (!join(dir, w->name, path))
		return fail(err, w->ref, "path too long");
	return load_file(path, true, w, out, err);
}

static const struct {
	const char *scheme;
	enum gate_code (*load)(
	    const struct wanted *, struct gate_secret *, struct gate_err *);
} schemes[] = {
    {"env:", load_env},
    {"file:", load_path},
    {"cred:", load_credential},
};

static enum gate_code
load(struct wanted w, struct gate_secret *out, struct gate_err *err)
{
	const char *ref = w.ref;
	size_t i;

	*out = (struct gate_secret){NULL, 0};
	for (i = 0; i < GATE_COUNT(schemes); i++) {
		if (!gate_span_starts(gate_span_str(ref), schemes[i].scheme))
			continue;
		w.name = ref + strlen(schemes[i].scheme);
		if (w.name[0] == '\0')
			return fail(err, ref, "nothing after the colon");
		return schemes[i].load(&w, out, err);
	}
	/* Not shown: whoever forgot the scheme wrote the secret itself. */
	return gate_err_set(err, GATE_E_CONF,
	    "a secret is named by env:NAME, file:PATH or cred:NAME");
}

enum gate_code
gate_secret_load(const char *ref, const char *base_dir, size_t min,
    struct gate_secret *out, struct gate_err *err)
{
	return load(
	    (struct wanted){.ref = ref, .base_dir = base_dir, .min = min}, out,
	    err);
}

enum gate_code
gate_secret_load_public(const char *ref, const char *base_dir,
    struct gate_secret *out, struct gate_err *err)
{
	return load(
	    (struct wanted){
		.ref = ref, .base_dir = base_dir, .min = 1, .is_public = true},
	    out, err);
}

void
gate_secret_move(struct gate_secret *to, struct gate_secret *from)
{
	*to = *from;
	*from = (struct gate_secret){0};
}

void
gate_secret_clear(struct gate_secret *s)
{
	gate_wipe(s->p, s->n);
	free(s->p);
	*s = (struct gate_secret){NULL, 0};
}

struct gate_span
gate_secret_span(const struct gate_secret *s)
{
	return (struct gate_span){s->p, s->n};
}
