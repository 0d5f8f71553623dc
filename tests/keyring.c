/* Reads tests/vectors/keys.txt, anew for each key: it is small. */
#include "config.h"

#include "tests/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 65536

static char *
read_file(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	char *text = malloc(FILE_MAX);
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/keys.txt",
	    srcdir != NULL ? srcdir : ".");
	f = fopen(path, "r");
	if (f != NULL) {
		n = fread(text, 1, FILE_MAX - 1, f);
		(void)fclose(f); /* only read */
	}
	GATE_ASSERT(n > 0);
	text[n] = '\0';
	return text;
}

char *
keyring_text(const char *name)
{
	char head[100];
	char *text = read_file();
	char *from, *to;

	(void)snprintf(head, sizeof(head), "\n# %s\n", name);
	from = strstr(text, head);
	if (from == NULL) {
		fprintf(stderr, "keyring: no key %s\n", name);
		abort();
	}
	from += strlen(head);
	to = strstr(from, "\n# ");
	if (to != NULL)
		to[1] = '\0';
	memmove(text, from, strlen(from) + 1);
	return text;
}

/* Its text, or the secret; for free(). */
static char *
text_of(const char *name, const char *kind)
{
	char whole[100];

	if (name == NULL)
		return gate_span_dup(GATE_SPAN(KEYRING_SECRET));
	(void)snprintf(whole, sizeof(whole), "%s.%s", name, kind);
	return keyring_text(whole);
}

struct gate_verify_key *
keyring_verify(enum gate_alg alg, const char *name)
{
	char *text = text_of(name, "public");
	struct gate_verify_key *key = NULL;

	GATE_ASSERT(gate_verify_key_new(alg, gate_span_str(text), &key, NULL) ==
	    GATE_OK);
	free(text);
	return key;
}

struct gate_sign_key *
keyring_sign(enum gate_alg alg, const char *name)
{
	char *text = text_of(name, "private");
	struct gate_sign_key *key = NULL;

	GATE_ASSERT(
	    gate_sign_key_new(alg, gate_span_str(text), &key, NULL) == GATE_OK);
	free(text);
	return key;
}
