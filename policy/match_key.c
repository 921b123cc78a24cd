// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/match_key.h"

#define LISTED_MAX 8 /* elements of a list that are said */

const struct match_key *const match_keys[MATCH_KEYS] = {
	&match_key_arch,       &match_key_type,	 &match_key_device,
	&match_key_mode,       &match_key_flags, &match_key_size,
	&match_key_name,       &match_key_uid,	 &match_key_gid,
	&match_key_capability, &match_key_root,	 &match_key_value,
	&match_key_directory,
};

void match_key_print_list(FILE *out, size_t n, const void *list,
			  void (*print_one)(const void *list, size_t i, FILE *out))
{
	(void)fputs(n == 1 ? "is not " : "is none of ", out);
	for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
		(void)fputs(i ? ", " : "", out);
		print_one(list, i, out);
	}
	if (n > LISTED_MAX)
		(void)fprintf(out, " and %zu more", n - LISTED_MAX);
}

void match_key_print_bits(FILE *out, const struct bits *b, uint32_t have,
			  void (*print)(uint32_t bits, FILE *out))
{
	const char *before = "";

	if (b->all & ~have) {
		(void)fputs("lacks ", out);
		print(b->all & ~have, out);
		before = ", ";
	}
	if (b->any && !(b->any & have)) {
		(void)fprintf(out, "%shas none of ", before);
		print(b->any, out);
		before = ", ";
	}
	if (b->none & have) {
		(void)fprintf(out, "%shas ", before);
		print(b->none & have, out);
	}
}
