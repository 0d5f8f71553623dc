/*
 * Making files as an administrator would want them. Each is written beside
 * its place under another name and synced before it appears there.
 */
#include "config.h"

#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/crypto.h"

int
files_open(struct files *f, const char *conf_path)
{
	const char *slash = strrchr(conf_path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - conf_path);

	*f = (struct files){.lock = -1};
	if (!gate_span_copy(gate_span_of(conf_path, n), f->dir, sizeof(f->dir)))
		return command_fail(CLI_FAILED, "a path is too long");
	if (n == 0) /* beside us, or in the root */
		f->dir[0] = slash == NULL ? '.' : '/';
	f->lock = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->lock < 0 || fstat(f->lock, &f->owner) != 0 ||
	    flock(f->lock, LOCK_EX) != 0)
		return command_fail(
		    CLI_CONF, "cannot look at %s: %s", f->dir, strerror(errno));
	return CLI_OK;
}

void
files_close(struct files *f)
{
	if (f->lock >= 0)
		(void)close(f->lock); /* the lock goes with it */
	f->lock = -1;
}

int
files_path(const struct files *f, char dst[FILES_PATH], const char *dir,
    const char *name, const char *ending)
{
	int n = snprintf(dst, FILES_PATH, "%s%s%s/%s%s",
	    dir[0] == '/' ? "" : f->dir, dir[0] == '/' ? "" : "/", dir, name,
	    ending);

	if (n > 0 && n < FILES_PATH - 8) /* room for a temporary name */
		return CLI_OK;
	return command_fail(CLI_FAILED, "a path is too long");
}

/* What root makes belongs to whom the folder belongs to: the programs do
 * not run as root, and take no secret that is somebody else's. */
static bool
give_away(const struct files *f, int fd)
{
	return geteuid() != 0 ||
	    fchown(fd, f->owner.st_uid, f->owner.st_gid) == 0;
}

int
files_secrets_dir(const struct files *f)
{
	char path[FILES_PATH];
	bool ok;
	int fd;

	if (files_path(f, path, "secrets.d", "", "") != CLI_OK)
		return CLI_FAILED;
	if (mkdir(path, 0700) != 0)
		return errno == EEXIST
		    ? CLI_OK
		    : command_fail(CLI_FAILED, "cannot make %s: %s", path,
			  strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && give_away(f, fd);
	if (fd >= 0)
		(void)close(fd); /* only to name it */
	return ok ? CLI_OK
		  : command_fail(CLI_FAILED, "cannot give %s away: %s", path,
			strerror(errno));
}

static bool
write_all(int fd, struct gate_span text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text.p += n;
		text.n -= (size_t)n;
	}
	return true;
}

/* Whole, under its temporary name. */
static int
write_fresh(const struct files *f, const char *path, mode_t mode,
    struct gate_span text, char fresh[FILES_PATH + 8])
{
	bool ok;
	int fd;

	(void)snprintf(fresh, FILES_PATH + 8, "%s.new", path);
	/* The lock is ours: one that is there is of a run that was killed. */
	(void)unlink(fresh);
	fd = open(
	    fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return command_fail(
		    CLI_FAILED, "cannot make %s: %s", fresh, strerror(errno));
	ok = write_all(fd, text) && fchmod(fd, mode) == 0 && give_away(f, fd) &&
	    fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	if (!ok) {
		(void)command_fail(
		    CLI_FAILED, "cannot make %s: %s", path, strerror(errno));
		(void)unlink(fresh); /* at worst a leftover */
	}
	return ok ? CLI_OK : CLI_FAILED;
}

int
files_make(
    const struct files *f, const char *path, mode_t mode, struct gate_span text)
{
	char fresh[FILES_PATH + 8];
	int exit_code = write_fresh(f, path, mode, text, fresh);

	if (exit_code != CLI_OK)
		return exit_code;
	if (link(fresh, path) != 0) /* fails if the name is taken */
		exit_code = command_fail(
		    CLI_FAILED, "cannot make %s: %s", path, strerror(errno));
	(void)unlink(fresh); /* at worst a leftover */
	return exit_code;
}

void
files_tidy(const char *path)
{
	char fresh[FILES_PATH + 8];

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh); /* there is none as a rule */
}

int
files_replace(
    const struct files *f, const char *path, mode_t mode, struct gate_span text)
{
	char fresh[FILES_PATH + 8];
	int exit_code = write_fresh(f, path, mode, text, fresh);

	if (exit_code == CLI_OK && rename(fresh, path) != 0) {
		exit_code = command_fail(
		    CLI_FAILED, "cannot make %s: %s", path, strerror(errno));
		(void)unlink(fresh); /* at worst a leftover */
	}
	return exit_code;
}

int
files_read(const char *path, struct gate_buf *b)
{
	bool standard = strcmp(path, "-") == 0, bad;
	FILE *f = standard ? stdin : fopen(path, "re");
	char block[8192];
	size_t n;

	if (f == NULL)
		return command_fail(
		    CLI_FAILED, "cannot open %s: %s", path, strerror(errno));
	while (
	    b->failed == GATE_OK && (n = fread(block, 1, sizeof(block), f)) > 0)
		(void)gate_buf_put(b, gate_span_of(block, n));
	bad = ferror(f) != 0;
	if (!standard)
		(void)fclose(f); /* only read from */
	gate_wipe(block, sizeof(block));
	if (b->failed == GATE_E_LIMIT)
		return command_fail(CLI_FAILED, "%s: longer than %zu bytes",
		    standard ? "standard input" : path, b->max);
	if (bad || b->failed != GATE_OK)
		return command_fail(CLI_FAILED, "cannot read %s", path);
	return CLI_OK;
}
