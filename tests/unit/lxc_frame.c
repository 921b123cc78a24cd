// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/lxc_frame.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/test.h"

/* As captured of lxc-execute 5.0.2 on x86_64: mknod() of a character device,
 * with and without lxc.seccomp.notify.cookie. */
static const char with_cookie[] =
	"0000000000000000b6030000c003000050001800400000000b00000000000000"
	"eae222ab4148992dc603000000000000850000003e0000c09941440000000000"
	"ccef5c44fd7f0000b62100000000000003010000000000000000000000000000"
	"c0e85c44fd7f00000100000000000000"
	"eae222ab4148992d00000000000000000000000000000000"
	"6d792d636f6f6b69652d31";
static const char without_cookie[] =
	"0000000000000000b9040000bd0400005000180040000000"
	"0000000000000000ff1ff95d5dbcabe3c304000000000000850000003e0000c0"
	"9941440000000000ccefd986fd7f0000b6210000000000000301000000000000"
	"0000000000000000b0dcd986fd7f00000100000000000000"
	"ff1ff95d5dbcabe300000000000000000000000000000000";

/* The same of lxc-execute 6.0.4 and 7.0.0. */
static const char with_cookie_6[] =
	"00000000000000003a0000003b00000050001800400000000b00000000000000"
	"5573c9c98aada7913d00000000000000850000003e0000c09941440000000000"
	"cc0f070bfd7f0000802100000000000003010000000000000000000000000000"
	"a0ef060bfd7f000001000000000000005573c9c98aada7910000000000000000"
	"00000000000000006d792d636f6f6b69652d31";
static const char without_cookie_6[] =
	"00000000000000003f0000004000000050001800400000000000000000000000"
	"056444cdd0155f864200000000000000850000003e0000c09941440000000000"
	"ccbf380afd7f0000802100000000000003010000000000000000000000000000"
	"a09d380afd7f00000100000000000000056444cdd0155f860000000000000000"
	"0000000000000000";
static const char with_cookie_7[] =
	"00000000000000003a0000003b00000050001800400000000b00000000000000"
	"fea8ba362b6c25113d00000000000000850000003e0000c09941440000000000"
	"cc5f0ce1fd7f0000802100000000000003010000000000000000000000000000"
	"a0450ce1fd7f00000100000000000000fea8ba362b6c25110000000000000000"
	"00000000000000006d792d636f6f6b69652d31";
static const char without_cookie_7[] =
	"00000000000000003f0000004000000050001800400000000000000000000000"
	"4f10bb1152aa93194200000000000000850000003e0000c09941440000000000"
	"cc0f4b83fc7f0000802100000000000003010000000000000000000000000000"
	"f0f54a83fc7f000001000000000000004f10bb1152aa93190000000000000000"
	"0000000000000000";

static const struct golden {
	const char *hex;
	pid_t init_pid, pid;
	uint64_t id, mode;
	const char *cookie;
} goldens[] = {
	{ with_cookie, 0x3c0, 0x3c6, 0x2d994841ab22e2ea, 020666, "my-cookie-1" },
	{ without_cookie, 0x4bd, 0x4c3, 0xe3abbc5d5df91fff, 020666, "" },
	{ with_cookie_6, 0x3b, 0x3d, 0x91a7ad8ac9c97355, 020600, "my-cookie-1" },
	{ without_cookie_6, 0x40, 0x42, 0x865f15d0cd446405, 020600, "" },
	{ with_cookie_7, 0x3b, 0x3d, 0x11256c2b36baa8fe, 020600, "my-cookie-1" },
	{ without_cookie_7, 0x40, 0x42, 0x1993aa5211bb104f, 020600, "" },
};

#define BYTES_MAX (LXC_PACKET_MAX + 64)

/* Return: how many bytes */
static size_t unhex(const char *hex, uint8_t *buf)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		buf[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

TEST(lxc_frame, golden_packets)
{
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		const struct golden *g = &goldens[i];
		uint8_t packet[BYTES_MAX];
		struct lxc_frame f;
		size_t n = unhex(g->hex, packet);

		assert_int_equal(n, LXC_ANSWER_BYTES + strlen(g->cookie));
		assert_null(lxc_frame_parse(packet, n, &f));
		assert_int_equal(f.init_pid, g->init_pid);
		assert_int_equal(f.cookie_bytes, strlen(g->cookie));
		assert_memory_equal(f.cookie, g->cookie, f.cookie_bytes);
		assert_true(f.notif.id == g->id);
		assert_int_equal(f.notif.pid, g->pid);
		assert_int_equal(f.notif.data.nr, 133);
		assert_true(f.notif.data.arch == AUDIT_ARCH_X86_64);
		assert_true(f.notif.data.args[1] == g->mode);
		assert_true(f.notif.data.args[2] == 0x103);
	}
}

static const struct row {
	size_t at, bytes; /* of the packet with a cookie, what is overwritten */
	uint64_t with;
	const char *why; /* NULL: it is taken all the same */
} rows[] = {
	{ 0, 8, 1, "its reserved field is not zero" },
	{ 7, 1, 0x80, "its reserved field is not zero" },
	{ 8, 4, 0, NULL }, /* the monitor's pid is nobody's proof */
	{ 8, 4, UINT32_MAX, NULL },
	{ 12, 4, 0, "its init has no pid" },
	{ 12, 4, UINT32_MAX, "its init has no pid" },
	{ 12, 4, 0x80000000, "its init has no pid" },
	{ 12, 4, INT32_MAX, NULL },
	{ 16, 2, 0, "its structs have other sizes" },
	{ 16, 2, 79, "its structs have other sizes" },
	{ 16, 2, 81, "its structs have other sizes" },
	{ 16, 2, UINT16_MAX, "its structs have other sizes" },
	{ 18, 2, 0, "its structs have other sizes" },
	{ 18, 2, 25, "its structs have other sizes" },
	{ 20, 2, 63, "its structs have other sizes" },
	{ 20, 2, UINT16_MAX, "its structs have other sizes" },
	{ 22, 2, UINT16_MAX, NULL }, /* padding */
	{ 24, 8, 0, "its length differs from what it says" },
	{ 24, 8, 10, "its length differs from what it says" },
	{ 24, 8, 12, "its length differs from what it says" },
	{ 24, 8, LXC_COOKIE_MAX, "its length differs from what it says" },
	{ 24, 8, LXC_COOKIE_MAX + 1, "its cookie is longer than 4096 bytes" },
	{ 24, 8, UINT64_MAX, "its cookie is longer than 4096 bytes" },
	{ 24, 8, UINT64_MAX - 135, "its cookie is longer than 4096 bytes" },
	{ 24, 8, (UINT64_C(1) << 32) + 11,
	  "its cookie is longer than 4096 bytes" },
	{ 32, 8, 0, NULL }, /* any id may be one */
	{ 40, 4, 0, "its caller has no pid" },
	{ 40, 4, UINT32_MAX, "its caller has no pid" },
	{ 112, 8, 0, NULL },
	{ 136, 1, 0, "a NUL in its cookie" },
	{ 146, 1, 0, "a NUL in its cookie" },
	{ 146, 1, 0xff, NULL },
};

TEST(lxc_frame, hostile_fields)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		uint8_t packet[BYTES_MAX];
		size_t n = unhex(with_cookie, packet);
		struct lxc_frame f = { .init_pid = -7 };
		const char *why;

		memcpy(packet + r->at, &r->with, r->bytes); /* little endian */
		why = lxc_frame_parse(packet, n, &f);
		if (!why != !r->why || (why && strcmp(why, r->why) != 0))
			fail_msg("%zu at %zu: %s", i, r->at, why ?: "taken");
		if (why)
			assert_int_equal(f.init_pid, -7);
	}
}

TEST(lxc_frame, every_other_length_is_refused)
{
	uint8_t packet[BYTES_MAX] = { 0 };
	size_t right = unhex(with_cookie, packet);

	for (size_t n = 0; n <= LXC_PACKET_MAX + 1000; n++) {
		/* No byte beyond what was received is looked at. */
		size_t kept = n < LXC_PACKET_MAX ? n : LXC_PACKET_MAX;
		uint8_t *exact = malloc(kept ?: 1);
		struct lxc_frame f;
		const char *why;

		memcpy(exact, packet, kept);
		why = lxc_frame_parse(exact, n, &f);
		if (n == right)
			assert_null(why);
		else
			assert_string_equal(
				why, n < LXC_ANSWER_BYTES
					     ? "it is too short"
					     : "its length differs from what it "
					       "says");
		free(exact);
	}
}

TEST(lxc_frame, the_longest_cookie)
{
	uint8_t packet[BYTES_MAX];
	uint64_t bytes = LXC_COOKIE_MAX;
	struct lxc_frame f;

	(void)unhex(with_cookie, packet);
	memset(packet + LXC_ANSWER_BYTES, 'c', LXC_COOKIE_MAX);
	memcpy(packet + 24, &bytes, sizeof(bytes));
	assert_null(lxc_frame_parse(packet, LXC_PACKET_MAX, &f));
	assert_int_equal(f.cookie_bytes, LXC_COOKIE_MAX);
}

TEST(lxc_frame, answers)
{
	static const struct {
		struct verdict v;
		int64_t value;
		int32_t error;
		uint32_t flags;
	} answers[] = {
		{ { .kind = VERDICT_ERRNO, .error = EPERM }, 0, -EPERM, 0 },
		{ { .kind = VERDICT_RETURN, .value = 7 }, 7, 0, 0 },
		{ { .kind = VERDICT_CONTINUE },
		  0,
		  0,
		  SECCOMP_USER_NOTIF_FLAG_CONTINUE },
	};
	uint8_t packet[BYTES_MAX], answer[LXC_ANSWER_BYTES];
	struct seccomp_notif_resp resp;

	(void)unhex(with_cookie, packet);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		lxc_frame_answer(packet, &answers[i].v, answer);
		assert_memory_equal(answer, packet, 112);
		memcpy(&resp, answer + 112, sizeof(resp));
		assert_true(resp.id == UINT64_C(0x2d994841ab22e2ea));
		assert_true(resp.val == answers[i].value);
		assert_int_equal(resp.error, answers[i].error);
		assert_int_equal(resp.flags, answers[i].flags);
	}
}
