/*
 * Which silent workers are dead. Pure: it judges what beat() tells.
 */
#ifndef WORKER_PEERS_H
#define WORKER_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEERS_MAX 64 /* more dead ones wait for the next look */
/* Two looks this far apart, our own beats having gone through in between:
 * a database that stalls everybody makes everybody look silent once, and so
 * does a machine that was suspended. */
#define PEERS_APART_MS 15000

struct peer {
	int64_t id;
	int64_t beat_us;  /* its last sign of life, the database's clock */
	int64_t since_ms; /* monotonic, of our first look */
	bool seen;
};

struct peers {
	struct peer list[PEERS_MAX];
	size_t count;
	int64_t looked_ms; /* monotonic, the last look */
};

/* One look: begin, then one silent for each row of beat(), then end. now_ms:
 * when our beat was begun, monotonic. If that is long after the last look,
 * all looks so far count for nothing: we were silent ourselves. */
void peers_begin(struct peers *p, int64_t now_ms);
void peers_silent(struct peers *p, int64_t id, int64_t beat_us);
void peers_end(struct peers *p);

/* Our own beat failed: all looks so far count for nothing. */
void peers_forget(struct peers *p);

/* Takes out one that is to be taken over; false if there is none. now_ms:
 * of the last look. */
bool peers_take(struct peers *p, int64_t now_ms, struct peer *out);

#endif
