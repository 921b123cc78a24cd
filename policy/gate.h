/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The words of a call that a rule's gate compares (struct arena_gate).  The
 * compiler makes them from the values that a rule names; decide() makes the
 * same words from the call.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "policy/call.h"
#include "policy/layout.h"

#define PROBE_NAME_BYTES 256

struct probe {
	uint64_t device;     /* as mknod(2) passes it */
	uint64_t device_bit; /* probe_bit() of probe_mix() of it */
	uint64_t name;	     /* probe_name() */
	uint64_t name_bit;
	uint64_t size;
	uint64_t bits;		     /* flags and mode, the latter lower */
	char text[PROBE_NAME_BYTES]; /* the name, cut or with zeros behind it */
};
#define PROBE_AT_MAX (sizeof(struct probe) - sizeof(uint64_t))

static inline uint64_t probe_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

/* Return: one of 64 bits, which depends on all bits of the word */
static inline uint64_t probe_bit(uint64_t mixed)
{
	return UINT64_C(1) << (mixed >> 26 & 63);
}

/* Return: a hash of the whole name */
static inline uint64_t probe_name(const char *name, size_t bytes)
{
	uint64_t h = bytes, w;

	for (; bytes >= sizeof(w); name += sizeof(w), bytes -= sizeof(w)) {
		memcpy(&w, name, sizeof(w));
		h = probe_mix(h, w);
	}
	w = 0;
	memcpy(&w, name, bytes);
	return probe_mix(h, w);
}

/* @name: NULL: none */
static inline void probe_init(struct probe *p, const struct call *c,
			      const char *name, size_t name_bytes)
{
	*p = (struct probe){ .device = c->dev,
			     .device_bit = probe_bit(probe_mix(0, c->dev)),
			     .size = c->size,
			     .bits = (uint64_t)c->flags << 32 | c->mode };
	if (!name)
		return;
	p->name = probe_name(name, name_bytes);
	p->name_bit = probe_bit(p->name);
	memcpy(p->text, name,
	       name_bytes < sizeof(p->text) ? name_bytes : sizeof(p->text));
}

static inline int gate_is_open(const struct arena_gate *g,
			       const struct probe *p, uint32_t type)
{
	uint64_t word;

	memcpy(&word, (const char *)p + g->at, sizeof(word));
	return (word & g->mask) == g->key && (g->types >> type & 1);
}

struct doc_match;

/* The gate of a rule with this match. */
struct arena_gate gate_of(const struct doc_match *m);
