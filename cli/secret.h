/*
 * Rotation: what its verbs share. A change is one line more or less in
 * sites.d/NAME.keys, whole or not at all, and the configuration with it is
 * read before it counts; a run that is killed leaves what was there or what
 * was meant, and the same command again ends it.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include <stdint.h>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/keys_file.h"
#include "cli/secrets.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/err.h"

struct secret_change {
	const struct command *command;
	struct gate_conf *conf;
	const struct gate_site *site;
	struct files files;
	char keys_path[FILES_PATH];
	struct gate_buf text; /* of NAME.keys */
	struct gate_db *db;   /* for counts; NULL: not asked yet */
};

/* Each answers CLI_OK, or has said why not and returns the exit code. */

/* Locks, loads, finds the site that the first word names. secret_close is
 * due in any case. */
int secret_open(
    struct secret_change *s, const struct command *c) GATE_MUSTCHECK;
void secret_close(struct secret_change *s);

/*
 * Writes lines of keys into NAME.keys and reads the whole configuration as
 * the programs will; if the site would be invalid, everything is as before.
 * What was read of the file (keys_file_find, secret_line) is gone then.
 */
int secret_write(struct secret_change *s, const struct keys_line *lines,
    size_t count) GATE_MUSTCHECK;

/* The site's key that the second word names, --door helping; the line of a
 * retired one too (out->state says so). */
int secret_find(struct secret_change *s, struct secrets_item *out,
    struct keys_line *line) GATE_MUSTCHECK;

/* Where the file of a line is. */
int secret_path(const struct secret_change *s, const struct keys_line *line,
    char dst[FILES_PATH]) GATE_MUSTCHECK;

/* A line that says what is true now; what has none gets one. */
struct keys_line secret_line(
    const struct secret_change *s, const struct secrets_item *k);

/* ---- how often it was used ------------------------------------------- */

struct secret_use {
	int64_t last_day, last_week;
	int64_t idle_s; /* since it was last used; -1: not for a month */
};

/* Of all of a site's keys, or of all sites' (name NULL). */
int secret_uses_load(struct gate_db *db, const char *site,
    struct gate_rows **out) GATE_MUSTCHECK;
struct secret_use secret_use_of(const struct gate_rows *uses, const char *site,
    const struct secrets_item *k);
/* The database, to ask how often. */
int secret_db_open(
    const struct gate_conf *conf, struct gate_db **out) GATE_MUSTCHECK;

/* Unused for so long, while a current one is used: it can go. */
#define SECRET_QUIET_S (24 * 60 * 60)
bool secret_can_go(const struct gate_site *site, const struct gate_rows *uses,
    const struct secrets_item *k);

#endif
