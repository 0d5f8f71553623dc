/*
 * Feeds a fuzz target with its corpus, without libFuzzer: every file, every
 * beginning of it, and every byte of it replaced by a few others. So each
 * `make check`, with every compiler, walks around each known input. Inputs
 * lie in heap blocks of exactly their size, for ASan.
 *
 * Usage: fuzz_x [FILE...]; without files, all of tests/fuzz/corpus/x. No
 * corpus is a failure: it would prove nothing.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fence.h"

#define FILE_MAX 65536
#define VARIED_MAX 512 /* of larger files only the whole is replayed */

static unsigned long runs;

static void
run(struct gate_span in)
{
	struct fence f = fence_heap(in);

	(void)LLVMFuzzerTestOneInput(f.span.p, f.span.n); /* always 0 */
	fence_free(&f);
	runs++;
}

static void
run_around(unsigned char *p, size_t n)
{
	static const unsigned char others[] = {0, ' ', '0', '"', '}', 0xff};
	size_t i, k;

	run(gate_span_of(p, n));
	if (n > VARIED_MAX)
		return;
	for (i = 0; i < n; i++) {
		unsigned char kept = p[i];

		run(gate_span_of(p, i));
		for (k = 0; k < sizeof(others); k++) {
			p[i] = others[k];
			run(gate_span_of(p, n));
		}
		p[i] = kept;
	}
}

static void
run_file(const char *path)
{
	unsigned char *p = malloc(FILE_MAX);
	FILE *f = fopen(path, "rb");
	size_t n;

	if (p == NULL || f == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	n = fread(p, 1, FILE_MAX, f);
	(void)fclose(f); /* only read */
	run_around(p, n);
	free(p);
}

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
run_corpus(const char *dir)
{
	struct dirent **entries;
	int i, n = -1;

	if (chdir(dir) == 0)
		n = scandir(".", &entries, is_visible, alphasort);
	if (n <= 0) {
		fprintf(stderr, "%s: no corpus\n", dir);
		exit(EXIT_FAILURE);
	}
	for (i = 0; i < n; i++) {
		run_file(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* "/some/where/fuzz_x" -> "x" */
static const char *
target_name(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash != NULL ? slash + 1 : program;

	GATE_ASSERT(strncmp(name, "fuzz_", 5) == 0);
	return name + 5;
}

int
main(int argc, char **argv)
{
	const char *name = target_name(argv[0]);
	const char *srcdir = getenv("srcdir");
	char dir[4096];
	int i;

	for (i = 1; i < argc; i++)
		run_file(argv[i]);
	if (argc == 1) {
		(void)snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
		    srcdir != NULL ? srcdir : ".", name);
		run_corpus(dir);
	}
	printf("%s: %lu inputs\n", name, runs);
	return EXIT_SUCCESS;
}
