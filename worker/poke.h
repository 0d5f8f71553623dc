/*
 * The poke socket: whoever has stored a job sends one byte, and the worker
 * looks at once instead of at its next poll. The byte says nothing, so
 * anybody who may write to it can at most make us look.
 */
#ifndef WORKER_POKE_H
#define WORKER_POKE_H

#include "lib/err.h"

/*
 * Makes the datagram socket (0660), in the place of one that nobody reads
 * any more. GATE_E_DUP: another worker reads it, *fd is -1 and nothing was
 * done. GATE_E_LIMIT (path too long), GATE_E_SYS.
 */
enum gate_code poke_open(
    const char *path, int *fd, struct gate_err *err) GATE_MUSTCHECK;
/* Takes everything that has come. */
void poke_drain(int fd);
/* Takes -1. Removes the path. */
void poke_close(int fd, const char *path);

#endif
