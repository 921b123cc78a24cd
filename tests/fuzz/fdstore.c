// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A name that came back from the fd store.  Whatever a parser accepts is
 * written again byte for byte, so no two names mean the same thing.  No name is
 * of two kinds.
 */
#include <string.h>

#include "daemon/fdstore.h"
#include "tests/fuzz/fuzz.h"

static bool is_container(const char *text)
{
	char again[FDSTORE_NAME_MAX];
	struct fdstore_name n;

	if (!fdstore_name_parse(text, &n))
		return false;
	FUZZ_ASSERT(n.container != 0 && (n.change == 0 || n.listener == 0));
	fdstore_name_format(&n, again);
	FUZZ_ASSERT(strcmp(again, text) == 0);
	return true;
}

static bool is_waiting(const char *text)
{
	char again[FDSTORE_NAME_MAX];
	struct fdstore_waiting w;

	if (!fdstore_waiting_parse(text, &w))
		return false;
	FUZZ_ASSERT(w.number != 0);
	fdstore_waiting_format(&w, again);
	FUZZ_ASSERT(strcmp(again, text) == 0);
	return true;
}

static bool is_policy(const char *text)
{
	char again[FDSTORE_NAME_MAX];
	uint64_t number = fdstore_policy_parse(text);

	if (number == 0)
		return false;
	fdstore_policy_format(number, again);
	FUZZ_ASSERT(strcmp(again, text) == 0);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	FUZZ_ASSERT(text);
	FUZZ_ASSERT(is_container(text) + is_waiting(text) + is_policy(text) <= 1);
	free(text);
	return 0;
}
