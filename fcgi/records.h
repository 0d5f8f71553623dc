/*
 * FastCGI records, seen from outside: is a request all there? Who knows
 * that can read it without a clock, because no read of it can block.
 */
#ifndef FCGI_RECORDS_H
#define FCGI_RECORDS_H

#include <stdbool.h>

#include "lib/span.h"

/*
 * True if in is one well-formed request to a responder, from BEGIN_REQUEST
 * to the end of STDIN, and nothing else: what web servers send. False means
 * nothing more than "perhaps not": too little, too much, another shape.
 *
 * in  untrusted; any bytes
 * Source: FastCGI Specification 1.0, sections 3.3, 3.4, 5.1 to 5.3.
 */
bool records_are_whole(struct gate_span in);

#endif
