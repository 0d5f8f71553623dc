/*
 * What a provider's profile finds in one event: the part of lib/webhook.h
 * that knows places.
 */
#ifndef GATE_WEBHOOK_VALUE_H
#define GATE_WEBHOOK_VALUE_H

#include "lib/webhook.h"

/* Each appends, and returns GATE_OK, GATE_E_LIMIT or GATE_E_NOMEM. */

/* *found false: there is none that a route could name, and it is
 * GATE_WEBHOOK_NO_TYPE. */
enum gate_code gate_webhook_type(const struct gate_webhook_item *item,
    struct gate_buf *out, bool *found) GATE_MUSTCHECK;

/*
 * The values of the profile's places with '|' between them, if that can be
 * read and taken apart in one way only; else "sha256:" and the hash of
 * LENGTH:VALUE of each in a row; of the event's bytes if it has none of them.
 */
enum gate_code gate_webhook_key(
    const struct gate_webhook_item *item, struct gate_buf *out) GATE_MUSTCHECK;

/* Hex SHA-256 of type, NUL, the event's bytes. */
enum gate_code gate_webhook_second_key(const struct gate_webhook_item *item,
    struct gate_span type, struct gate_buf *out) GATE_MUSTCHECK;

#endif
