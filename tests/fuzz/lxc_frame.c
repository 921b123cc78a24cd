// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A packet of LXC's monitor, or what pretends to be one.  The first byte says
 * whether the rest is longer than the buffer it was received into.
 */
#include <string.h>

#include "proto/lxc_frame.h"
#include "tests/fuzz/fuzz.h"

static void check_answer(const uint8_t *packet, const struct lxc_frame *f)
{
	const struct verdict v = verdict_errno(1);
	uint8_t answer[LXC_ANSWER_BYTES];
	struct seccomp_notif_resp resp;

	lxc_frame_answer(packet, &v, answer);
	memcpy(&resp, answer + LXC_ANSWER_BYTES - sizeof(resp), sizeof(resp));
	FUZZ_ASSERT(memcmp(answer, packet, LXC_ANSWER_BYTES - sizeof(resp)) == 0);
	FUZZ_ASSERT(resp.id == f->notif.id && resp.error == -1);
	FUZZ_ASSERT(resp.val == 0 && resp.flags == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lxc_frame f;
	const uint8_t *packet = data + 1;
	const char *why;
	size_t n;

	if (size < 1)
		return 0;
	n = size - 1;
	if (n > LXC_PACKET_MAX || (data[0] & 1 && n == LXC_PACKET_MAX))
		n += data[0]; /* cut off: it was longer */
	why = lxc_frame_parse(packet, n, &f);
	if (why) {
		FUZZ_ASSERT(why[0]);
		return 0;
	}
	FUZZ_ASSERT(f.init_pid > 0 && f.notif.pid > 0);
	FUZZ_ASSERT(f.cookie_bytes <= LXC_COOKIE_MAX);
	FUZZ_ASSERT(f.cookie_bytes + LXC_ANSWER_BYTES == n);
	FUZZ_ASSERT((const uint8_t *)f.cookie == packet + LXC_ANSWER_BYTES);
	FUZZ_ASSERT(!memchr(f.cookie, '\0', f.cookie_bytes));
	check_answer(packet, &f);
	return 0;
}
