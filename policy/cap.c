// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/cap.h"

#include <linux/capability.h>
#include <string.h>

#include "lib/own.h"

const struct cap caps[] = {
#define X(cap) { #cap, cap },
#include "policy/cap.def"
#undef X
};
const size_t n_caps = ARRAY_SIZE(caps);

_Static_assert(ARRAY_SIZE(caps) == 41, "CAPS_ALL are these");

uint64_t cap_find(const char *name)
{
	for (size_t i = 0; i < n_caps; i++)
		if (strcmp(caps[i].name, name) == 0)
			return UINT64_C(1) << caps[i].cap;
	return 0;
}

int caps_parse(const char *text, uint64_t *ret)
{
	uint64_t set = 0;
	char name[32];

	if (strcmp(text, "ALL") == 0 || strcmp(text, "NONE") == 0) {
		*ret = *text == 'A' ? CAPS_ALL : 0;
		return 0;
	}
	for (;; text++) {
		size_t n = strcspn(text, ",");
		uint64_t one;

		(void)snprintf(name, sizeof(name), "%.*s",
			       (int)(n < sizeof(name) ? n : sizeof(name)), text);
		one = cap_find(name);
		if (!one)
			return -1;
		set |= one;
		text += n;
		if (!*text)
			break;
	}
	*ret = set;
	return 0;
}

void caps_print(uint64_t set, FILE *out)
{
	const char *comma = "";

	if (set == CAPS_ALL || !set) {
		(void)fputs(set ? "ALL" : "NONE", out);
		return;
	}
	for (size_t i = 0; i < n_caps; i++)
		if (set >> caps[i].cap & 1) {
			(void)fprintf(out, "%s%s", comma, caps[i].name);
			comma = ",";
		}
}
