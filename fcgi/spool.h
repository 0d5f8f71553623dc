/*
 * A spool: a folder on local disk that holds what the database could not
 * take, one file each. Knows nothing of what is in them.
 *
 *	DIR/            0700, ours
 *	    ID.SIZE     whole, and on disk to stay: ID sorts by time
 *	    .ID         being written, or left by one who was killed
 *	    lock        whoever drains holds it
 *	    bad/        what cannot be drained: for a person
 *
 * A file gets its name when its bytes are on disk, and is there for good
 * when the folder is on disk too; only then spool_put returns. So a name
 * that can be seen is a whole file, whoever was killed when, and the end of
 * a file that a broken disk lost is noticed by its length and its checksum.
 * One file for each delivery, and not a log with many: it is written by many
 * processes at once, none waits for another, none reads what another left
 * half done, and the drained ones go away by themselves.
 */
#ifndef FCGI_SPOOL_H
#define FCGI_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/codec.h"
#include "lib/err.h"
#include "lib/span.h"

struct spool;

#define SPOOL_NAME 64
#define SPOOL_RECORD_MAX (16u * 1024 * 1024)

/* How much may be in it. Checked before each file by each process, so as
 * many too many may get in as there are processes. */
struct spool_bounds {
	int64_t files;
	int64_t bytes;
};

/*
 * Opens the folder; makes it if its parent is there.
 * Returns GATE_OK; GATE_E_AUTH (another's, or others may enter); GATE_E_SYS;
 * GATE_E_NOMEM.
 */
enum gate_code spool_open(
    const char *path, struct spool **out, struct gate_err *err) GATE_MUSTCHECK;
void spool_close(struct spool *s);

/* True if there is something to drain. No open spool is needed, so that a
 * process may look that has no business with it. */
bool spool_has_some(const char *path);

/*
 * Puts a file into it; GATE_OK: it is there whatever happens now.
 * Returns GATE_E_LIMIT (full), GATE_E_SYS (disk full, broken): then it is
 * not there, or, if the disk did not say whether, it may be.
 */
enum gate_code spool_put(struct spool *s, const struct gate_uuid *id,
    struct gate_span record, const struct spool_bounds *bounds,
    struct gate_err *err) GATE_MUSTCHECK;

/* The right to drain: of one process at a time, and gone with it. */
bool spool_lock(struct spool *s) GATE_MUSTCHECK;
void spool_unlock(struct spool *s);

/* Names, oldest first. */
struct spool_names {
	char (*list)[SPOOL_NAME];
	size_t count;
	size_t room;
};

/* Under the lock: also takes away what was left half written. GATE_OK,
 * GATE_E_SYS, GATE_E_NOMEM. *out is to be cleared all the same. */
enum gate_code spool_list(struct spool *s, struct spool_names *out,
    struct gate_err *err) GATE_MUSTCHECK;
void spool_names_clear(struct spool_names *n);

/*
 * Appends the record of a file to out.
 * Returns GATE_E_BAD (not whole, or not what was written), GATE_E_SYS,
 * GATE_E_NOMEM.
 */
enum gate_code spool_read(struct spool *s, const char *name,
    struct gate_buf *out, struct gate_err *err) GATE_MUSTCHECK;
/* Each is good for ever after; one that comes back after a crash is drained
 * again, which must do no harm. */
enum gate_code spool_remove(
    struct spool *s, const char *name, struct gate_err *err) GATE_MUSTCHECK;
enum gate_code spool_set_aside(
    struct spool *s, const char *name, struct gate_err *err) GATE_MUSTCHECK;

#endif
