// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/emulate.h"

#include "worker/caps.h"

static const struct family {
	int (*run)(struct emulation *e, struct verdict *ret);
	uint64_t caps;
	const char *rule;
} table[FAMILIES] = {
#define X(family, handler, caps_, rule_)                                       \
	[FAMILY_##family] = {handler, EMULATE_COMMON_CAPS | (caps_), rule_},
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

const char *emulate_rule(enum call_family family)
{
	return table[family].rule ?: "";
}

bool emulate_is_valid(const struct emulation *e)
{
	return source_id_valid(e->source, e->id) == LISTENER_OK;
}

void emulate_effect_begins(struct emulation *e)
{
	atomic_store_explicit(&e->slot->call.phase, SLOT_EFFECT_BEGUN,
			      memory_order_release);
}

static bool is_ours(const struct emulation *e)
{
	return e->caller.userns_ino == e->home->userns_ino &&
	       e->caller.userns_dev == e->home->userns_dev;
}

static bool is_each(const struct slot_identity *id)
{
	return id->userns_ino == 0 && id->userns_dev == SLOT_USERNS_EACH;
}

/* Only the container's own user namespace counts: in one nested below it
 * anybody holds every capability.  Ours is not a container's at all, but who
 * began in it may have made several (daemon/identity.h). */
bool emulate_is_of_container(const struct emulation *e)
{
	const struct slot_identity *id = &e->slot->identity;
	const struct caller *c = &e->caller;

	if (is_each(id))
		return !is_ours(e) &&
		       caller_is_right_below(c, e->home->userns_dev,
					     e->home->userns_ino,
					     (uid_t)id->peer_uid) &&
		       caller_use_maps(c) == 0;
	return !is_ours(e) && id->userns_ino != 0 &&
	       c->userns_ino == id->userns_ino &&
	       c->userns_dev == id->userns_dev;
}

bool emulate_knows_ids(const struct emulation *e)
{
	const struct slot_identity *id = &e->slot->identity;

	if (id->userns_ino == 0 && is_ours(e))
		return !is_each(id) || caller_use_maps(&e->caller) == 0;
	return emulate_is_of_container(e);
}

int emulate_know_caller(struct emulation *e)
{
	if (!e->knows_caller) {
		e->caller_status = caller_open(e->home, e->tid, &e->caller);
		e->knows_caller = true;
		if (e->caller_status == CALLER_OK &&
		    !source_is_caller(e->source, e->caller.proc_fd)) {
			caller_close(&e->caller);
			e->caller_status = CALLER_GONE;
		}
	}
	return e->caller_status;
}

void emulate_forget_caller(struct emulation *e)
{
	if (e->knows_caller && e->caller_status == CALLER_OK)
		caller_close(&e->caller);
	e->knows_caller = false;
}

int emulate(struct emulation *e, struct verdict *ret)
{
	int r = emulate_know_caller(e);

	if (r == CALLER_GONE)
		return EMULATE_GONE;
	if (r == CALLER_UNKNOWN) {
		emulate_fails(e, "the caller has more groups than deputy takes");
		return EMULATE_LEAVE;
	}
	if (r < 0)
		return r;
	if (emulate_is_of_container(e))
		return table[e->call->family].run(e, ret);
	emulate_fails(e, "the caller is in another user namespace than the "
			 "container");
	return EMULATE_LEAVE;
}
