// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/lxc_frame.h"

#include <string.h>

#include "lib/listener.h"
#include "lib/own.h"

#define RESP_OFFSET 112

struct head {
	uint64_t reserved;
	int32_t monitor_pid, init_pid;
	uint16_t notif_bytes, resp_bytes, data_bytes, padding;
	uint64_t cookie_bytes;
};

_Static_assert(sizeof(struct head) == LXC_HEAD_BYTES, "no padding of ours");
_Static_assert(LXC_HEAD_BYTES + sizeof(struct seccomp_notif) == RESP_OFFSET,
	       "the kernel's struct is what LXC sends");
_Static_assert(RESP_OFFSET + sizeof(struct seccomp_notif_resp) == LXC_ANSWER_BYTES,
	       "the kernel's struct is what LXC waits for");

/* Where the kernel's structs have grown, LXC sends longer ones. */
static const char *check_head(const struct head *h, size_t n)
{
	if (h->reserved != 0)
		return "its reserved field is not zero";
	if (h->notif_bytes != sizeof(struct seccomp_notif) ||
	    h->resp_bytes != sizeof(struct seccomp_notif_resp) ||
	    h->data_bytes != sizeof(struct seccomp_data))
		return "its structs have other sizes";
	if (h->cookie_bytes > LXC_COOKIE_MAX)
		return "its cookie is longer than " TEXT_OF(LXC_COOKIE_MAX)
		       " bytes";
	if (h->cookie_bytes != n - LXC_ANSWER_BYTES)
		return "its length differs from what it says";
	return h->init_pid > 0 ? NULL : "its init has no pid";
}

const char *lxc_frame_parse(const void *packet, size_t n, struct lxc_frame *ret)
{
	const uint8_t *p = packet;
	struct lxc_frame f = { .cookie = (const char *)p + LXC_ANSWER_BYTES };
	const char *why;
	struct head h;

	if (n < LXC_ANSWER_BYTES)
		return "it is too short";
	memcpy(&h, p, sizeof(h));
	why = check_head(&h, n);
	if (why)
		return why;
	memcpy(&f.notif, p + LXC_HEAD_BYTES, sizeof(f.notif));
	if (f.notif.pid == 0 || f.notif.pid > INT32_MAX)
		return "its caller has no pid";
	f.init_pid = h.init_pid;
	f.cookie_bytes = (size_t)h.cookie_bytes;
	if (memchr(f.cookie, '\0', f.cookie_bytes))
		return "a NUL in its cookie";
	*ret = f;
	return NULL;
}

void lxc_frame_answer(const void *packet, const struct verdict *v,
		      uint8_t answer[LXC_ANSWER_BYTES])
{
	const uint8_t *p = packet;
	struct seccomp_notif_resp resp;
	uint64_t id;

	memcpy(&id, p + LXC_HEAD_BYTES, sizeof(id));
	resp = listener_resp(id, v);
	memcpy(answer, p, RESP_OFFSET);
	memcpy(answer + RESP_OFFSET, &resp, sizeof(resp));
}
