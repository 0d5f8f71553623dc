/*
 * Secrets by reference: `env:NAME`, `file:PATH` (relative to the directory
 * of the configuration file), `cred:NAME` ($CREDENTIALS_DIRECTORY/NAME).
 * A file must be regular, owned by us or root (for root also by the owner of
 * the configuration's directory), without any group or world bit (a
 * credential of systemd, root:root, may have the group's read bit: it is the
 * mask of an access list there); one trailing newline is dropped, and white
 * space may not end what is left. A symbolic link is followed.
 * The bytes are wiped when freed.
 */
#ifndef GATE_SECRET_H
#define GATE_SECRET_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/span.h"

#define GATE_SECRET_MAX 16384 /* a PEM key with its chain fits */

struct gate_secret {
	unsigned char *p;
	size_t n;
};

/*
 * ref       from the configuration; not secret, may be shown
 * base_dir  what a relative file: path is relative to
 * min       fewer bytes are refused (an HMAC secret: 24)
 * Returns GATE_OK, GATE_E_CONF (form, missing, permissions, too short),
 *         GATE_E_NOMEM. On failure *out is empty. err never has the bytes.
 */
enum gate_code gate_secret_load(const char *ref, const char *base_dir,
    size_t min, struct gate_secret *out, struct gate_err *err) GATE_MUSTCHECK;
/* The same for what is no secret but must not be changed by others: a public
 * key. All may read its file; group and world may not write to it. */
enum gate_code gate_secret_load_public(const char *ref, const char *base_dir,
    struct gate_secret *out, struct gate_err *err) GATE_MUSTCHECK;
void gate_secret_clear(struct gate_secret *s);
/* to, which is empty, has it then, and from nothing. */
void gate_secret_move(struct gate_secret *to, struct gate_secret *from);
struct gate_span gate_secret_span(const struct gate_secret *s);

#endif
