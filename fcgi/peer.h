/*
 * The web server at the other end of an accepted socket: whether it has said
 * anything, and how to part from it.
 */
#ifndef FCGI_PEER_H
#define FCGI_PEER_H

#include <stdbool.h>

/* True if a read would return within timeout_ms: bytes, end or error. */
bool peer_has_input(int fd, int timeout_ms);

/*
 * Closes. A peer that still sends when we close would lose the answer: with
 * `patient` it is heard out, but not for ever.
 */
void peer_part(int fd, bool patient);

#endif
