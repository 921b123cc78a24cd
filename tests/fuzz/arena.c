// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A compiled policy of any bytes is refused by arena_map(), or decide() is safe
 * on it for any call.  The input is a question, then the arena.  Magic, version
 * and size are set right here: they are compared, not read, and of another
 * version all inputs that are kept would say nothing.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "policy/decide.h"
#include "policy/layout.h"
#include "tests/fuzz/arena.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memfd.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

/* Return: did the workers' check take it? */
static bool is_taken(const struct arena *a, size_t bytes)
{
	const struct arena *mapped = NULL;
	int fd = memfd_of(a, bytes, SEALS), r = arena_map(fd, &mapped);

	(void)close(fd);
	FUZZ_ASSERT(r == 0 || r == -EPROTO);
	FUZZ_ASSERT((r == 0) == (mapped != NULL));
	if (r == 0)
		FUZZ_ASSERT(memcmp(mapped, a, bytes) == 0);
	arena_unmap(mapped);
	return r == 0;
}

static void check_verdict(struct verdict v)
{
	FUZZ_ASSERT(v.kind == VERDICT_ERRNO || v.kind == VERDICT_RETURN ||
		    v.kind == VERDICT_CONTINUE);
	if (v.kind == VERDICT_ERRNO)
		FUZZ_ASSERT(v.error > 0 && v.error <= 4095);
}

/* As the worker does, with the value in a block of exactly its length. */
static void ask(const struct arena *a, const struct fuzz_question *q,
		uint32_t arch, uint32_t nr)
{
	struct decide_plan plan;
	struct decision d;
	struct call call;
	struct facts f = { .call = &call };
	char *name = strndup(q->name, sizeof(q->name));
	char *value = NULL;

	FUZZ_ASSERT(name);
	decide_plan(a, arch, nr, &plan);
	FUZZ_ASSERT((unsigned)plan.id < CALL_IDS);
	call_decode(&q->data, plan.id, &call);
	if (plan.needs_name && !(q->unreadable & 1))
		f.name = name;
	if (decide(a, &plan, &f, &d) == DECIDE_WANTS_VALUE) {
		FUZZ_ASSERT(call.size <= DECIDE_VALUE_MAX_BYTES);
		value = malloc(call.size ? call.size : 1);
		FUZZ_ASSERT(value);
		memcpy(value, q->value, call.size);
		f.value = q->unreadable & 2 ? NULL : value;
		f.value_read = true;
		FUZZ_ASSERT(decide(a, &plan, &f, &d) == DECIDE_DONE);
	}
	check_verdict(d.verdict);
	FUZZ_ASSERT(d.rule >= -1 && d.unopenable < UNOPENABLES);
	FUZZ_ASSERT(d.rule >= 0 || !d.emulate);
	free(value);
	free(name);
}

static void ask_all(const struct arena *a, const struct fuzz_question *q)
{
	const struct arena_nr *nrs = arena_at(a, a->nrs);

	ask(a, q, q->data.arch, (uint32_t)q->data.nr);
	for (uint32_t i = 0; i < a->nrs.n && i < FUZZ_CALLS_MAX; i++) {
		const struct arena_nr *nr =
			&nrs[(q->first_call + (uint64_t)i) % a->nrs.n];

		ask(a, q, nr->arch, nr->nr);
	}
	check_verdict(decide_fail(a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_question q;
	struct arena *a; /* no longer than its bytes: ASan sees every read */
	size_t bytes;

	if (size < sizeof(q) + sizeof(*a))
		return 0;
	memcpy(&q, data, sizeof(q));
	bytes = size - sizeof(q);
	a = malloc(bytes);
	FUZZ_ASSERT(a);
	memcpy(a, data + sizeof(q), bytes);
	a->magic = ARENA_MAGIC;
	a->version = ARENA_VERSION;
	a->bytes = (uint32_t)bytes;
	if (is_taken(a, bytes))
		ask_all(a, &q);
	free(a);
	return 0;
}
