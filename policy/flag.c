// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/flag.h"

#include <string.h>
#include <sys/xattr.h>

#include "lib/own.h"

const struct flag flags[] = {
#define X(call, name) { CALL_##call, #name, name },
#include "policy/flag.def"
#undef X
};
const size_t n_flags = ARRAY_SIZE(flags);

const struct flag *flag_find(enum call_id call, const char *name)
{
	for (size_t i = 0; i < n_flags; i++)
		if ((call == CALL_OTHER || flags[i].call == call) &&
		    strcmp(flags[i].name, name) == 0)
			return &flags[i];
	return NULL;
}
