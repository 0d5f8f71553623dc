/*
 * Memory that processes share: by name, below /dev/shm, for those that have
 * no parent in common, or anonymous, for a process and its children.
 *
 * A name stands for one boot, one version and one kind:
 * /dev/shm/NAME.KIND.VERSION.BOOT. A segment that a previous boot left on a
 * /dev/shm that outlived it is therefore not found, and two versions that
 * run side by side do not read each other's layout.
 */
#ifndef GATE_SEGMENT_H
#define GATE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

#define GATE_SEGMENT_PATH 200

struct gate_segment {
	unsigned char *map; /* NULL: none */
	size_t bytes;
	bool shared; /* by name */
};

/*
 * The path for shm_open. False, if there is no name or it cannot be one of a
 * file.
 *
 * name  of the configuration; NULL or "": none
 * kind  what is in it; ours
 */
bool gate_segment_path(const char *name, const char *kind,
    char out[GATE_SEGMENT_PATH]) GATE_MUSTCHECK;

/*
 * Makes the segment of that name, or finds it as it was left: zeroes, or
 * what was written. Its memory exists for real (a full /dev/shm must fail
 * here, not as SIGBUS later).
 *
 * False, *out untouched: no name, no room, another user's, or of another
 * size, which is another build's that still works there.
 */
bool gate_segment_named(const char *name, const char *kind, size_t bytes,
    struct gate_segment *out) GATE_MUSTCHECK;
/* Zeroes, for this process and its children. GATE_OK or GATE_E_SYS. */
enum gate_code gate_segment_private(size_t bytes, struct gate_segment *out,
    struct gate_err *err) GATE_MUSTCHECK;
/* Lets go of it; what has a name stays for others. */
void gate_segment_close(struct gate_segment *s);

#endif
