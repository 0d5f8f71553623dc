/*
 * An event comes in: from its headers to its row.
 */
#ifndef FCGI_INGEST_H
#define FCGI_INGEST_H

#include "fcgi/outcome.h"
#include "fcgi/visit.h"
#include "lib/err.h"

/* A POST at a door that takes events. */
enum outcome ingest_event(struct visit *v) GATE_MUSTCHECK;

/* Bodies above it are refused whatever a site's configuration says. */
#define INGEST_BODY_HARD_MAX (1024u * 1024)
/* And above it unless a site's may be larger. */
#define INGEST_BODY_DEFAULT_MAX (256u * 1024)

/* A body as its schema wants it stored: URLs may grow by their escapes. */
#define INGEST_SHAPED_MAX (4u * 1024 * 1024)

/* The recipe of the own doors' fingerprint: SHA-256 of the raw body. A
 * new recipe gets a new number; rows of another number never conflict. */
#define INGEST_FP_VERSION 1

#endif
