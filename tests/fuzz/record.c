// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The JSON of a container's record: refused, or all that it says is within the
 * limits of a container.  It is then written again as a record that reads alike.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/record.h"
#include "daemon/sealed.h"
#include "tests/fuzz/fuzz.h"

static int read_text(const void *text, size_t bytes, struct record *ret)
{
	const char *why = NULL;
	int fd = sealed_new(RECORD_MAGIC, text, bytes), r;

	FUZZ_ASSERT(fd >= 0);
	r = record_read(fd, ret, &why);
	(void)close(fd);
	FUZZ_ASSERT(r == 0 || (r == -EPROTO && why && why[0]));
	return r;
}

static bool is_text(struct json_object *v)
{
	return json_object_is_type(v, json_type_string) &&
	       strlen(json_object_get_string(v)) ==
		       (size_t)json_object_get_string_len(v);
}

static void check(const struct record *r)
{
	size_t n = r->cgroups ? json_object_array_length(r->cgroups) : 0;

	FUZZ_ASSERT(strlen(r->id) < SLOT_CONTAINER_MAX);
	FUZZ_ASSERT(strlen(r->policy) < SLOT_POLICY_MAX);
	FUZZ_ASSERT(r->userns_fact <= USERNS_OWNED && r->since >= 0);
	for (size_t i = 0; i < n; i++)
		FUZZ_ASSERT(is_text(json_object_array_get_idx(r->cgroups, i)));
	if (!r->annotations)
		return;
	json_object_object_foreach(r->annotations, key, value)
	{
		FUZZ_ASSERT(key);
		FUZZ_ASSERT(json_object_is_type(value, json_type_string));
	}
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_alike(const struct record *a, const struct record *b)
{
	FUZZ_ASSERT(is_same_text(a->id, b->id));
	FUZZ_ASSERT(is_same_text(a->policy, b->policy));
	FUZZ_ASSERT(is_same_text(a->bundle, b->bundle));
	FUZZ_ASSERT(is_same_text(a->metadata, b->metadata));
	FUZZ_ASSERT(json_object_equal(a->annotations, b->annotations));
	FUZZ_ASSERT(json_object_equal(a->cgroups, b->cgroups));
	FUZZ_ASSERT(a->peer_uid == b->peer_uid && a->peer_gid == b->peer_gid);
	FUZZ_ASSERT(a->userns_fact == b->userns_fact);
	FUZZ_ASSERT(a->userns_owner == b->userns_owner);
	FUZZ_ASSERT(a->userns.dev == b->userns.dev);
	FUZZ_ASSERT(a->userns.ino == b->userns.ino);
	FUZZ_ASSERT(a->each == b->each && a->since == b->since);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r, again;
	const char *why = NULL;
	int fd;

	if (read_text(data, size, &r) < 0)
		return 0;
	check(&r);
	fd = record_new(&r);
	FUZZ_ASSERT(fd >= 0);
	FUZZ_ASSERT(record_read(fd, &again, &why) == 0);
	(void)close(fd);
	check_alike(&r, &again);
	record_done(&again);
	record_done(&r);
	return 0;
}
