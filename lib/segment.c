/*
 * Segments of shared memory: named, made, found. Knows nothing of what is in
 * them; how processes agree on that is their own business, and must hold when
 * any of them is killed at any instant.
 */
#include "config.h"

#include "lib/segment.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
boot_id(char out[9])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, 8);

	if (fd >= 0)
		(void)close(fd);
	out[n == 8 ? 8 : 0] = '\0';
}

bool
gate_segment_path(
    const char *name, const char *kind, char out[GATE_SEGMENT_PATH])
{
	char boot[9];
	int n;

	if (name == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
		return false;
	boot_id(boot);
	n = snprintf(out, GATE_SEGMENT_PATH, "/%s.%s.%s.%s", name, kind,
	    PACKAGE_VERSION, boot);
	return n > 0 && n < GATE_SEGMENT_PATH;
}

/* A file of exactly these bytes that exist for real. */
static bool
allocate(int fd, size_t bytes)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_size == 0 || st.st_size == (off_t)bytes) &&
	    posix_fallocate(fd, 0, (off_t)bytes) == 0;
}

bool
gate_segment_named(
    const char *name, const char *kind, size_t bytes, struct gate_segment *out)
{
	char path[GATE_SEGMENT_PATH];
	void *p = MAP_FAILED;
	int fd;

	if (!gate_segment_path(name, kind, path))
		return false;
	fd = shm_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	if (allocate(fd, bytes))
		p = mmap(
		    NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p == MAP_FAILED)
		return false;
	*out = (struct gate_segment){.map = p, .bytes = bytes, .shared = true};
	return true;
}

enum gate_code
gate_segment_private(
    size_t bytes, struct gate_segment *out, struct gate_err *err)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return gate_err_sys(err, "shared memory");
	*out = (struct gate_segment){.map = p, .bytes = bytes};
	return GATE_OK;
}

void
gate_segment_close(struct gate_segment *s)
{
	if (s->map != NULL)
		(void)munmap(s->map, s->bytes);
	*s = (struct gate_segment){0};
}
