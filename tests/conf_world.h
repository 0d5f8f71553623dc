/*
 * A folder with configuration files for a test, and what loading said.
 */
#ifndef TESTS_CONF_WORLD_H
#define TESTS_CONF_WORLD_H

#include "lib/buf.h"
#include "lib/conf.h"

struct conf_world {
	char dir[64];
	struct gate_conf *conf;
	enum gate_code code;
	size_t bad_sites;
	struct gate_buf said; /* the errors, a line each, without the folder */
};

/* Two services, "llm" and "crm"; no sites; secrets a, b, c and d of 24
 * bytes, one that is too short, one of 32, long; public
 * keys ec.pem and weak.pem. */
void conf_world_init(struct conf_world *w);
void conf_world_clear(struct conf_world *w);
/* name is relative; replaces the file. */
void conf_world_write(struct conf_world *w, const char *name, const char *text);
void conf_world_load(struct conf_world *w, unsigned int want);
const char *conf_world_said(struct conf_world *w);

/* pressgate.conf as init writes it, and a site "blog" without an error. */
extern const char conf_world_main[];
extern const char conf_world_blog[];

#endif
