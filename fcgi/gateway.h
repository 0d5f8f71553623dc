/*
 * The door of third parties, /api/webhooks/{source}: from a delivery's bytes
 * to the rows of its events.
 */
#ifndef FCGI_GATEWAY_H
#define FCGI_GATEWAY_H

#include "fcgi/outcome.h"
#include "fcgi/visit.h"
#include "lib/err.h"

/* A POST is a delivery; a GET asks, before the first one, whether somebody
 * is there. */
enum outcome gateway_enter(struct visit *v) GATE_MUSTCHECK;

#endif
