/*
 * The web server at the other end of an accepted socket, as far as libfcgi
 * does not deal with it: what it has sent so far, and how to part from it.
 */
#ifndef FCGI_PEER_H
#define FCGI_PEER_H

#include <stdbool.h>

#define PEER_LOOK_BYTES 16384 /* a longer request is read with a clock */

/* True if a read would return within timeout_ms: bytes, end or error. */
bool peer_has_input(int fd, int timeout_ms);

/*
 * Looks, without taking anything or waiting. *whole: one request is there
 * to its end (records.h), so reading it cannot block.
 *
 * room  to look at what is there; of no meaning afterwards
 * Returns false if nothing has come, not even an end.
 */
bool peer_look(int fd, unsigned char room[PEER_LOOK_BYTES], bool *whole);

/*
 * Closes. A peer that still sends when we close would lose the answer: with
 * `patient` it is heard out, but not for ever.
 */
void peer_part(int fd, bool patient);

#endif
