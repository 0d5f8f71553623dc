/*
 * The spool's folder and its files: written so that they stay, read with
 * distrust. What a file is made of:
 *
 *	| "PGSPOOL1" | length, 8 bytes, least first | record | SHA-256 of it |
 */
#include "config.h"

#include "fcgi/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fcgi/spool_names.h"
#include "lib/crypto.h"
#include "lib/num.h"

#define MAGIC "PGSPOOL1"
#define HEAD_BYTES 16
#define FRAME_BYTES (HEAD_BYTES + GATE_SHA256_BYTES)

/* ---- the folder ------------------------------------------------------ */

/* What is in a folder that is lost is lost. */
static bool
sync_parent(int dir)
{
	int fd = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* A folder that is ours alone; made if it is not there. */
static enum gate_code
open_folder(int at, const char *path, int *out, struct gate_err *err)
{
	struct stat st;
	bool is_new;
	int fd;

	is_new = mkdirat(at, path, 0700) == 0;
	if (!is_new && errno != EEXIST)
		return gate_err_sys(err, "spool %s", path);
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		(void)gate_err_sys(err, "spool %s", path);
		if (fd >= 0)
			(void)close(fd);
		return GATE_E_SYS;
	}
	*out = fd;
	if (is_new && !sync_parent(fd))
		return gate_err_sys(err, "spool %s", path);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return gate_err_set(err, GATE_E_AUTH,
		    "spool %s: not ours alone, expected mode 0700", path);
	return GATE_OK;
}

enum gate_code
spool_open(const char *path, struct spool **out, struct gate_err *err)
{
	struct spool *s = malloc(sizeof(*s));
	enum gate_code code;

	if (s == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "spool: no memory");
	*s = (struct spool){.dir = -1, .bad = -1, .lock = -1};
	code = open_folder(AT_FDCWD, path, &s->dir, err);
	if (code == GATE_OK)
		code = open_folder(s->dir, "bad", &s->bad, err);
	if (code == GATE_OK) {
		s->lock = openat(s->dir, "lock",
		    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (s->lock < 0)
			code = gate_err_sys(err, "spool %s/lock", path);
	}
	if (code == GATE_OK)
		*out = s;
	else
		spool_close(s);
	return code;
}

void
spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->lock >= 0)
		(void)close(s->lock);
	if (s->bad >= 0)
		(void)close(s->bad);
	if (s->dir >= 0)
		(void)close(s->dir);
	free(s);
}

bool
spool_lock(struct spool *s)
{
	return flock(s->lock, LOCK_EX | LOCK_NB) == 0;
}

void
spool_unlock(struct spool *s)
{
	(void)flock(s->lock, LOCK_UN);
}

/* ---- files ----------------------------------------------------------- */

static void
put_head(unsigned char head[HEAD_BYTES], size_t n)
{
	size_t i;

	memcpy(head, MAGIC, sizeof(MAGIC) - 1);
	for (i = 8; i < HEAD_BYTES; i++, n >>= 8)
		head[i] = (unsigned char)(n & 0xff);
}

static bool
write_all(int fd, struct gate_span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s.p += n;
		s.n -= (size_t)n;
	}
	return true;
}

/* Its bytes are on disk, under a name that nobody looks for. */
static bool
write_file(int dir, const char *name, struct gate_span record,
    const unsigned char digest[GATE_SHA256_BYTES])
{
	unsigned char head[HEAD_BYTES];
	bool ok;
	int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	put_head(head, record.n);
	ok = write_all(fd, gate_span_of(head, sizeof(head))) &&
	    write_all(fd, record) &&
	    write_all(fd, gate_span_of(digest, GATE_SHA256_BYTES)) &&
	    fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

static enum gate_code
check_room(struct spool *s, size_t bytes, const struct spool_bounds *bounds,
    struct gate_err *err)
{
	uint64_t files, all;
	enum gate_code code = spool_count(s, &files, &all, err);

	if (code == GATE_OK &&
	    (files >= (uint64_t)bounds->files ||
		all > (uint64_t)bounds->bytes ||
		bytes > (uint64_t)bounds->bytes - all))
		code = gate_err_set(err, GATE_E_LIMIT,
		    "spool: full, with %llu files", (unsigned long long)files);
	return code;
}

enum gate_code
spool_put(struct spool *s, const struct gate_uuid *id, struct gate_span record,
    const struct spool_bounds *bounds, struct gate_err *err)
{
	unsigned char digest[GATE_SHA256_BYTES];
	char uuid[GATE_UUID_TEXT], part[SPOOL_NAME], name[SPOOL_NAME];
	enum gate_code code;

	if (record.n > SPOOL_RECORD_MAX)
		return gate_err_set(err, GATE_E_LIMIT, "spool: too large");
	code = check_room(s, record.n + FRAME_BYTES, bounds, err);
	if (code == GATE_OK)
		code = gate_sha256(&record, 1, digest);
	if (code != GATE_OK)
		return code;
	gate_uuid_text(id, uuid);
	(void)snprintf(part, sizeof(part), ".%s", uuid);
	(void)snprintf(
	    name, sizeof(name), "%s.%zu", uuid, record.n + FRAME_BYTES);
	if (!write_file(s->dir, part, record, digest) ||
	    renameat(s->dir, part, s->dir, name) != 0) {
		(void)gate_err_sys(err, "spool");
		(void)unlinkat(s->dir, part, 0);
		return GATE_E_SYS;
	}
	return fsync(s->dir) == 0 ? GATE_OK : gate_err_sys(err, "spool");
}

static bool
read_all(int fd, unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/* The whole file, which must be as long as its name and its head say. */
static enum gate_code
unframe(struct gate_span file, struct gate_span *record)
{
	unsigned char want[HEAD_BYTES], digest[GATE_SHA256_BYTES];
	struct gate_span head, rest = file, body;

	if (file.n < FRAME_BYTES)
		return GATE_E_BAD;
	put_head(want, file.n - FRAME_BYTES);
	if (!gate_span_take(&rest, HEAD_BYTES, &head) ||
	    !gate_span_equal(head, gate_span_of(want, sizeof(want))) ||
	    !gate_span_take(&rest, file.n - FRAME_BYTES, &body))
		return GATE_E_BAD;
	if (gate_sha256(&body, 1, digest) != GATE_OK)
		return GATE_E_NOMEM;
	if (!gate_span_equal(rest, gate_span_of(digest, sizeof(digest))))
		return GATE_E_BAD;
	*record = body;
	return GATE_OK;
}

enum gate_code
spool_read(struct spool *s, const char *name, struct gate_buf *out,
    struct gate_err *err)
{
	unsigned char *file = NULL;
	struct gate_span record = {0};
	struct stat st;
	uint64_t bytes;
	enum gate_code code = GATE_E_BAD;
	int fd;

	fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return gate_err_sys(err, "spool %s", name);
	if (fstat(fd, &st) != 0) {
		code = gate_err_sys(err, "spool %s", name);
	} else if (spool_name(name, &bytes) && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == bytes &&
	    bytes <= SPOOL_RECORD_MAX + FRAME_BYTES) {
		file = malloc((size_t)bytes + 1);
		code = file == NULL ? GATE_E_NOMEM
		    : read_all(fd, file, (size_t)bytes)
		    ? unframe(gate_span_of(file, (size_t)bytes), &record)
		    : gate_err_sys(err, "spool %s", name);
	}
	(void)close(fd);
	if (code == GATE_OK)
		code = gate_buf_put(out, record);
	else if (code != GATE_E_SYS)
		(void)gate_err_set(err, code, "spool %s: %s", name,
		    code == GATE_E_BAD ? "is not what was written"
				       : gate_code_name(code));
	free(file);
	return code;
}

enum gate_code
spool_remove(struct spool *s, const char *name, struct gate_err *err)
{
	return unlinkat(s->dir, name, 0) == 0
	    ? GATE_OK
	    : gate_err_sys(err, "spool %s", name);
}

enum gate_code
spool_set_aside(struct spool *s, const char *name, struct gate_err *err)
{
	return renameat(s->dir, name, s->bad, name) == 0
	    ? GATE_OK
	    : gate_err_sys(err, "spool %s", name);
}
