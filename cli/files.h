/*
 * The files of a site that the command makes: beside the configuration,
 * whole or not at all, and owned by whom the configuration belongs to.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cli/command.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

#define FILES_PATH 4096

struct files {
	char dir[FILES_PATH]; /* the configuration's folder */
	struct stat owner;    /* of it */
	int lock;             /* it, locked; or -1 */
};

/* Each answers CLI_OK, or has said why not and returns the exit code. */

/*
 * Begins a change: one command at a time changes a site's files, a second
 * one waits. To be called before the configuration is read, so that what is
 * read stays true; files_close is due afterwards in any case.
 *
 * conf_path  of pressgate.conf
 */
int files_open(struct files *f, const char *conf_path) GATE_MUSTCHECK;
void files_close(struct files *f);

/* dir/name.ending; dir is relative to the configuration's folder. */
int files_path(const struct files *f, char dst[FILES_PATH], const char *dir,
    const char *name, const char *ending) GATE_MUSTCHECK;

/* The folder secrets.d, 0700, if it is not there yet. */
int files_secrets_dir(const struct files *f) GATE_MUSTCHECK;

/* A new file; one that is there already is left alone, and a failure. */
int files_make(const struct files *f, const char *path, mode_t mode,
    struct gate_span text) GATE_MUSTCHECK;
/* Takes away what a run that was killed has left of a file that it made:
 * another name of the same bytes. */
void files_tidy(const char *path);
/* Takes the place of an old file, if there is one. */
int files_replace(const struct files *f, const char *path, mode_t mode,
    struct gate_span text) GATE_MUSTCHECK;

/* Appends a file, or standard input ("-"), to b; more than b's maximum is a
 * failure. */
int files_read(const char *path, struct gate_buf *b) GATE_MUSTCHECK;

#endif
