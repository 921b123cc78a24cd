// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A slot of any bytes, another length or without all its seals: slot_map() takes
 * what slot_identify() would write of the same identity, and nothing else.  The
 * first byte says which seals are missing, the second which fields are set right
 * here.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/slot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memfd.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)

/* Return: what slot_identify() makes of its identity; static */
static const struct slot *expected(const struct slot *s)
{
	static struct slot e;

	memcpy(&e, s, sizeof(e));
	slot_identify(&e, &s->identity);
	return &e;
}

static void repair(struct slot *s, unsigned which)
{
	const struct slot *e = expected(s);

	if (which & 1)
		s->magic = e->magic;
	if (which & 2)
		s->version = e->version;
	if (which & 4)
		s->bytes = e->bytes;
	if (which & 8)
		s->checksum = e->checksum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(64) unsigned char page[2 * SLOT_BYTES];
	struct slot *s = (struct slot *)page, *mapped = NULL;
	size_t bytes = SLOT_BYTES;
	bool sound;
	int fd, r;

	if (size < 2)
		return 0;
	memset(page, 0, sizeof(page));
	memcpy(page, data + 2, size - 2 < sizeof(page) ? size - 2 : sizeof(page));
	if (data[0] & 8)
		bytes = size - 2 < sizeof(page) ? size - 2 : sizeof(page);
	repair(s, data[1]);
	sound = bytes == SLOT_BYTES && !(data[0] & SEALS) &&
		memcmp(expected(s), s, sizeof(*s)) == 0;
	fd = memfd_of(page, bytes, SEALS & ~data[0]);
	r = slot_map(fd, &mapped);
	(void)close(fd);
	FUZZ_ASSERT(r == (sound ? 0 : -EPROTO));
	if (r == 0)
		FUZZ_ASSERT(memcmp(mapped, page, SLOT_BYTES) == 0);
	slot_unmap(mapped);
	return 0;
}
