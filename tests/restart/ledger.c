// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/restart/ledger.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

static const struct {
	const char *name;
	int answer;
} kinds[] = {
#define X(name, want) [CALL_##name] = { #name, want },
	CALLS(X)
#undef X
};

static size_t size_of(uint32_t threads, uint32_t max)
{
	return sizeof(struct ledger) +
	       (size_t)threads * max * sizeof(struct entry);
}

struct ledger *ledger_new(uint32_t threads, uint32_t max)
{
	struct ledger *l =
		mmap(NULL, size_of(threads, max), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (l == MAP_FAILED)
		return NULL;
	l->threads = threads;
	l->max = max;
	for (uint32_t t = 0; t < threads; t++)
		l->columns[t].entries = (struct entry *)(l + 1) + (size_t)t * max;
	return l;
}

struct ledger *ledger_free(struct ledger *l)
{
	if (l)
		(void)munmap(l, size_of(l->threads, l->max));
	return NULL;
}

const char *call_kind_name(unsigned kind)
{
	return kind < CALL_KINDS ? kinds[kind].name : "?";
}

int call_kind_answer(unsigned kind)
{
	return kind < CALL_KINDS ? kinds[kind].answer : -1;
}

uint64_t ledger_count(const struct ledger *l)
{
	uint64_t n = 0;

	for (uint32_t t = 0; t < l->threads; t++)
		n += atomic_load(&l->columns[t].n);
	return n;
}
