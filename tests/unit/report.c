// SPDX-License-Identifier: LGPL-2.1-or-later
/* What deputyd says of as many containers as it takes. How long that keeps the loop
 * is printed: the keeper's watchdog waits for 10 s (keeper/child.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "daemon/registry.h"
#include "daemon/report.h"
#include "lib/own.h"
#include "proto/varlink.h"
#include "tests/harness/test.h"

static struct peer peer = { .uid = 1000 };
static struct slot slot;
static struct session sessions[LISTENERS_MAX];
static struct container containers[LISTENERS_MAX];

/* The longest id that can be, of characters that take six bytes each in JSON. */
static void fill_id(char *id, size_t nr)
{
	memset(id, 1, SLOT_CONTAINER_MAX - 1);
	for (int i = 0; i < 4; i++, nr >>= 4)
		id[i] = (char)(1 + (nr & 7));
}

static void fill(struct registry *r)
{
	TAILQ_INIT(&r->containers);
	atomic_store(&slot.counters.received, UINT64_MAX);
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct container *c = &containers[i];

		fill_id(c->id, i);
		c->peer = &peer;
		c->identity.userns.ino = UINT32_MAX;
		c->set = r->set;
		c->policy = policy_set_at(r->set, 0);
		TAILQ_INIT(&c->sessions);
		sessions[i].slot = &slot;
		TAILQ_INSERT_TAIL(&c->sessions, &sessions[i], entry);
		c->n_sessions = 1;
		TAILQ_INSERT_TAIL(&r->containers, c, entry);
		r->n_containers++;
		r->n_sessions++;
	}
}

/* As its client gets it. Return: how many bytes it is */
static size_t encode(const char *what, struct json_object *parameters,
		     int64_t started_ms)
{
	struct json_object *message = varlink_reply_new(parameters);
	AUTO(free_ptr) char *text = NULL;
	size_t bytes = 0;

	assert_non_null(parameters);
	assert_int_equal(varlink_encode(message, &text, &bytes), 0);
	(void)printf("%s: %zu bytes, %lld ms\n", what, bytes,
		     (long long)(test_now_ms() - started_ms));
	json_object_put(message);
	return bytes;
}

TEST(report, as_many_containers_as_there_may_be)
{
	struct registry r = { .program = { .path = "/w", .fd = -1 } };
	struct diags *diags = malloc(sizeof(*diags));
	struct json_object *list, *array;
	int64_t start;

	assert_non_null(diags);
	assert_int_equal(policy_set_load(NULL, &r.set, diags), 0);
	free(diags);
	fill(&r);
	start = test_now_ms();
	/* It grows by no container. */
	assert_in_range(encode("Status", report_status(&r, 0), start), 100, 4096);
	start = test_now_ms();
	list = report_list(&r);
	assert_true(json_object_object_get_ex(list, "containers", &array));
	assert_int_equal(json_object_array_length(array), LISTENERS_MAX);
	assert_in_range(encode("List", list, start), LISTENERS_MAX * 1024,
			VARLINK_MESSAGE_MAX_BYTES);
	policy_set_unref(r.set);
}
