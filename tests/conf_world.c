/*
 * Makes the folder and takes it away again. Files are written with the
 * rights that secrets need.
 */
#include "config.h"

#include "tests/conf_world.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/keyring.h"

const char conf_world_main[] =
    "service \"llm\" { kind = \"openai-chat\" url = \"https://llm/v1\" }\n"
    "service \"crm\" { kind = \"http\" url = \"https://crm/\" }\n";

const char conf_world_blog[] =
    "site \"blog\" {\n"
    "	url = \"https://blog.example.com\"\n"
    "	relay { key \"k1\" { secret = \"file:secrets.d/a\" } }\n"
    "	route \"summarise\" {\n"
    "		events = {\"post.published\", \"post.updated\"}\n"
    "		step \"summary\" {\n"
    "			service = \"llm\"\n"
    "			model = \"m\"\n"
    "			prompt = \"{{/title}}\"\n"
    "		}\n"
    "	}\n"
    "}\n";

static void
make_folder(struct conf_world *w, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void
write_key(struct conf_world *w, const char *name, const char *key)
{
	char *text = keyring_text(key);

	conf_world_write(w, name, text);
	free(text);
}

void
conf_world_init(struct conf_world *w)
{
	*w = (struct conf_world){.dir = "/tmp/check_conf.XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	make_folder(w, "sites.d");
	make_folder(w, "secrets.d");
	gate_buf_init(&w->said, 65536);
	conf_world_write(w, "pressgate.conf", conf_world_main);
	conf_world_write(w, "secrets.d/a", "aaaaaaaaaaaaaaaaaaaaaaaa");
	conf_world_write(w, "secrets.d/b", "bbbbbbbbbbbbbbbbbbbbbbbb\n");
	conf_world_write(w, "secrets.d/c", "cccccccccccccccccccccccc");
	conf_world_write(w, "secrets.d/d", "dddddddddddddddddddddddd");
	conf_world_write(w, "secrets.d/short", "ccccccccccccccccccccccc");
	write_key(w, "secrets.d/ec.pem", "ec.public");
	write_key(w, "secrets.d/weak.pem", "rsa_1024.public");
	conf_world_write(
	    w, "secrets.d/long", "llllllllllllllllllllllllllllllll");
}

static int
take_away(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
conf_world_clear(struct conf_world *w)
{
	gate_conf_free(w->conf);
	gate_buf_clear(&w->said);
	ck_assert_int_eq(nftw(w->dir, take_away, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void
conf_world_write(struct conf_world *w, const char *name, const char *text)
{
	char path[256];
	size_t n = strlen(text);
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	ck_assert_int_eq(close(fd), 0);
}

/* Takes the folder out of the line, wherever it stands. */
static void
note(const char *line, void *ctx)
{
	struct conf_world *w = ctx;
	const char *at;

	while ((at = strstr(line, w->dir)) != NULL) {
		gate_buf_put(&w->said, gate_span_of(line, (size_t)(at - line)));
		line = at + strlen(w->dir);
		line += *line == '/';
	}
	gate_buf_put_str(&w->said, line);
	gate_buf_put_byte(&w->said, '\n');
}

void
conf_world_load(struct conf_world *w, unsigned int want)
{
	char path[256];

	gate_conf_free(w->conf);
	gate_buf_reset(&w->said);
	(void)snprintf(path, sizeof(path), "%s/pressgate.conf", w->dir);
	w->code = gate_conf_load(path, want, note, w, &w->conf, &w->bad_sites);
}

const char *
conf_world_said(struct conf_world *w)
{
	ck_assert_int_eq(w->said.failed, GATE_OK);
	return gate_buf_str(&w->said);
}
