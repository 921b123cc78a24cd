// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/emulate.h"

#include "worker/caps.h"

static const struct family {
	int (*run)(struct emulation *e, struct verdict *ret);
	uint64_t caps;
} table[FAMILIES] = {
#define X(family, handler, caps_)                                              \
	[FAMILY_##family] = { handler, EMULATE_COMMON_CAPS | (caps_) },
#include "worker/emulate.def"
#undef X
};

uint64_t emulate_caps(uint32_t families)
{
	uint64_t caps = 0;

	for (int f = 0; f < FAMILIES; f++)
		if (families & FAMILY_BIT(f))
			caps |= table[f].caps;
	return caps;
}

bool emulate_is_valid(const struct emulation *e)
{
	return listener_id_valid(e->listener, e->id) == LISTENER_OK;
}

void emulate_effect_begins(struct emulation *e)
{
	atomic_store_explicit(&e->slot->call.phase, SLOT_EFFECT_BEGUN,
			      memory_order_release);
}

/* Only the container's own user namespace counts: in one nested below it
 * anybody holds every capability.  Ours is not a container's at all. */
static bool is_of_container(const struct emulation *e)
{
	const struct slot_identity *id = &e->slot->identity;
	const struct caller *c = &e->caller;

	if (c->userns_ino == e->home->userns_ino &&
	    c->userns_dev == e->home->userns_dev)
		return false;
	return id->userns_ino != 0 && c->userns_ino == id->userns_ino &&
	       c->userns_dev == id->userns_dev;
}

int emulate(struct emulation *e, struct verdict *ret)
{
	int r = caller_open(e->home, e->tid, &e->caller);

	if (r == CALLER_GONE)
		return EMULATE_GONE;
	if (r == CALLER_UNKNOWN)
		return EMULATE_LEAVE;
	if (r < 0)
		return r;
	if (is_of_container(e))
		r = table[e->call->family].run(e, ret);
	else
		r = EMULATE_LEAVE;
	caller_close(&e->caller);
	return r;
}
