// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A record of the fd store, of any bytes, or without all its seals:
 * sealed_read() accepts what sealed_new() would write of the same text, and
 * nothing else.  The first byte says which seals are missing, the second which
 * fields of the header are set right here.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sealed.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memfd.h"

#define SEALS	  (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define MAGIC	  UINT32_C(0x7a7a7566)
#define TEXT_MAX  256
#define BYTES_MAX (sizeof(struct sealed_header) + TEXT_MAX)

/* The header that sealed_new() writes. */
static struct sealed_header expected(const void *text, size_t bytes)
{
	struct sealed_header h;
	int fd = sealed_new(MAGIC, text, bytes);

	FUZZ_ASSERT(fd >= 0);
	FUZZ_ASSERT(pread(fd, &h, sizeof(h), 0) == sizeof(h));
	(void)close(fd);
	return h;
}

static void repair(struct sealed_header *h, const struct sealed_header *e,
		   unsigned which)
{
	if (which & 1)
		h->magic = e->magic;
	if (which & 2)
		h->version = e->version;
	if (which & 4)
		h->bytes = e->bytes;
	if (which & 8)
		h->checksum = e->checksum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(16) uint8_t file[BYTES_MAX + 1];
	struct sealed_header *h = (struct sealed_header *)file, e;
	const uint8_t *text = file + sizeof(*h);
	const char *why = NULL;
	struct sealed s;
	bool sound = false;
	size_t bytes;
	int fd, r;

	if (size < 2)
		return 0;
	bytes = size - 2 < sizeof(file) ? size - 2 : sizeof(file);
	memcpy(file, data + 2, bytes);
	if (bytes >= sizeof(*h)) {
		e = expected(text, bytes - sizeof(*h));
		repair(h, &e, data[1]);
		sound = !(data[0] & SEALS) && bytes <= BYTES_MAX &&
			memcmp(h, &e, sizeof(e)) == 0;
	}
	fd = memfd_of(file, bytes, SEALS & ~data[0]);
	r = sealed_read(fd, MAGIC, TEXT_MAX, &s, &why);
	(void)close(fd);
	FUZZ_ASSERT(r == (sound ? 0 : -EPROTO));
	if (r == 0) {
		FUZZ_ASSERT(s.bytes == bytes - sizeof(*h));
		FUZZ_ASSERT(memcmp(s.text, text, s.bytes) == 0);
		sealed_done(&s);
	} else {
		FUZZ_ASSERT(why && why[0]);
	}
	return 0;
}
